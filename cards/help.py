"""The help card and what is said when a line is not understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from cards.model import Button, Card, Text
from sales.rules.values import fill

LISTED = 5
"""Topics on one help card, which has a button each and one to turn the page."""
MORE = "help.more"
NOTHING = "您的角色目前只有 /帮助 这一个指令"


@dataclass(frozen=True, slots=True)
class Line:
    """A command or a topic as help shows it: what to type, what it is for, what its button does."""

    word: str
    summary: str
    example: str
    action: str
    args: Mapping[str, Any] = field(default_factory=dict)


def commands(title: str, lines: Sequence[Line], page: int, *, flow: str) -> Card:
    """What this person may do, a handful at a time; the last button turns the page."""
    pages = max(1, -(-len(lines) // LISTED))
    page %= pages
    shown = lines[page * LISTED : (page + 1) * LISTED]
    turn = Button("更多" if page + 1 < pages else "回到开头", MORE, {"page": page + 1})
    return Card(
        key=flow,
        title=title,
        subtitle=_where(page, pages) if lines else NOTHING,
        facts=tuple((f"/{line.word}", _told(line)) for line in shown),
        buttons=(*_buttons(shown), *((turn,) if pages > 1 else ())),
    )


def topic(word: str, lines: Sequence[Line], *, flow: str) -> Card:
    """The commands that begin with one word, a button each; examples where they are few."""
    told = _told if len(lines) <= LISTED else attrgetter("summary")
    return Card(
        key=flow,
        title=f"/{word} 后面接着写",
        facts=tuple((line.word.partition(" ")[2] or line.word, told(line)) for line in lines),
        buttons=_buttons(lines),
    )


def _where(page: int, pages: int) -> str:
    return f"第 {page + 1} 页，共 {pages} 页" if pages > 1 else ""


def _told(line: Line) -> str:
    return line.summary if line.example == f"/{line.word}" else f"{line.summary}，如 {line.example}"


def _buttons(lines: Sequence[Line]) -> tuple[Button, ...]:
    return tuple(Button(f"/{line.word}", line.action, line.args) for line in lines)


def did_you_mean(
    line: str, suggestion: str, action: str, args: Mapping[str, Any], *, flow: str
) -> Card:
    """A typo: one tap runs what was probably meant, as the same errand."""
    return Card(
        key=flow,
        title=f"您要找的是不是 {suggestion}",
        subtitle=f"没有「{line}」这个指令",
        buttons=(Button(suggestion, action, args, "primary"),),
    )


def was_it_you(line: str, action: str, args: Mapping[str, Any], *, flow: str) -> Card:
    """A line that somebody else could have sent in this person's name: one tap proves it."""
    return Card(
        key=flow,
        title="请确认是您本人发的",
        subtitle=f"「{line}」",
        buttons=(Button("是我，继续", action, args, "primary"),),
    )


def say(sentence: str, **facts: str) -> Text:
    """One of the house's sentences, its placeholders filled in."""
    return Text(fill(sentence, facts))
