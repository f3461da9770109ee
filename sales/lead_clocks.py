"""The clocks of a lead: nobody has it, not opened, not called, not contacted, nothing done.

Each is a deadline that begins and ends in the unit of its cause; what is said when one runs out
is in `scheduler/leads.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from engine import deadlines
from engine.deadlines import Level, Plan
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales.desk import Timed
from sales.rules.lead_times import LEAD_TIMES, POOL, WALL

UNASSIGNED, UNOPENED, INTENT, CONTACT, IDLE = KINDS = (
    "lead_unassigned", "lead_unopened", "lead_intent", "lead_contact", "lead_idle",
)  # fmt: skip
TIMED = (UNASSIGNED, UNOPENED, INTENT, CONTACT)
"""Whose end is late; the end of the last one is the way back to the pool."""
DUE, WARN, RECYCLE = "due", "warn", "recycle"
"""What happens at a level."""
LEAD = "lead"
_ONCE = (Level(timedelta(), DUE),)


class It(NamedTuple):
    """A lead that is waited for, what reminders call it, and who hears of it."""

    lead_id: str
    about: str
    owner: str


def pooled(db: Unit, it: It, rules: Rulebook, now: datetime) -> None:
    """Nobody has it: whoever looks after it, if anybody does, hears when that lasts too long."""
    stop(db, it.lead_id, now)
    times = rules.at(LEAD_TIMES, now)
    if it.owner:
        plan = deadlines.plan(now, timedelta(hours=times.body.unassigned_hours), _ONCE)
        _open(db, UNASSIGNED, it, plan, times.number)


def given(db: Unit, it: It, desk: Timed, *, source: str = "") -> None:
    """Somebody has it: they have to open it, and to do something with it.

    Whoever comes from such a `source` is looking for us right now: they have to be called (B86).
    """
    stop(db, it.lead_id, desk.now)
    times = desk.rules.at(LEAD_TIMES, desk.now)
    called = source in times.body.intent_sources
    minutes = times.body.intent_minutes if called else times.body.unopened_minutes
    plan = deadlines.plan(desk.now, timedelta(minutes=minutes), _ONCE, desk.calendar)
    _open(db, INTENT if called else UNOPENED, it, plan, times.number)
    followed(db, it, desk)


def viewed(db: Unit, it: It, desk: Timed) -> None:
    """They opened it for the first time: from here they have to contact the customer (B13)."""
    deadlines.meet(db, UNOPENED, (LEAD, it.lead_id), now=desk.now)
    times = desk.rules.at(LEAD_TIMES, desk.now)
    calendar = None if times.body.contact_clock == WALL else desk.calendar
    span = timedelta(hours=times.body.contact_hours)
    _open(db, CONTACT, it, deadlines.plan(desk.now, span, _ONCE, calendar), times.number)


def contacted(db: Unit, it: It, desk: Timed) -> None:
    """They contacted the customer."""
    for kind in (UNOPENED, INTENT, CONTACT):
        deadlines.meet(db, kind, (LEAD, it.lead_id), now=desk.now)
    followed(db, it, desk)


def contact_due(db: Unit, lead_id: str, owner_since: datetime) -> datetime | None:
    """Until when whoever has it since then has, or had, to contact the customer."""
    return deadlines.due(db, CONTACT, (LEAD, lead_id), since=owner_since)


def call_due(db: Unit, lead_id: str, owner_since: datetime) -> datetime | None:
    """Until when whoever has it since then should call, if it is that urgent."""
    return deadlines.due(db, INTENT, (LEAD, lead_id), since=owner_since)


def followed(db: Unit, it: It, desk: Timed, *, since: datetime | None = None) -> None:
    """Something was done: the time until the lead goes back to the pool runs anew.

    It runs from `since` if the lead is protected until then.
    """
    pool = desk.rules.at(POOL, desk.now)
    levels = (Level(-timedelta(days=pool.body.warn_days), WARN), Level(timedelta(), RECYCLE))
    plan = deadlines.plan(since or desk.now, pool.body.until_recycled, levels)
    deadlines.open_(db, IDLE, (LEAD, it.lead_id), plan, owner=it.owner, about=it.about,
                    now=desk.now, rule_version=pool.number)  # fmt: skip


def stop(db: Unit, lead_id: str, now: datetime) -> None:
    """Nothing is waited for any more."""
    for kind in KINDS:
        deadlines.cancel(db, kind, (LEAD, lead_id), now=now)


def _open(db: Unit, kind: str, it: It, plan: Plan, rule_version: int) -> None:
    deadlines.open_(db, kind, (LEAD, it.lead_id), plan, owner=it.owner, about=it.about,
                    now=plan.started_at, rule_version=rule_version)  # fmt: skip
