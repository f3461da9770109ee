"""Text for DingTalk: nothing in it acts as markup, its bytes are bounded, cuts are visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cards.model import Card
from cards.render.slot import Slot
from cards.render.taps import question
from cards.render.text import ELLIPSIS, cut_bytes, lost, one_line

LINE = "  \n  "
"""A line break in DingTalk markdown: two spaces on both sides (doc robot-message-type)."""

_SYNTAX = re.compile(r"[\\`*_~\[\]()<>#@]")
_LABEL_BYTES = 60
_VALUE_BYTES = 360


def plain(text: str, limit: int) -> str:
    """`text` as one line of at most `limit` UTF-8 bytes, ending in "…" if it was cut."""
    return cut_bytes(one_line(text), limit)


def markdown(text: str, limit: int) -> str:
    r"""`plain`, then escaped so that it is shown literally: "[a](b)" becomes r"\[a\]\(b\)"."""
    return _SYNTAX.sub(r"\\\g<0>", plain(text, limit))


def body(card: Card, limit: int) -> str:
    """What the card asks, its figure, its facts as lines "标签：值", its quote, as markdown."""
    return fit(_lines(card), limit)


def picture(card: Card, slot: Slot) -> str:
    """The picture with its words below it; the words alone if it is not there."""
    if card.picture is None:
        return ""
    alt, url = markdown(card.picture.alt, _LABEL_BYTES * 2), card.picture.url or slot.picture
    return f"![{alt}]({url}){LINE}{alt}" if url else f"图片：{alt}"


def links(card: Card, limit: int) -> str:
    """The pages to open, a line each, as markdown of `limit` bytes."""
    lines = [f"[{markdown(link.text, _LABEL_BYTES) or '打开'}]({link.url})" for link in card.links]
    return fit((f"{LINE if i else ''}{line}" for i, line in enumerate(lines)), limit)


def fit(pieces: Iterable[str], limit: int) -> str:
    """As many whole `pieces` as fit into `limit` UTF-8 bytes, then "…" if some did not."""
    kept: list[str] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece.encode())
        if size > limit:
            lost("".join(kept), limit, "字节")
            while kept and size > limit - len(ELLIPSIS.encode()):
                size -= len(kept.pop().encode())
            return "".join(kept) + ELLIPSIS
    return "".join(kept)


def _lines(card: Card) -> Iterator[str]:
    if asked := question(card):
        yield f"**{markdown(asked, _VALUE_BYTES)}**\n\n"
    if card.figure:
        yield f"### {markdown(card.figure.value, _LABEL_BYTES)}\n\n"
        yield f"{markdown(card.figure.caption, _VALUE_BYTES)}\n\n"
    before = ""
    for label, value in card.facts:
        yield f"{before}{markdown(label, _LABEL_BYTES)}：{markdown(value, _VALUE_BYTES)}"
        before = LINE
    before = "\n\n" if card.facts else ""
    for line in filter(str.strip, card.quote.splitlines()):
        yield f"{before}> {markdown(line, _VALUE_BYTES)}"
        before = LINE
