"""Deployment settings: `config.toml` and the environment, typed and closed.

`load` is the only reader of either. A `Settings` made by hand (demo, tests) is a plain value:
it never looks at the environment, so real credentials cannot slip into a demo.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import stat
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticKnownError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.settings_connectors import Connectors
from bot.settings_read import Found, SettingsError, parse, read, secrets
from bot.settings_words import explain
from engine.sealing import KEY_BYTES

__all__ = ["Settings", "SettingsError", "load", "loose_permissions", "masked"]

WECOM_API = "https://qyapi.weixin.qq.com"
WECOM_OAUTH = "https://open.weixin.qq.com"
WECOM_GATEWAY = "wss://openws.work.weixin.qq.com"
DINGTALK_API = "https://api.dingtalk.com"
DINGTALK_OAPI = "https://oapi.dingtalk.com"
ADDRESSES = frozenset({"api_base", "oauth_base", "oapi_base", "gateway"})
"""Where our secrets go: the platforms' own hosts, unless the operator allows another."""


def _web_address(value: str) -> str:
    """`https://host[:port][/path]` without a trailing slash; `http` on this machine only."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise ValueError("要写成 https://主机名 的样子")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("要用 https（只有本机地址可以用 http）")
    if value.endswith("/"):
        raise ValueError("末尾不要斜杠")
    return value


def _socket_address(value: str) -> str:
    """`wss://host[:port][/path]`; `ws` on this machine only."""
    scheme, colon, rest = value.partition(":")
    if scheme not in {"wss", "ws"}:
        raise ValueError("要写成 wss://主机名 的样子")
    try:
        _web_address(f"{scheme.replace('ws', 'http')}{colon}{rest}")
    except ValueError as problem:
        raise ValueError(str(problem).replace("http", "ws")) from None
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address_or_nothing(value: str) -> str:
    return value and _web_address(value)


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{0,32}", value.get_secret_value()):
        raise ValueError("最多 32 位，只能有字母和数字")
    return value


def _bearer(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(?:[A-Za-z0-9._~+/=-]{16,})?", value.get_secret_value()):
        raise ValueError("至少 16 位，只能有字母、数字和 . _ ~ + / = -")
    return value


def _aes_key(value: SecretStr) -> SecretStr:
    """43 characters: 32 bytes in base64 without the final "=" (WeCom doc 90968)."""
    if not re.fullmatch(r"(?:[A-Za-z0-9]{43})?", value.get_secret_value()):
        raise ValueError("要正好 43 位，只能有字母和数字")
    return value


def _master_key(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and master_key(value.get_secret_value()) is None:
        raise ValueError("要 32 个随机字节的 base64 或十六进制，用 jianliu vault key 生成")
    return value


def master_key(written: str) -> bytes | None:
    """The 32 bytes written as hex or base64; None if that is not what it is."""
    try:
        if len(written) == 2 * KEY_BYTES:
            return bytes.fromhex(written)
        standard = written.translate(str.maketrans("-_", "+/")).rstrip("=")
        key = base64.b64decode(f"{standard}=", validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def _database_url(value: SecretStr) -> SecretStr:
    try:
        driver = make_url(value.get_secret_value()).drivername
    except ArgumentError:
        driver = ""
    if driver not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError("要以 sqlite:/// 或 postgresql+psycopg:// 开头")
    return value


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (OSError, KeyError, ValueError):
        raise ValueError("不认识这个时区，例如 Asia/Shanghai") from None


Words = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
SocketAddress = Annotated[str, AfterValidator(_socket_address)]


class Section(BaseModel):
    """A closed, frozen part of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Server(Section):
    """Where the service listens and how the outside reaches it.

    `public_url` is the address people's phones open, for the links to H5 pages; empty means
    no such links. Port 0 lets the system choose a free one. `metrics_token` is what `/metrics`
    wants to see, and `/readyz` before it says why; empty means this machine only.
    """

    host: Words = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8787
    public_url: Annotated[str, AfterValidator(_address_or_nothing)] = ""
    metrics_token: Annotated[SecretStr, AfterValidator(_bearer)] = SecretStr("")


class DatabaseSettings(Section):
    """Where the data is: a SQLite file on one machine, PostgreSQL for several."""

    url: Annotated[SecretStr, AfterValidator(_database_url)] = SecretStr("sqlite:///jianliu.db")


class VaultSettings(Section):
    """What opens people's data, and where the list of the erased is kept.

    An empty `key` with SQLite is a file beside the database, made at the first start.
    `erase_list` "" is a file beside a SQLite database.
    """

    key: Annotated[SecretStr, AfterValidator(_master_key)] = SecretStr("")
    erase_list: str = ""


class WeComBotSettings(Section):
    """A smart bot (智能机器人) of a WeCom corp, reached by a connection that we open."""

    bot_id: Words
    secret: Secret
    gateway: SocketAddress = WECOM_GATEWAY


