"""What goes out: one card model for every platform, and plain text.

A card is a value. Builders in `cards/<topic>.py` make it from facts, renderers in
`cards/render/` turn it into one platform's wire format, and the database keeps it as
JSON (`dump`, `load`) so that a press is always judged against what was really shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter

from engine.masking import masked_json

Style: TypeAlias = Literal["primary", "normal", "danger"]
Tone: TypeAlias = Literal["plain", "good", "warning", "bad"]

LONGEST_URL = 512
"""Characters; twice as many bytes are a whole DingTalk variable (reference dingtalk.md §4.1)."""
_ADDRESS = re.compile(r"https?://[^\s/()<>\"'\\]+[^\s()<>\"'\\]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Button:
    """One tap that calls the action `action` with `args` (never taken from the phone).

    A press continues the errand its card belongs to, unless the button is `fresh`: then it
    starts a new one, and the answer is a card of its own. One with a question in `confirm` acts
    only when that was answered: no platform has a dialog for it, so the card itself asks.
    """

    text: str
    action: str
    args: Mapping[str, Any] = field(default_factory=dict)
    style: Style = "normal"
    fresh: bool = False
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a selection: `id` comes back, `text` is read."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form: words, one of `options` ("select"), or any of them ("multi").

    A multi comes back as a list of ids. `more`: the options are only the first of those a
    select has; the H5 page finds the others by typing. `most` is how many characters an H5 page
    lets one type, of `lines` on several lines.
    """

    name: str
    label: str
    kind: Literal["select", "multi", "text"]
    options: tuple[Choice, ...] = ()
    placeholder: str = ""
    most: int = 60
    more: bool = False
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Inputs and the action that receives them as arguments, once."""

    action: str
    fields: tuple[Field, ...]
    submit: str = "提交"
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """The one number a card is about, as people read it, and what it counts."""

    value: str
    caption: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and, in one line, what it shows to those who cannot see it.

    It is at the web address `url`, or uploaded under the name `media`: then the platform's own
    reference is known at delivery only (`Slot.pictures`).

    Raises:
        ValueError: neither or both are given, or `url` is no web address of the usual length.
    """

    alt: str
    url: str = ""
    media: str = ""

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.media):
            raise ValueError("a picture has an address or a name, not both")
        if self.url:
            _check_address(self.url)


@dataclass(frozen=True, slots=True)
class Link:
    """A page to open.

    Raises:
        ValueError: `url` is no web address of the usual length.
    """

    text: str
    url: str

    def __post_init__(self) -> None:
        _check_address(self.url)


@dataclass(frozen=True, slots=True)
class Menu:
    """What belongs to a card that comes by itself: not now, no more today, why me.

    `why` is the reason as the person is told it. `topic` names what stops coming when they
    want no more of it today: all pushes that name the same one.
    """

    why: str
    topic: str


ENTRIES: Mapping[str, str] = {"later": "稍后", "mute": "今天不再提醒", "why": "为什么找我"}
"""The entries of every menu, as people read them; each is its own key on the wire."""
BACK = "back"
"""The key of the button that takes a question back."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card as a colleague would write it; renderers shorten, never the builder.

    `key` says what the card replaces: the person's card with the same key is updated in
    place, or sent anew where the platform cannot. An empty key makes a card of its own.
    `done` is the word on the grey button of a locked card; a locked card takes no press.
    `about` names the objects it shows, as (type, id): who looked at what is on the trail.
    `menu` marks a card nobody has asked for. `asking` is the index of the button whose question
    the card asks at the moment; it then takes that press, or the one back, and no other.
    """

    title: str
    key: str = ""
    subtitle: str = ""
    figure: Figure | None = None
    facts: tuple[tuple[str, str], ...] = ()
    quote: str = ""
    picture: Picture | None = None
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    form: Form | None = None
    tone: Tone = "plain"
    done: str = ""
    about: tuple[tuple[str, str], ...] = ()
    menu: Menu | None = None
    asking: int | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """What a message tells in clear; read while it is drawn, never kept open.

    "numbers" and "bundle" are of the contact `contact`; "code" is the binding code of the
    person who has that id.
    """

    contact: str
    what: Literal["numbers", "bundle", "code"]


@dataclass(frozen=True, slots=True)
class Text:
    """A plain sentence or two; no press can come back from it. The `secret` stands below."""

    text: str
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a file, whose bytes are the blob `blob` until it is sent (`cards/media.py`)."""

    filename: str
    sort: Literal["picture", "file"]
    blob: str


Content: TypeAlias = Card | Text | Media

_content: TypeAdapter[Card | Text | Media] = TypeAdapter(Card | Text | Media)
_card, _text, _media = TypeAdapter(Card), TypeAdapter(Text), TypeAdapter(Media)
"""A union is tried member by member; what is written we know."""


def dump(content: Content) -> str:
    """`content` as JSON for `load`, with people's numbers masked, whoever typed them (D30)."""
    return masked_json(_written(content))


def masked(content: Content) -> Content:
    """What `load` makes of what `dump` wrote."""
    written = _written(content)
    return content if (body := masked_json(written)) is written else load(body)


def load(body: str) -> Content:
    """The content `dump` wrote.

    Raises:
        pydantic.ValidationError: `body` is no card, text or file.
    """
    return _content.validate_json(body)


def _check_address(url: str) -> None:
    """Nothing in an address may end a link of markdown or make a second one."""
    if len(url) > LONGEST_URL or not url.isascii() or _ADDRESS.fullmatch(url) is None:
        raise ValueError(f"no web address of up to {LONGEST_URL} characters: {url[:40]!r}")


def _written(content: Content) -> str:
    adapter: TypeAdapter[Any] = _text
    if isinstance(content, Card | Media):
        adapter = _card if isinstance(content, Card) else _media
    return adapter.dump_json(content, exclude_defaults=True).decode()
