"""The help card and what is said when a line is not understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cards.model import Button, Card, Text

NOT_UNDERSTOOD = "没听懂「{line}」。发送 /帮助 看看您能用的指令。"
STRANGER = "还不认识您的账号（{account}）。请把这句话转给管理员，由他在建流里绑定您的账号。"
INCIDENT = "这一步没有成功，编号 {number}，已经记录下来。请稍后再试，或把编号发给管理员。"
UNSUPPORTED = "暂时只看得懂文字和卡片。发送 /帮助 看看您能用的指令。"


def commands(lines: Iterable[tuple[str, str, str, str]]) -> Card:
    """What this person may do: (word, summary, example, action) per command."""
    listed = list(lines)
    return Card(
        title="您可以这样用建流",
        facts=tuple(
            (f"/{word}", f"{summary}，如 {example}") for word, summary, example, _ in listed
        ),
        buttons=tuple(
            Button(f"/{word}", action) for word, _, _, action in listed if word != "帮助"
        ),
    )


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
