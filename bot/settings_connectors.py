"""`[connectors.<name>]`: other systems that send us something."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connectors import webhook

NAME = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)


def _secret(value: SecretStr) -> SecretStr:
    try:
        webhook.key_of(value.get_secret_value())
    except ValueError:
        raise ValueError(f"要写成 {webhook.PREFIX} 加 24 到 64 个随机字节的 base64") from None
    return value


class Connector(BaseModel):
    """A system and the secret shared with it (Standard Webhooks); its address is /hooks/<name>.

    `source` is what leads of it come from. What comes faster than `per_minute` is told to try
    again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["webhook"]
    source: Annotated[str, Field(min_length=1, max_length=12)]
    secret: Annotated[SecretStr, AfterValidator(_secret)]
    per_minute: Annotated[int, Field(gt=0)] = 120

    @property
    def key(self) -> bytes:
        """The bytes of the secret."""
        return webhook.key_of(self.secret.get_secret_value())


def _named(value: dict[str, Connector]) -> dict[str, Connector]:
    for name in value:
        if not NAME.fullmatch(name):
            raise ValueError(f"名字 {name[:32]} 只能有小写字母、数字和下划线，最多 32 位")
    return value


Connectors: TypeAlias = Annotated[dict[str, Connector], AfterValidator(_named)]
