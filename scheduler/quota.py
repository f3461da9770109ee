"""Telling the administrators that a platform's month runs short: each step once a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cards import outbox
from cards import quota as cards
from cards.model import Card
from engine import buckets, leases, quota
from engine.calendar import Calendar
from engine.quota import CALLS, Meter
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales import people
from sales.economy import Step
from sales.people import Role

USED_UP = "quota_exhausted"
"""Why a lane is held when the platform says so."""
DAY = timedelta(days=1)


def due(db: Unit, rules: Rulebook, calendar: Calendar, *, now: datetime) -> bool:
    """Whether the administrators are to be told something."""
    return next(_news(db, rules, calendar, now), None) is not None


def notify(db: Unit, rules: Rulebook, calendar: Calendar, *, now: datetime) -> int:
    """Post the cards that are due; how many. Of processes that try at once one does."""
    posted, until = 0, quota.turn(now) + DAY - now
    for card in list(_news(db, rules, calendar, now)):
        if leases.acquire(db, card.key, "", now=now, ttl=until) is None:
            continue
        for person_id in people.in_roles(db, Role.ADMIN):
            if (address := people.usual_address(db, person_id)) is not None:
                outbox.post(db, card, [address], now=now)
                posted += 1
    return posted


def _news(db: Unit, rules: Rulebook, calendar: Calendar, now: datetime) -> Iterator[Card]:
    """The cards nobody was told of this month; a step that was jumped over is no news."""
    for gauge in cards.gauges(db, rules, calendar, now=now):
        key = f"quota/{gauge.meter.account}/{gauge.meter.kind}/{quota.month(now)}"
        step = f"{key}/{gauge.step.name.lower()}"
        if _turned_away(db, gauge.meter, now) and _untold(db, f"{key}/used-up", now):
            yield cards.used_up(gauge.meter, f"{key}/used-up")
        elif gauge.step > Step.FULL and _untold(db, step, now):
            yield cards.notice(gauge, step)


def _turned_away(db: Unit, meter: Meter, now: datetime) -> bool:
    held = buckets.held(db, f"outbox:{meter.account}", now=now)
    return meter.kind == CALLS and held is not None and held.why == USED_UP


def _untold(db: Unit, key: str, now: datetime) -> bool:
    ends = leases.until(db, key)
    return ends is None or ends <= now
