"""The markdown subsets the two apps draw, read into values; the template escapes them.

Nothing here makes HTML: a tag the app does not know stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Mark: TypeAlias = Literal["bold", "italic", "code", "info", "comment", "warning"]
LineKind: TypeAlias = Literal["paragraph", "heading", "quote", "item"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one look; `url` makes it a link, `picture` draws that address instead."""

    text: str
    marks: tuple[str, ...] = ()
    url: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as drawn. `level` 1–6 belongs to a heading, `marker` ("•", "2.") to an item."""

    spans: tuple[Span, ...]
    kind: LineKind = "paragraph"
    level: int = 0
    marker: str = ""


def plain(line: Line) -> str:
    """The line's words without their looks."""
    words = "".join(span.text for span in line.spans)
    return f"{line.marker} {words}" if line.marker else words


_URL = r"(?P<url>https?://[^\s()<>\"']+)"
_WECOM = re.compile(
    r"<font color=[\"'](?P<color>info|comment|warning)[\"']>(?P<font>.*?)</font>"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|`(?P<code>[^`]+)`"
    r"|\[(?P<label>[^\]]+)\]\(" + _URL + r"\)"
)
_WECOM_TEXT = re.compile(r"<a href=[\"']" + _URL + r"[\"']>(?P<label>[^<]+)</a>")
_DINGTALK = re.compile(
    r"\\(?P<literal>[\\`*_{}\[\]()#+\-.!>~|@<])"
    r"|(?<!\\)\*\*(?P<bold>.+?)(?<!\\)\*\*"
    r"|(?<!\\)\*(?P<italic>[^*\s].*?)(?<!\\)\*"
    r"|!\[(?P<alt>[^\]]*)\]\((?P<image>[^)]*)\)"
    r"|\[(?P<label>(?:\\.|[^\]\\])+)\]\(" + _URL + r"\)"
)
_HEADING = re.compile(r"(?P<hashes>#{1,6})\s+(?P<words>.*)")
_QUOTE = re.compile(r">\s?(?P<words>.*)")
_ITEM = re.compile(r"(?P<marker>-|\d{1,3}\.)\s+(?P<words>.*)")


def literal(text: str) -> tuple[Line, ...]:
    """Text that means only itself, such as what the person typed."""
    return tuple(Line((Span(words),)) for words in text.splitlines())


def wecom_text(text: str) -> tuple[Line, ...]:
    """A WeCom text message: line breaks and `<a href>` count, nothing else."""
    return tuple(Line(tuple(_spans(words, _WECOM_TEXT))) for words in text.splitlines())


def wecom(text: str) -> tuple[Line, ...]:
    """WeCom markdown: headings, bold, links, inline code, quotes, three font colours."""
    return tuple(_block(words, _WECOM) for words in text.splitlines())


def dingtalk(text: str) -> tuple[Line, ...]:
    r"""DingTalk markdown: headings, quotes, bold, italic, links, lists, `\` escapes.

    A line ends at a blank line, after two spaces, or where a block begins; a lone newline
    is a space, as on the phone.
    """
    blocks: list[str] = []
    ended = True
    for raw in text.splitlines():
        words = raw.strip()
        if words and (ended or _starts_block(words)):
            blocks.append(words)
        elif words:
            blocks[-1] += " " + words
        ended = not words or raw.endswith("  ") or _HEADING.match(words) is not None
    return tuple(_block(words, _DINGTALK, lists=True) for words in blocks)


def _starts_block(words: str) -> bool:
    return any(block.match(words) for block in (_HEADING, _QUOTE, _ITEM))


def _block(words: str, inline: re.Pattern[str], *, lists: bool = False) -> Line:
    if found := _HEADING.match(words):
        spans = tuple(_spans(found["words"], inline))
        return Line(spans, "heading", level=len(found["hashes"]))
    if found := _QUOTE.match(words):
        return Line(tuple(_spans(found["words"], inline)), "quote")
    if lists and (found := _ITEM.match(words)):
        marker = "•" if found["marker"] == "-" else found["marker"]
        return Line(tuple(_spans(found["words"], inline)), "item", marker=marker)
    return Line(tuple(_spans(words, inline)))


def _spans(text: str, inline: re.Pattern[str], marks: tuple[str, ...] = ()) -> Iterator[Span]:
    at = 0
    for found in inline.finditer(text):
        if found.start() > at:
            yield Span(text[at : found.start()], marks)
        at = found.end()
        match found.lastgroup:
            case "font":
                yield from _spans(found["font"], inline, (*marks, found["color"]))
            case "bold" | "italic" as mark:
                yield from _spans(found[mark], inline, (*marks, mark))
            case "code":
                yield Span(found["code"], (*marks, "code"))
            case "literal":
                yield Span(found["literal"], marks)
            case "image":
                yield Span(found["alt"] or "[图片]", marks, picture=found["image"])
            case _:
                label = "".join(span.text for span in _spans(found["label"], inline))
                yield Span(label, marks, found["url"])
    if at < len(text):
        yield Span(text[at:], marks)
