"""What the page and the JSON API need of the running demo: the phones, the clock, the fakes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from bot.simulator.chaos import Chaos
from bot.simulator.phones import Message, Phones
from bot.simulator.wire import WireLog

PHONE_ZONE = ZoneInfo("Asia/Shanghai")
"""The simulated people live in China; their phones show its time."""

PLATFORMS = {"wecom": "企业微信", "dingtalk": "钉钉", "wecom_bot": "企业微信机器人"}
"""Platform names as people call them, in the order the page lists them."""


class Phone(Protocol):
    """One platform's app on everybody's phone: what a finger can do in the bot's chat."""

    async def say(self, account: str, text: str) -> None:
        """Send `text` to the bot."""

    async def press(self, message: Message, key: str, values: dict[str, str]) -> None:
        """Press the button or submit the form `key`; `values` are the inputs by name."""

    @property
    def happenings(self) -> Collection[str]:
        """What `happen` knows."""

    async def happen(self, account: str, sort: str, facts: Mapping[str, str]) -> None:
        """Send or report something other than text, one of `happenings`."""


class WeComPhone(Phone, Protocol):
    """WeCom also has a menu under the chat."""

    @property
    def menu(self) -> Sequence[tuple[str, str]]:
        """(name, key) of each entry, left to right."""

    async def tap_menu(self, account: str, key: str) -> None:
        """Tap the menu entry `key`."""


@runtime_checkable
class TakesFiles(Protocol):
    """A phone that can send a picture or a file in chat."""

    async def upload(self, account: str, filename: str, content: bytes) -> None:
        """Send `content` to the bot under the name `filename`."""


class World(Protocol):
    """The demo as seen from its phones; read-only but for the methods."""

    @property
    def phones(self) -> Phones:
        """All messages on all phones."""

    @property
    def wire(self) -> WireLog:
        """Requests between the service and the fake platforms."""

    @property
    def chaos(self) -> Chaos:
        """Faults ordered for the fake platforms."""

    @property
    def wecom(self) -> WeComPhone | None:
        """None: the demo runs without WeCom."""

    @property
    def dingtalk(self) -> Phone | None:
        """None: the demo runs without DingTalk."""

    @property
    def wecom_bot(self) -> Phone | None:
        """None: the demo runs without WeCom's smart bot."""

    def now(self) -> datetime:
        """The demo clock, with a time zone."""

    async def settle(self) -> None:
        """Return when the service has nothing in flight."""

    async def advance(self, to: datetime) -> list[dict[str, Any]]:
        """Move the clock to `to`, running due jobs in time order; one dict per run."""

    async def rows(self, table: str, filters: dict[str, str]) -> list[dict[str, Any]]:
        """Rows of `table` whose columns equal `filters`.

        Raises:
            KeyError: there is no such table or column.
        """

    async def reset(self) -> None:
        """Back to the first minute of the demo."""
