"""The bodies `/sim/api` takes; anything else in them is refused by name."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from bot.simulator.chaos import Fault
from bot.simulator.phones import PlatformName

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


class Body(BaseModel):
    """A closed JSON object."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Body):
    """`text` typed by `person`, on the platform they use first unless named."""

    person: _Name
    text: _Words
    platform: PlatformName | None = None


class Sent(Body):
    """A picture or a file `person` sent in chat."""

    person: _Name
    filename: Annotated[str, Field(max_length=255, pattern=r"^[^/\\\x00-\x1f]+$")]
    content_base64: str
    platform: PlatformName | None = None


_Value = Annotated[str, Field(max_length=5000)]


class Pressed(Body):
    """A button, an entry of the ··· menu, or a form's submit.

    `values` are the inputs by name; where several options may be chosen, a list or their ids
    joined by ",".
    """

    person: _Name
    message: _Name
    action: Annotated[str, Field(min_length=1, max_length=1024)]
    values: dict[str, _Value | Annotated[list[_Value], Field(max_length=100)]] = {}


class Tapped(Body):
    """An entry of WeCom's menu."""

    person: _Name
    key: _Name


class Happened(Body):
    """What a phone reports by itself, or sends that is no text: `facts` where they matter."""

    person: _Name
    what: _Name
    facts: dict[_Name, _Value] = {}
    platform: PlatformName | None = None


class Opened(Body):
    """A link or URL button of a message."""

    person: _Name
    message: _Name
    url: Annotated[str, Field(min_length=1, max_length=2048)]


class Jump(Body):
    """How far the clock goes: by `advance` ("90s", "30m", "72h", "3d") or `to` a moment."""

    advance: Annotated[str, Field(pattern=r"^[0-9]{1,7}[smhd]$")] | None = None
    to: AwareDatetime | None = None


class Trouble(Body):
    """A fault the fake platform commits the next `times` times; "down" lasts ten minutes each."""

    platform: PlatformName
    fault: Fault
    times: Annotated[int, Field(ge=0, le=1000)] = 1
