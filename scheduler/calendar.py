"""Asking in time for the next year's holidays (requirements J22)."""

from __future__ import annotations

from datetime import timedelta

from cards import calendar as cards
from cards import pushes
from engine.jobs import Urgency
from sales import people
from sales.people import Role
from scheduler.api import Tick, job


@job("50 8 * * *", name="calendar-coverage", max_age=timedelta(hours=12),
     spread=timedelta(minutes=35))  # fmt: skip
def warn(tick: Tick) -> str:
    """Tell who can import it, from 60 days before the known days end."""
    missing = tick.calendar.notice_needed(tick.today)
    if missing is None:
        return "日历够用"
    card = cards.ends_soon(missing, tick.calendar.covered_until(tick.today), tick.today)
    for person_id in people.in_roles(tick.db, Role.ADMIN, Role.SALES_OPS):
        if (address := people.usual_address(tick.db, person_id)) is not None:
            moment = tick.moment_for(person_id)
            pushes.push(tick.db, card, [address], now=tick.now, not_before=moment,
                        urgency=Urgency.LATER)  # fmt: skip
    return f"{missing} 年的放假安排还没有导入，已提醒"
