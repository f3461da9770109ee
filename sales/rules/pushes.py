"""When a reminder that somebody has put off comes again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import HOUR, WorkingTime

DAY = 450
"""Working minutes of a day with the usual shifts."""


class PushTimes(Rule):
    """Working time until a reminder comes again."""

    later_minutes: Annotated[
        int, Item("稍后", "点「稍后」以后过多少工作时间再提醒", WorkingTime(15, 5 * DAY))
    ] = 2 * HOUR

    @property
    def later(self) -> timedelta:
        """Working time from 稍后 to the next reminder."""
        return timedelta(minutes=self.later_minutes)


PUSHES = Kind(
    Name("sla", "pushes"), "稍后提醒", "点了「稍后」的提醒，什么时候再来",
    "从下一次点「稍后」算起", PushTimes,
)  # fmt: skip