class WeComSettings(Section):
    """One WeCom corp: a self-built app, a smart bot, or both.

    The fields from `agent_id` to `aes_key` are the app's: all of them, or none with a `bot`.
    """

    bot: WeComBotSettings | None = None
    corp_id: Words
    agent_id: Annotated[int, Field(ge=0, validate_default=True)] = 0
    secret: Annotated[SecretStr, Field(validate_default=True)] = SecretStr("")
    token: Annotated[SecretStr, AfterValidator(_token), Field(validate_default=True)] = SecretStr(
        ""
    )
    aes_key: Annotated[SecretStr, AfterValidator(_aes_key), Field(validate_default=True)] = (
        SecretStr("")
    )
    api_base: WebAddress = WECOM_API
    oauth_base: WebAddress = WECOM_OAUTH

    @property
    def has_app(self) -> bool:
        """Whether there is a self-built app."""
        return self.agent_id > 0

    @field_validator("agent_id", "secret", "token", "aes_key")
    @classmethod
    def _the_app_is_whole(cls, value: Any, info: ValidationInfo) -> Any:
        """Without a bot there is an app; with one, whoever names the app names all of it."""
        alone = info.data.get("bot", True) is None
        if not value and (alone or info.data.get("agent_id")):
            raise PydanticKnownError("missing")
        if value and not alone and info.data.get("agent_id") == 0:
            raise ValueError("要和 agent_id 一起填；不用自建应用就不要写这一项")
        return value


class DingTalkSettings(Section):
    """An internal-app robot of one DingTalk organisation."""

    client_id: Words
    client_secret: Secret
    robot_code: Words
    corp_id: str = ""
    agent_id: Annotated[int, Field(ge=0)] = 0
    mode: Literal["stream", "http"] = "stream"
    token: Annotated[SecretStr, AfterValidator(_token)] = SecretStr("")
    aes_key: Annotated[SecretStr, AfterValidator(_aes_key)] = SecretStr("")
    api_base: WebAddress = DINGTALK_API
    oapi_base: WebAddress = DINGTALK_OAPI
    templates: dict[str, str] = {}
    monthly_calls: Annotated[int, Field(gt=0)] = 5000
    monthly_pushes: Annotated[int, Field(gt=0)] = 3000

    @property
    def tenant(self) -> str:
        """How the organisation is known: its corp id, or the app's id where none is given."""
        return self.corp_id or self.client_id


class Time(Section):
    """The business time zone."""

    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"


class AuditSettings(Section):
    """Where the heads of the trail are kept; empty is beside the database."""

    heads: str = ""


class Settings(BaseSettings):
    """Everything a deployment decides; business rules live in the database instead."""

    model_config = SettingsConfigDict(
        env_prefix="JIANLIU_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    allow_unofficial_api: bool = False
    server: Server = Server()
    database: DatabaseSettings = DatabaseSettings()
    vault: VaultSettings = VaultSettings()
    wecom: WeComSettings | None = None
    dingtalk: DingTalkSettings | None = None
    time: Time = Time()
    audit: AuditSettings = AuditSettings()
    connectors: Connectors = {}

    def tenants(self) -> dict[str, str]:
        """The organisation on each platform in use, as accounts are bound to it."""
        found = {}
        if self.wecom is not None:
            found["wecom"] = self.wecom.corp_id  # the app and the bot know people by one account
        if self.dingtalk is not None:
            found["dingtalk"] = self.dingtalk.tenant
        return found

    def channels(self) -> dict[str, str]:
        """The organisation behind each channel in use: WeCom's app and bot are two of one."""
        found = self.tenants()
        if self.wecom is not None and self.wecom.bot is not None:
            found["wecom_bot"] = self.wecom.corp_id
            if not self.wecom.has_app:
                del found["wecom"]
        return found

    @field_validator("wecom", "dingtalk")
    @classmethod
    def _official_unless_allowed(
        cls, section: WeComSettings | DingTalkSettings | None, info: ValidationInfo
    ) -> WeComSettings | DingTalkSettings | None:
        """A mistyped or planted address would be handed our secrets."""
        if section is None or info.data.get("allow_unofficial_api", True):
            return section
        bot = section.bot if isinstance(section, WeComSettings) else None
        strange = [*_strange(section), *(f"bot.{one}" for one in _strange(bot))]
        if strange:
            words = "，".join(strange)
            raise ValueError(f"{words}；确实要用别的地址，先写 allow_unofficial_api = true")
        return section

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A value made by hand is what it says; only `load` looks around."""
        return (init_settings,)


def _strange(section: Section | None) -> list[str]:
    """What is said of each address in a section that is not the platform's own."""
    if section is None:
        return []
    fields = type(section).model_fields
    return [
        f"{name} 不是官方地址 {fields[name].default}"
        for name in fields
        if name in ADDRESSES and getattr(section, name) != fields[name].default
    ]


def load(path: Path | None) -> Settings:
    """The settings in `path`, overlaid by `JIANLIU_<SECTION>__<KEY>` and `…_FILE` variables.

    `JIANLIU_DATABASE_URL` wins over every other way to name the database. None reads the
    environment alone.

    Raises:
        SettingsError: anything is wrong; lists every problem, in Chinese, without a value.
    """
    found = read(Settings, path)
    try:
        settings = Settings(**found.values)
    except ValidationError as error:
        raise SettingsError([*found.problems, *explain(Settings, error, found)]) from None
    if found.problems:
        raise SettingsError(found.problems)
    return settings


def masked(settings: Settings) -> dict[str, Any]:
    """The settings as JSON to show to people: stars for a secret that is set, "" for none."""
    shown: dict[str, Any] = settings.model_dump(mode="json")
    url = make_url(settings.database.url.get_secret_value()).set(query={})
    shown["database"]["url"] = url.render_as_string(hide_password=True)
    return shown


def loose_permissions(path: Path) -> bool:
    """Whether people other than its owner may touch a file that holds secrets (above 0600)."""
    if not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return False
    written = Found(parse(path))
    if "@" in str(written.get("database.url")):  # user:password@host
        return True
    if written.get("connectors"):
        return True
    return any(written.get(key) for key in secrets(Settings) if key != "database.url")
