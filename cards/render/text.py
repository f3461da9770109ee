"""Words that fit: harmless characters, cut between what a reader sees as characters.

Whatever a renderer leaves out goes through here, so `watched` knows every loss.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from engine import text as text_of

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that did not fit whole: what it was, and how much there was room for."""

    what: str
    limit: int
    unit: Literal["字", "字节", "项"]


_losses: ContextVar[list[Loss] | None] = ContextVar("losses", default=None)


@contextmanager
def watched() -> Iterator[list[Loss]]:
    """What the renderers lose inside the block, in order (`jianliu cards lint`)."""
    losses: list[Loss] = []
    before = _losses.set(losses)
    try:
        yield losses
    finally:
        _losses.reset(before)


def lost(what: str, limit: int, unit: Literal["字", "字节", "项"]) -> None:
    """Tell whoever watches that `what` did not fit whole."""
    if (losses := _losses.get()) is not None:
        losses.append(Loss(what, limit, unit))


_SPACES = re.compile(r"\s+")
_LINK = re.compile(r"<(?=\s*/?\s*a\b)", re.IGNORECASE)

_ZERO_WIDTH_JOINER = "\u200d"
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)


def clean(text: str) -> str:
    """`text` without what no reader sees (`engine.text`), tabs as spaces."""
    return text_of.clean(text).replace("\t", " ").strip()


def one_line(text: str) -> str:
    """`clean`, with every run of white space as one space."""
    return _SPACES.sub(" ", clean(text)).strip()


def unlinked(text: str) -> str:
    """`text` in which nobody can hide a link: WeCom has no escape for `<a href>`."""
    return _LINK.sub("＜", text)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, "…" included; an emoji is kept whole or left out.

    `cut("张江阀门", 3)` is "张江…".
    """
    if len(text) <= limit:
        return text
    lost(text, limit, "字")
    return text[: _boundary(text, limit - len(ELLIPSIS))].rstrip() + ELLIPSIS


def cut_bytes(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, "…" included."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    lost(text, limit, "字节")
    room = limit - len(ELLIPSIS.encode())
    kept = encoded[:room].decode(errors="ignore")
    return text[: _boundary(text, len(kept))].rstrip() + ELLIPSIS


def _boundary(text: str, end: int) -> int:
    """The last place up to `end` where one visible character ends and the next begins."""
    place = end
    while place > 0 and _joined(text, place):
        place -= 1
    return place or end  # one endless pile of accents: cut it anywhere


def _joined(text: str, place: int) -> bool:
    """Whether the characters before and after `place` are one to the reader."""
    before, after = text[place - 1], text[place]
    code = ord(after)
    if _ZERO_WIDTH_JOINER in (before, after):
        return True
    if code in _FLAG_LETTERS and ord(before) in _FLAG_LETTERS:
        return _flag_letters_before(text, place) % 2 == 1
    return (
        code in _VARIATION_SELECTORS
        or code in _SKIN_TONES
        or code in _TAGS
        or unicodedata.category(after) in ("Mn", "Mc", "Me")
    )


def _flag_letters_before(text: str, place: int) -> int:
    start = place
    while start > 0 and ord(text[start - 1]) in _FLAG_LETTERS:
        start -= 1
    return place - start
