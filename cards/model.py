"""What goes out: one card model for every platform, and plain text.

A card is a value. Builders in `cards/<topic>.py` make it from facts, renderers in
`cards/render/` turn it into one platform's wire format, and the database keeps it as
JSON (`dump`, `load`) so that a press is always judged against what was really shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter

from engine.masking import masked_json

Style: TypeAlias = Literal["primary", "normal", "danger"]
Tone: TypeAlias = Literal["plain", "good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Button:
    """One tap that calls the action `action` with `args` (never taken from the phone).

    A press continues the errand its card belongs to, unless the button is `fresh`: then it
    starts a new one, and the answer is a card of its own.
    """

    text: str
    action: str
    args: Mapping[str, Any] = field(default_factory=dict)
    style: Style = "normal"
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a drop-down: `id` comes back, `text` is read."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form; a select offers `options` and, on H5 pages, search by typing.

    `most` is how many characters an H5 page lets one type.
    """

    name: str
    label: str
    kind: Literal["select", "text"]
    options: tuple[Choice, ...] = ()
    placeholder: str = ""
    most: int = 60


@dataclass(frozen=True, slots=True)
class Form:
    """Inputs and the action that receives them as arguments, once."""

    action: str
    fields: tuple[Field, ...]
    submit: str = "提交"
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """A card as a colleague would write it; renderers shorten, never the builder.

    `key` says what the card replaces: the person's card with the same key is updated in
    place, or sent anew where the platform cannot. An empty key makes a card of its own.
    `done` is the word on the grey button of a locked card; a locked card takes no press.
    `about` names the objects it shows, as (type, id): who looked at what is on the trail.
    """

    title: str
    key: str = ""
    subtitle: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    quote: str = ""
    buttons: tuple[Button, ...] = ()
    form: Form | None = None
    tone: Tone = "plain"
    done: str = ""
    about: tuple[tuple[str, str], ...] = ()


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


def _written(content: Content) -> str:
    adapter: TypeAdapter[Any] = _text
    if isinstance(content, Card | Media):
        adapter = _card if isinstance(content, Card) else _media
    return adapter.dump_json(content, exclude_defaults=True).decode()
