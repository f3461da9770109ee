"""Telling the administrators what waits for their decision: at most one card an hour per lane."""

from __future__ import annotations

from datetime import datetime, timedelta

from cards import dead_letters, operations, pushes
from engine import dead_letters as letters
from engine import leases
from engine.jobs import State
from engine.unit import Unit
from sales import people
from sales.people import Role

EVERY = timedelta(hours=1)
SETTLED = timedelta(seconds=5)
"""What was given up less long ago may still be on its way into the database."""
FIRST_TIME = timedelta(days=30)
MOST = 100
"""Letters one card decides on."""


def due(db: Unit, *, now: datetime) -> bool:
    """Whether somebody is to be told something."""
    return any(_news(db, lane, state, now) for lane, state, _ in letters.waiting(db))


def notify(db: Unit, *, now: datetime) -> int:
    """Post the cards that are due; how many. Of processes that try at once one does.

    The lease of a lane is held for an hour from each card on, and says when that was.
    """
    posted = 0
    for lane, state, _ in letters.waiting(db):
        news = _news(db, lane, state, now)
        told = [dead_letters.tell(db, letter) for letter in news]
        worth = [one for one in told if not one.card_key.startswith(dead_letters.NOTICE)]
        if not worth or leases.acquire(db, _name(lane, state), "", now=now, ttl=EVERY) is None:
            continue
        card = operations.notice(worth, lane, now=now)
        for person_id in people.in_roles(db, Role.ADMIN):
            address = people.usual_address(db, person_id)
            if address is not None and pushes.push(db, card, [address], now=now) is not None:
                posted += 1
    return posted


def _news(db: Unit, lane: str, state: State, now: datetime) -> list[letters.Letter]:
    """The letters of a lane nobody was told of, once the last card is an hour old."""
    ends = leases.until(db, _name(lane, state))
    if ends is not None and now < ends:
        return []
    after = now - FIRST_TIME if ends is None else ends - EVERY - SETTLED
    return letters.between(db, lane, state, after, now - SETTLED, most=MOST)


def _name(lane: str, state: State) -> str:
    return f"notice/{state.name.lower()}/{lane}"
