"""The vocabulary every platform speaks: what comes in, how a message goes out, what can fail.

A platform adapter lives in `bot/platforms/<name>/`. It turns its wire format into
`Inbound` (pure, no database) and carries `Request`s out. It knows nothing of selling.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from cards.model import Card, Content
from cards.render.slot import Slot
from engine.buckets import Rate
from engine.files import Attachment
from engine.text import MOST, clean

CUT = 4
"""Of a far too long text so many times `MOST` are looked at: invisible characters go first."""
Kind: TypeAlias = Literal["text", "press", "menu", "file", "event", "other"]


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing a person did on a platform, verified and decrypted.

    `event_key` is the platform's identity of the event: the same key twice is the same
    event. `account` is the platform's user id. kind "text": `text` was said. "menu": the
    menu entry whose key is the command line `text` was tapped. "press": the button or form
    `key` of the message `ref` was pressed, with `values` of its inputs and, on WeCom, the
    one-use `reply_token` (response_code). "file": something to fetch was sent without a word,
    see `attachments`. "event": something happened, `text` is the platform's name for it
    ("subscribe", "change_contact", …) and `values` are its facts. "other": a person sent what
    holds no words; `text` is the platform's name for that ("voice", "location", …).
    What happens with each is one table, `bot/reception.py`.
    `attachments` are what was sent along, pictures of a rich text among it.
    `inline`: whoever asked sees the answer where they asked (a page), so a refusal needs no
    message of its own. `ip` is known for pages only: platforms do not tell it (B58). `weak`:
    the platform vouches for somebody, but not that these were their words (HTTP callbacks whose
    signature does not cover the body, attack D09).

    This is the door for a person's words: they are cleaned here and nowhere else, and of what
    is `too_long` only as much is kept as it takes to say so.
    """

    platform: str
    tenant: str
    event_key: str
    account: str
    at: datetime
    kind: Kind
    text: str = ""
    ref: str = ""
    key: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    reply_token: str = ""
    inline: bool = False
    ip: str = ""
    weak: bool = False
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _words(self.text))
        if self.values:
            values = {name: _words(value) for name, value in self.values.items()}
            object.__setattr__(self, "values", values)
        if self.attachments:
            named = tuple(replace(one, name=_words(one.name)) for one in self.attachments)
            object.__setattr__(self, "attachments", named)

    @property
    def origin(self) -> str:
        """Where it came from, as the trail says: the IP address, or the platform's message id."""
        return self.ip or self.event_key

    @property
    def too_long(self) -> bool:
        """Whether more was said or filled in than we take."""
        return any(len(words) > MOST for words in (self.text, *self.values.values()))


def _words(text: str) -> str:
    return clean(text[: CUT * MOST])[: MOST + 1]


class Answer(NamedTuple):
    """What the platform may say in its acknowledgement.

    `content` is what the person was answered, if the work was committed within the budget;
    otherwise None, and the answer arrives through the outbox. `version` is above 0 when that
    answer is the pressed card's own new face. `duplicate`: the event was known already.
    """

    content: Content | None = None
    version: int = 0
    duplicate: bool = False

    @property
    def card(self) -> Card | None:
        """The new face of the pressed card, if there is one."""
        return self.content if self.version and isinstance(self.content, Card) else None


Receive: TypeAlias = Callable[[Inbound], Awaitable[Answer]]
"""Stores the event, has it handled, and returns within the ack budget.

Raises:
    Unavailable: the event could not be stored; the platform must be told to try again.
"""


class Unavailable(Exception):
    """We could not store what came in; answer 503 (or no ack) so that the platform retries."""


class LoginRefused(Exception):
    """The platform does not vouch for this visitor: the code is used or old, or an outsider's."""


class BadCallback(Exception):
    """A callback that is not authentic or not well formed; the only error a codec raises.

    `status` is the HTTP status to answer with (400, 401, 403 or 413), `reason` a stable
    word for logs and metrics: "signature", "stale", "receiver", "xml", "size", ….
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform gave back for a message: enough to change it later.

    `message_id` is the platform's id of the message (WeCom msgid, DingTalk outTrackId or
    processQueryKey); `token` the newest one-use update token (WeCom response_code).
    """

    message_id: str
    token: str = ""


class Undelivered(Exception):
    """A message that did not arrive, typed by what to do next.

    reason: stable word for people and logs (see requirements §6: "rate_limited",
    "channel_down", "card_invalid", "user_left", "not_updatable", …). `retry_after` None
    means never. `spent` False means the attempt does not count (a rate limit). `everybody`
    means that the platform takes nothing from us until then, whoever it is for.
    `ambiguous` means the platform may have taken it: repeat only the same bytes.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        retry_after: timedelta | None = None,
        spent: bool = True,
        ambiguous: bool = False,
        everybody: bool = False,
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.spent = spent
        self.ambiguous = ambiguous
        self.everybody = everybody


Outcome: TypeAlias = Receipt | Undelivered
"""What became of a message to one person."""


Pace: TypeAlias = tuple[int, timedelta]
"""At most so many messages to one person within so long; the platform drops what is beyond."""

Request: TypeAlias = dict[str, Any]
"""A rendered message, JSON-ready; stored before the first attempt so that retries repeat it."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What the platform calls an upload, and until when it may be used."""

    ref: str
    good_until: datetime


class Downloaded(NamedTuple):
    """The bytes of a file, and its name if the platform tells it only with them, else ""."""

    content: bytes
    name: str = ""


class Platform(Protocol):
    """One chat platform of one organisation.

    `pace` is kept per person, `rate` for all calls together. One call carries a message to
    `together` people at most. `knows_repeats`: a call repeated with the same bytes and the
    same receivers is carried out once.
    """

    name: str
    tenant: str
    pace: Sequence[Pace]
    rate: Rate
    together: int
    knows_repeats: bool

    def render(self, content: Content, slot: Slot, *, plain: bool = False) -> Request:
        """The message that shows `content`; pure, the same bytes for the same arguments.

        `plain`: spare the platform's own card for content that takes no press.
        """

    def common(self, request: Request) -> Request | None:
        """What of a request is equal if one call can carry it to many; None if none can."""

    async def send(self, account: str, request: Request) -> Receipt:
        """Send a message to one person.

        Raises:
            Undelivered: it did not arrive, or nobody knows whether it did.
        """

    async def send_many(
        self, accounts: Sequence[str], request: Request
    ) -> Mapping[str, Outcome]:  # fmt: skip
        """Send one message to several people in one call; what became of it for each.

        Raises:
            Undelivered: nobody got it, or nobody knows.
        """

    async def update(self, account: str, receipt: Receipt, request: Request) -> Receipt:
        """Show `request` in place of the message `receipt` stands for.

        Raises:
            Undelivered: reason "not_updatable" when this message can never be changed
                (no token, token used or expired, plain text): the caller sends a new one.
        """

    async def upload(self, name: str, content: bytes, sort: str) -> Uploaded:
        """Give the platform a "picture" or a "file", to be named in messages.

        Raises:
            Undelivered: it did not take it; nothing is on its way to anybody.
        """

    async def download(self, ref: str, *, most: int) -> Downloaded:
        """What somebody sent (`Attachment.ref`), at most so many bytes.

        Raises:
            Undelivered: "media_gone" or "media_too_large" for good, else try again.
        """
