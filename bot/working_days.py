"""The working calendar as a process begins: what the holiday package knows by now."""

from __future__ import annotations

from bot.clock import Clock
from connectors import holidays
from engine.calendar import Calendar
from engine.calendar_days import days
from engine.deadlines_replan import replan
from engine.unit import Unit


def renew(db: Unit, clock: Clock) -> None:
    """Take over the days the package brings, and plan the deadlines on them anew."""
    now = clock.now()
    change = holidays.seed(db, clock.date_of(now), now)
    if change.dates:
        replan(db, change.dates, Calendar(clock.zone, days(db)))
