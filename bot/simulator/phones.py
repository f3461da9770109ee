"""What the phones of the simulated people show: the one state both platform fakes write.

A fake stores here exactly what its platform accepted, as wire JSON. The page, the JSON
API and the tests read it; nothing of the service's own database is ever looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

from bot.simulator.shelf import Shelf

PlatformName: TypeAlias = Literal["wecom", "dingtalk", "wecom_bot"]
MessageState: TypeAlias = Literal["shown", "updated", "recalled"]


@dataclass(frozen=True, slots=True)
class Member:
    """One simulated person and the user ids under which the platforms know them."""

    id: str
    name: str
    role: str
    manager: str
    region: str
    accounts: dict[str, str]  # platform name → userid / staffId

    def account(self, platform: str) -> str | None:
        """Their account on a platform; WeCom's bot knows people as WeCom does."""
        return self.accounts.get("wecom" if platform == "wecom_bot" else platform)


@dataclass(frozen=True, slots=True)
class Message:
    """One message in one phone's chat with the bot.

    `outgoing` False: the person said it. `kind` is the platform's word ("text",
    "markdown", "template_card", "card", "actionCard", …). `wire` is the body as the
    platform took it, for this reader (DingTalk private data already overlaid). `ref` is
    the task_id or outTrackId a press sends back. `chosen` keeps what the person selected
    so that a repaint does not lose it. `trouble` is what the app says below it when a press
    came to nothing; the next change takes it away.
    """

    id: str
    at: datetime
    platform: PlatformName
    account: str
    outgoing: bool
    kind: str
    wire: dict[str, Any]
    ref: str = ""
    state: MessageState = "shown"
    chosen: dict[str, str] = field(default_factory=dict)
    trouble: str = ""


class Phones:
    """All messages of all phones, in order, with a change feed."""

    def __init__(self, members: list[Member], now: Callable[[], datetime]) -> None:
        self.members = members
        self.departed: set[tuple[str, str]] = set()
        """(platform, account in small letters) of those no platform knows any more."""
        self.now = now
        self._messages: dict[str, Message] = {}
        self._serial = 0
        self._watchers: set[asyncio.Queue[Message]] = set()
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, platform: PlatformName) -> Shelf:
        """What a platform keeps of pictures and files, for its API and for its phones."""
        return self._shelves.setdefault(platform, Shelf(self.now))

    def member(self, platform: str, account: str) -> Member | None:
        """The person behind a platform account (ids compare without case, as WeCom does)."""
        wanted = account.lower()
        if (platform, wanted) in self.departed:
            return None
        for member in self.members:
            if (member.account(platform) or "").lower() == wanted:
                return member
        return None

    def by_name(self, name: str) -> Member | None:
        """The person with this name or id."""
        return next((m for m in self.members if name in (m.name, m.id)), None)

    def show(
        self,
        platform: PlatformName,
        account: str,
        kind: str,
        wire: dict[str, Any],
        *,
        ref: str = "",
        outgoing: bool = True,
    ) -> Message:
        """Put a new message on a phone."""
        self._serial += 1
        message = Message(
            id=f"m{self._serial}",
            at=self.now(),
            platform=platform,
            account=account,
            outgoing=outgoing,
            kind=kind,
            wire=wire,
            ref=ref,
        )
        return self._store(message)

    def change(self, message_id: str, **changes: Any) -> Message:
        """Replace parts of a shown message (`wire`, `state`, `chosen`, `kind`, `trouble`)."""
        return self._store(replace(self._messages[message_id], **{"trouble": "", **changes}))

    def message(self, message_id: str) -> Message | None:
        """The message with this id as the phone shows it now."""
        return self._messages.get(message_id)

    def of(self, member: Member, *, after: str = "") -> list[Message]:
        """A person's messages on all their platforms, oldest first, after message `after`."""
        start = int(after[1:]) if after[1:].isdigit() else 0
        return [m for m in self if int(m.id[1:]) > start and self._owns(member, m)]

    def with_ref(self, platform: str, ref: str) -> list[Message]:
        """Every phone's copy of one card."""
        return [m for m in self if m.platform == platform and m.ref == ref]

    def clear(self) -> None:
        """Forget every message and file (`/sim/api/reset`)."""
        self._messages.clear()
        for shelf in self._shelves.values():
            shelf.clear()

    def watch(self) -> asyncio.Queue[Message]:
        """A queue that receives every new or changed message until `unwatch`."""
        queue: asyncio.Queue[Message] = asyncio.Queue(maxsize=1000)
        self._watchers.add(queue)
        return queue

    def unwatch(self, queue: asyncio.Queue[Message]) -> None:
        """Stop feeding `queue`."""
        self._watchers.discard(queue)

    def __iter__(self) -> Iterator[Message]:
        return iter(list(self._messages.values()))

    @staticmethod
    def _owns(member: Member, message: Message) -> bool:
        return (member.account(message.platform) or "").lower() == message.account.lower()

    def _store(self, message: Message) -> Message:
        self._messages[message.id] = message
        for queue in list(self._watchers):
            if not queue.full():
                queue.put_nowait(message)
        return message
