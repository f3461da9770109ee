"""The help card and what is said when a line is not understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cards.model import Button, Card, Text

LISTED = 5
"""Topics on one help card, which has a button each and one to turn the page."""
MORE = "help.more"
NOT_UNDERSTOOD = "没听懂「{line}」。发送 /帮助 看看您能用的指令。"
STRANGER = "还不认识您的账号（{account}）。请把这句话转给管理员，由他在建流里绑定您的账号。"
LEFT = "您的账号在建流里已停用，这条没有处理。如果弄错了，请联系管理员。"
INCIDENT = "这一步没有成功，编号 {number}，已经记录下来。请稍后再试，或把编号发给管理员。"
NOTHING = "您的角色目前只有 /帮助 这一个指令"
UNSUPPORTED = "暂时只看得懂文字和卡片。发送 /帮助 看看您能用的指令。"


@dataclass(frozen=True, slots=True)
class Line:
    """A command or a topic as help shows it: what to type, what it is for, what its button does."""

    word: str
    summary: str
    example: str
    action: str
    args: Mapping[str, Any] = field(default_factory=dict)


def commands(lines: Sequence[Line], page: int, *, flow: str) -> Card:
    """What this person may do, a handful at a time; the last button turns the page."""
    pages = max(1, -(-len(lines) // LISTED))
    page %= pages
    shown = lines[page * LISTED : (page + 1) * LISTED]
    turn = Button("更多" if page + 1 < pages else "回到开头", MORE, {"page": page + 1})
    return Card(
        key=flow,
        title="您可以这样用建流",
        subtitle=_where(page, pages) if lines else NOTHING,
        facts=tuple((f"/{line.word}", _told(line)) for line in shown),
        buttons=(*_buttons(shown), *((turn,) if pages > 1 else ())),
    )


def topic(word: str, lines: Sequence[Line], *, flow: str) -> Card:
    """The commands that begin with one word, a button each."""
    return Card(
        key=flow,
        title=f"/{word} 后面接着写",
        facts=tuple((line.word.partition(" ")[2] or line.word, _told(line)) for line in lines),
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


def say(template: str, **facts: str) -> Text:
    """One of this module's sentences."""
    return Text(template.format(**facts))
