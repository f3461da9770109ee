"""Telling in the morning that leads wait too long for an owner: once a week, until they do not."""

from __future__ import annotations

from datetime import timedelta

from cards import lead_times as cards
from cards import pushes
from cards.model import Card
from engine import leases
from engine.jobs import Urgency
from sales import lead_times_report, people
from sales.lead_lists import SYSTEM
from sales.lead_times_report import NoLeads
from sales.people import Role
from sales.rules.lead_times import LEAD_TIMES
from scheduler.api import Tick, job

DAYS = 7
"""Counted are the leads of so many days; nobody hears of the same slowness twice in them."""
KEY = "lead-times/slow"


@job("50 8 * * *", name="lead-times", max_age=timedelta(hours=3), spread=timedelta(minutes=35))
def warn(tick: Tick) -> str:
    """Whoever looks after the rules hears of it, or the directors if nobody does (B8)."""
    if not tick.calendar.is_workday(tick.today):
        return "今天休息"
    rule = tick.rules.at(LEAD_TIMES, tick.now).body
    try:
        found = lead_times_report.lately(tick.db, SYSTEM, DAYS, rule, now=tick.now)
    except NoLeads:
        return "没有线索"
    if not found.too_slow:
        return "没超过目标"
    if leases.acquire(tick.db, KEY, "", now=tick.now, ttl=timedelta(days=DAYS)) is None:
        return "超过目标，这一周已经说过"
    card = cards.slow(found, f"{KEY}/{tick.today}")
    told = sum(_tell(tick, one, card) for one in _who(tick))
    return f"超过目标，告诉了 {told} 人"


def _who(tick: Tick) -> list[str]:
    return people.in_roles(tick.db, Role.SALES_OPS) or people.in_roles(tick.db, Role.DIRECTOR)


def _tell(tick: Tick, person_id: str, card: Card) -> bool:
    """Whether there was somewhere to tell it."""
    to = people.usual_address(tick.db, person_id)
    if to is None:
        return False
    moment = tick.moment_for(person_id)
    said = pushes.push(tick.db, card, [to], now=tick.now, not_before=moment, urgency=Urgency.LATER)
    return said is not None
