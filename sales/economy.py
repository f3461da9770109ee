"""Saving a platform's monthly calls: which step we are at, and what the month will come to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import IntEnum

from engine import quota
from engine.calendar import Calendar
from engine.quota import CALLS, Meter
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales.rules.quota import QUOTA, QuotaSteps

HALF = 0.5
"""What today counts as, whenever one asks."""


class Step(IntEnum):
    """How much is saved; each step keeps what the one before does.

    MERGED: reminders become a digest twice a day. PLAIN: what nobody has to act on is no
    interactive card. ESSENTIAL: only what people asked for, and what waits for a decision.
    """

    FULL = 0
    MERGED = 1
    PLAIN = 2
    ESSENTIAL = 3


def step(db: Unit, platform: str, tenant: str, rules: Rulebook, *, now: datetime) -> Step:
    """The step of an organisation on a platform; FULL where nothing is sold by the month."""
    calls = quota.meter(db, quota.account(platform, tenant), CALLS, now=now)
    return Step.FULL if calls is None else of(calls, rules.at(QUOTA, now).body)


def of(calls: Meter, steps: QuotaSteps) -> Step:
    """The step that belongs to a meter: 70 % of the calls used is MERGED, 69.9 % is FULL."""
    borders = (steps.merged_percent, steps.plain_percent, steps.essential_percent)
    return Step(sum(calls.percent >= border for border in borders))


def forecast(meter: Meter, calendar: Calendar, today: date) -> int:
    """What the month will come to if its other working days are as those so far.

    1,000 used in the first 5 of 20 working days makes 4,000; today counts half.
    """
    first = today.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    days = [first + timedelta(days=n) for n in range((after - first).days)]
    work = [day for day in days if calendar.is_workday(day)]
    gone = sum(day < today for day in work) + (HALF if today in work else 0)
    return max(meter.used, round(meter.used * len(work) / gone)) if gone else meter.used
