"""What waits for a person on a working day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from cards.deadlines import Line, digest
from cards.model import Card, Menu

WEEKDAYS = "一二三四五六日"
WHY = "工作日早上，把今天等您办的事合成一张卡片；没有事的日子不发。"


def waiting(lines: Sequence[Line], today: date) -> Card:
    """The things of a day, each with its way on; one card a day."""
    card = digest(lines)
    on = f"{today:%m-%d} 周{WEEKDAYS[today.weekday()]}"
    return replace(
        card,
        key=f"morning/{today}",
        title=f"今天有 {len(lines)} 件事等您",
        subtitle=f"{on}；{card.subtitle}" if card.subtitle else on,
        tone="plain",
        menu=Menu(WHY, "morning"),
    )
