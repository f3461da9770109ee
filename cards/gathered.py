"""Reminders gathered on one card over half a day, when a platform's calls run short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cards.deadlines import SHOWN, Line
from cards.model import Card


def gathered(earlier: Card | None, lines: Sequence[Line], key: str) -> Card:
    """`earlier` with more lines; all are listed, the first six with their buttons."""
    facts = earlier.facts if earlier else ()
    buttons = earlier.buttons if earlier else ()
    for about, button in lines:
        number = len(facts) + 1
        facts += ((f"{number}", about),)
        if number <= SHOWN:
            buttons += (replace(button, text=f"{number}. {button.text}", style="normal"),)
    more = len(facts) - SHOWN
    return Card(
        key=key,
        title=f"有 {len(facts)} 件事到时间了",
        subtitle=f"后 {more} 件请在原来的卡片上接着办" if more > 0 else "",
        facts=facts,
        buttons=buttons,
        tone="warning",
    )
