"""What cards say about deadlines: how the time was counted, and several reminders as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

from cards.model import Button, Card, Menu
from engine.deadlines import WORKING
from engine.deadlines_due import Due

Line: TypeAlias = tuple[str, Button]
"""One reminder on a digest: what it is about, and the way on."""

SHOWN = 6
"""Reminders on a digest: as many as a card has rows and buttons on every platform."""
WHY = "这几件事都等着您本人，时限到了；一次到的多，就合成一张卡片。"
CLOCKS = {True: "按工作时间", False: "按自然时间"}
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def limit(deadline: Due, due: datetime) -> str:
    """The time given, by which clock, until when: "按工作时间 2 小时，11-23 14:30 到期（暂定）".

    `due` is in the zone of whoever reads it.
    """
    given = timedelta(seconds=deadline.allowance_s)
    whole = not given % HOUR
    words = f"{given // HOUR} 小时" if whole else f"{given // MINUTE} 分钟"
    perhaps = "（暂定）" if deadline.provisional else ""
    return f"{CLOCKS[deadline.clock == WORKING]} {words}，{due:%m-%d %H:%M} 到期{perhaps}"


def digest(lines: Sequence[Line]) -> Card:
    """Reminders that came at once, the most wanted first, each with one button."""
    shown = lines[:SHOWN]
    more = len(lines) - len(shown)
    return Card(
        title=f"有 {len(lines)} 件事到时间了",
        subtitle=f"先列 {len(shown)} 件，另外 {more} 件请在原来的卡片上接着办" if more else "",
        facts=tuple((f"{i}", about) for i, (about, _) in enumerate(shown, 1)),
        buttons=tuple(
            replace(button, text=f"{i}. {button.text}", style="normal")
            for i, (_, button) in enumerate(shown, 1)
        ),
        tone="warning",
        menu=Menu(WHY, "deadlines"),
    )
