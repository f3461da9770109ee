"""The vocabulary of deadlines: what is said when a promise's moment has come.

A reaction is a plain function of a `Moment` and of everything one person has due of its kind,
in one unit of work; it returns what is to be said. Nothing registers itself:
`scheduler/all.py` names every reaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias
from zoneinfo import ZoneInfo

from cards import outbox, pushes
from cards.deadlines import digest
from cards.gathered import gathered
from cards.model import Button, Card
from engine.deadlines_due import Fired
from engine.jobs import Urgency
from engine.quota import CHINA
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales import economy
from sales.economy import Step
from sales.people import Address
from scheduler.api import off_the_hour

MANY = 3
"""So many reminders of one person at once become one card."""
GATHERED = (time(10, 10), time(15, 10))
"""When the cards go out that reminders are gathered on: there is time left to act."""
MAX_AGE = timedelta(days=1)
"""A reminder that comes later than this is no news: it only stands on the digest."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a reaction may know: its unit of work, the time, the business zone, the rules."""

    db: Unit
    now: datetime
    zone: ZoneInfo
    rules: Rulebook


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something one person is told because its time has come.

    `at` is when it should have been said. It is said as `card`, or as `line` with `button` on
    a digest.
    """

    to: Address
    at: datetime
    card: Card
    line: str
    button: Button


_TO = attrgetter("to.person_id", "to.platform", "to.tenant", "to.account")
React: TypeAlias = Callable[[Moment, Sequence[Fired]], Iterable[Reminder]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What happens when deadlines of one kind fire."""

    kind: str
    react: React


def deadline(kind: str) -> Callable[[React], Reaction]:
    """Make a function the reaction to deadlines of a kind: `@deadline("unfinished")`."""
    return lambda react: Reaction(kind, react)


def remind(
    db: Unit, reminders: Iterable[Reminder], rules: Rulebook, *, now: datetime
) -> None:  # fmt: skip
    """Say them: one card each, or one digest per person for many at once and for late ones.

    A card of its own goes out at once: who set the time counts on it (A21, B14). A digest of a
    full or half hour goes out in the minutes after it. Where calls run short, all of half a day
    become one card.
    """
    for key, group in groupby(sorted(reminders, key=_TO), key=_TO):
        moment = off_the_hour(now, key[0])
        newest_first = sorted(group, key=lambda one: one.at, reverse=True)
        if economy.step(db, key[1], key[2], rules, now=now) >= Step.MERGED:
            gather(db, newest_first, now=now)
            continue
        to, many = [newest_first[0].to], len(newest_first) >= MANY
        alone = 0 if many else sum(now - one.at <= MAX_AGE for one in newest_first)
        if together := newest_first[alone:]:
            card = digest([(one.line, one.button) for one in together])
            pushes.push(db, card, to, now=now, not_before=moment, urgency=Urgency.SOON)
        for one in newest_first[:alone]:
            pushes.push(db, one.card, to, now=now, urgency=Urgency.SOON)


def gather(db: Unit, reminders: Sequence[Reminder], *, now: datetime) -> None:
    """Put one person's reminders on the card that goes out at the next of `GATHERED`."""
    to, at = reminders[0].to, _next_gathering(now)
    key = f"gathered/{at:%Y%m%d%H}"
    earlier = outbox.face(db, to.person_id, key)
    card = gathered(earlier, [(one.line, one.button) for one in reminders], key)
    moment = off_the_hour(at, to.person_id)
    pushes.push(db, card, [to], now=now, not_before=moment, urgency=Urgency.SOON)


def _next_gathering(now: datetime) -> datetime:
    today = now.astimezone(CHINA)
    days = (today.date(), today.date() + timedelta(days=1))
    moments = (datetime.combine(day, at, CHINA) for day in days for at in GATHERED)
    return next(moment for moment in moments if moment > now)
