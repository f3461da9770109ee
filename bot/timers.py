"""Deadlines as they come due: a sweep that finds their owners, and what is said to each.

Every process sweeps, none leads. The sweep gives an owner with something due one job; whoever
claims it fires the owner's levels, collects what is to be said, and posts it, in one commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot.clock import Clock
from bot.lanes import WAITS, Lane
from bot.rounds import Rounds
from engine import deadlines_due
from engine.database import Database
from engine.deadlines_due import LANE, Due
from engine.jobs import Leased
from engine.rulebook import Rulebook
from engine.unit import Unit
from scheduler.deadlines_api import Moment, Reaction, Reminder, remind

log = structlog.get_logger(__name__)

IDLE = timedelta(seconds=5)
BACKLOG = timedelta(seconds=0.5)
"""Between looks while more owners have something due than there is room for."""
MOST = 1000
"""Deadlines of one owner fired in one unit; the rest is due at once again."""
OWNERS = 5
"""Owners per commit: after days of standstill each may have hundreds, and callbacks wait."""


class Timers(Rounds):
    """The sweep and the lane of the deadlines this process knows."""

    def __init__(
        self, database: Database, clock: Clock, rules: Rulebook, reactions: Iterable[Reaction]
    ) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self._rules = rules
        self._reactions = {reaction.kind: reaction.react for reaction in reactions}
        self._kinds = tuple(sorted(self._reactions))
        self.lane = Lane(database, clock, LANE, self._work, at_once=OWNERS)

    async def round(self) -> float:
        """Find what has come due."""
        return (await self.sweep()).total_seconds()

    async def sweep(self) -> timedelta:
        """Give those who have something due a job; how long until there may be more."""
        now = self._clock.now()
        more, later = await asyncio.wrap_future(
            self._database.writer.submit(lambda db: self._sweep(db, now))
        )
        if more:
            return BACKLOG
        return IDLE if later is None else min(max(later - self._clock.now(), timedelta()), IDLE)

    def upcoming(
        self, db: Unit, *, now: datetime, until: datetime
    ) -> tuple[str, datetime] | None:  # fmt: skip
        """(lane, moment) of the next deadline that falls due after `now` and by `until`."""
        moment = deadlines_due.next_at(db, self._kinds, now=now)
        return None if moment is None or moment > until else (LANE, moment)

    def busy(self, db: Unit, *, now: datetime) -> bool:
        """Whether something is due that has not been fired yet."""
        return deadlines_due.any_due(db, self._kinds, now=now)

    def _sweep(self, db: Unit, now: datetime) -> tuple[bool, datetime | None]:
        more = deadlines_due.enqueue_due(db, self._kinds, now=now)
        return more, deadlines_due.next_at(db, self._kinds, now=now)

    def _work(self, db: Unit, job: Leased, now: datetime) -> None:
        if (deadline_id := job.payload.get("deadline")) is not None:
            self._alone(db, deadline_id, now)
            return
        due = deadlines_due.of_owner(
            db, deadlines_due.owner_of(job.key), self._kinds, now=now, most=MOST
        )
        if job.crashes or job.attempts == len(WAITS):  # one of them is the cause: which?
            deadlines_due.set_apart(db, due, job.id, now=now, at=now, crashes=job.crashes)
            return
        reminders: list[Reminder] = []
        for kind, group in groupby(sorted(due, key=lambda one: one.kind), lambda one: one.kind):
            reminders += self._of_kind(db, kind, list(group), job, now)
        remind(db, reminders, self._rules, now=now)

    def _of_kind(
        self, db: Unit, kind: str, due: Sequence[Due], job: Leased, now: datetime
    ) -> list[Reminder]:
        """What is to be said; a reaction that fails holds up neither this job nor other kinds."""
        try:
            with db.part():
                return self._react(db, kind, due, now)
        except Exception:
            log.exception("timers.reaction_failed", kind=kind, job=job.id, deadlines=len(due))
            deadlines_due.set_apart(db, due, job.id, now=now, at=now + WAITS[0])
            return []

    def _alone(self, db: Unit, deadline_id: str, now: datetime) -> None:
        due = deadlines_due.one(db, deadline_id)
        if due is None:
            return
        if due.kind not in self._reactions or due.next_moment > now:  # moved by a recount
            deadlines_due.put_back(db, due)
            return
        remind(db, self._react(db, due.kind, [due], now), self._rules, now=now)

    def _react(self, db: Unit, kind: str, due: Sequence[Due], now: datetime) -> list[Reminder]:
        fired = deadlines_due.fire(db, due, now=now)
        moment = Moment(db, now, self._clock.zone, self._rules)
        return list(self._reactions[kind](moment, fired)) if fired else []
