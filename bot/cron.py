"""Regular jobs of this process: which moments have come, and running what they brought.

Every process has its own clockwork and asks at the same moments; the database stores each
moment once and gives its run to one (`engine.slots`). A run's effect, its outcome and the end
of its job are one commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Clock
from bot.lanes import Lane
from bot.logs import cleaned
from engine import slots
from engine.calendar_days import Calendars
from engine.database import Database
from engine.jobs import Leased
from engine.rulebook import Rulebook
from engine.slots import Outcome
from engine.unit import Unit
from scheduler.api import CronJob, More, Tick
from scheduler.runner import Timed, clockwork

EARLY = timedelta(seconds=5)
"""The timers may go off so much before the business clock says it is time."""
MARGIN = 0.01
"""Seconds; a sleep may end a moment too soon."""


class Cron:
    """The regular jobs this process knows; work of others it leaves alone.

    Raises:
        ValueError: a job whose rule names no moment, or two of one name.
    """

    def __init__(
        self, database: Database, clock: Clock, calendars: Calendars, rules: Rulebook,
        jobs: Iterable[CronJob],
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._calendars = calendars
        self._rules = rules
        known = sorted(jobs, key=lambda job: job.name)
        self.timed = {job.name: Timed(job, clock.zone) for job in known}
        if len(self.timed) < len(known):
            raise ValueError("two regular jobs share a name")
        self._lanes = {
            name: Lane(database, clock, slots.lane(name), partial(self._work, timed),
                       partial(self._gave_up, timed))
            for name, timed in self.timed.items()
        }  # fmt: skip

    @property
    def lanes(self) -> list[Lane]:
        """Where the runs are worked off."""
        return list(self._lanes.values())

    def lane(self, name: str) -> Lane:
        """The lane of one job."""
        return self._lanes[name]

    async def run(self) -> None:
        """Notice the moments as they come, until cancelled."""
        await self.notice()
        await clockwork(self.timed.values(), self._fire)

    async def notice(self) -> None:
        """Store the moments of all jobs that have come by now."""
        now = self._clock.now()
        await asyncio.wrap_future(self._database.writer.submit(lambda db: self.tick(db, now)))

    def tick(self, db: Unit, now: datetime) -> None:
        """The same in a unit of work, job by job in the order every process has."""
        for timed in self.timed.values():
            slots.tick(db, timed.rule, now)

    def ask(self, db: Unit, name: str, slot: datetime, now: datetime) -> bool:
        """Have a job run for a moment somebody names; False when that was stored before.

        What has come by itself is stored first: a job's next moments count from its newest.
        """
        slots.tick(db, self.timed[name].rule, now)
        return slots.arm(db, name, slot, now, asked=True)

    def upcoming(
        self, *, now: datetime, until: datetime, background: bool = False
    ) -> list[tuple[str, datetime]]:
        """(lane, moment) of the jobs that come next after `now`, by `until`, at one moment.

        Background jobs count only where they are asked for.
        """
        asked = [one for one in self.timed.values() if background or not one.job.background]
        moments = {slots.lane(one.job.name): one.next(now) for one in asked}
        coming = min((at for at in moments.values() if at is not None), default=None)
        if coming is None or coming > until:
            return []
        return [(lane, coming) for lane, at in moments.items() if at == coming]

    async def _fire(self) -> None:
        """A timer went off; if it was early, wait for what comes within seconds."""
        await self.notice()
        now = self._clock.now()
        coming = self.upcoming(now=now, until=now + EARLY, background=True)
        if coming:
            await asyncio.sleep((coming[0][1] - now).total_seconds() + MARGIN)
            await self.notice()

    def _work(self, timed: Timed, db: Unit, job: Leased, now: datetime) -> None:
        turn = slots.turn(timed.job.name, job.payload)
        if slots.passed_over(db, timed.rule, turn, now):
            slots.end(db, turn, Outcome.SKIPPED, "", began=now, ended=now)
            return
        calendar = self._calendars.current(db)
        tick = Tick(db, turn.slot, now, calendar, self._rules, timed.job.spread, turn.so_far)
        did = timed.job.work(tick)
        ended = self._clock.now()
        if isinstance(did, More):
            slots.end(db, turn, Outcome.WAITING, "", began=now, ended=ended)
            following = replace(turn, part=turn.part + 1, so_far=did.so_far)
            slots.follow(db, following, due=now, now=now)
        else:
            slots.end(db, turn, Outcome.DONE, did, began=now, ended=ended)

    def _gave_up(self, timed: Timed, db: Unit, job: Leased, error: str, now: datetime) -> None:
        turn = slots.turn(timed.job.name, job.payload)
        slots.end(db, turn, Outcome.FAILED, cleaned(error), began=now, ended=now)
