"""The statutory holidays and adjusted workdays that the chinesecalendar package knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from engine import calendar_days
from engine.calendar import Day, Quality, dates_of, derived
from engine.calendar_days import Change
from engine.unit import Unit

SOURCE = "chinesecalendar"
FULL_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}
"""The package's short names as the State Council writes them."""


@cache
def days(year: int) -> Mapping[date, Day]:
    """Every day of a year, or nothing when the package does not know the year.

    1.11 knows 2004 to 2026: it appears after the notice for a year is published.
    """
    from chinese_calendar import (  # type: ignore[import-untyped]  # no stubs; lazy: 12 ms
        Holiday,
        holidays,
        workdays,
    )

    if all(day.year != year for day in holidays):
        return {}

    def told(day: date) -> Day:
        festival = workdays.get(day) or holidays.get(day)
        if festival is None:
            return replace(derived(day), quality=Quality.OFFICIAL)
        name = Holiday(festival).chinese
        return Day(day in workdays, FULL_NAMES.get(name, name), Quality.OFFICIAL)

    return {day: told(day) for day in dates_of(year)}


def seed(db: Unit, today: date, now: datetime) -> Change:
    """Bring last year, this year and the next into the calendar, as far as they are known."""
    years = (days(year) for year in range(today.year - 1, today.year + 2))
    known = {day: it for year in years for day, it in year.items()}
    return calendar_days.seed(db, known, SOURCE, now)
