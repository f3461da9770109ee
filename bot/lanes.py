"""Running what happens by itself: the jobs of one lane, each in a unit of work of its own.

Fresh jobs share commits. A suspect, whose holder died with it, runs alone after them, so that
a poison job dies without taking its neighbours along; a job that fails is tried again a few
times and then stays as a dead letter with its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.inbox import CRASHES
from bot.logs import cleaned, follow
from bot.rounds import Rounds
from engine import jobs
from engine.database import Database
from engine.jobs import Leased
from engine.unit import Occasion, Unit
from engine.writer import Stopped

log = structlog.get_logger(__name__)

T = TypeVar("T")

Work: TypeAlias = Callable[[Unit, Leased, datetime], None]
"""What a job does, behind the fence: (db, job, now). Whatever it raises undoes all of it."""
GaveUp: TypeAlias = Callable[[Unit, Leased, str, datetime], None]
"""What is noted when a job has become a dead letter: (db, job, reason, now)."""

AT_ONCE = 50
"""Fresh jobs per round: they share a commit, and what waits for the writer waits this long."""
LEASE = timedelta(seconds=30)
WAITS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120))
"""Between attempts; after the last one the job is dead."""
IDLE = 5.0
LONGEST_ERROR = 500


class Lane(Rounds):
    """Runs the jobs of the lane `name` as they fall due."""

    def __init__(
        self, database: Database, clock: Clock, name: str, work: Work,
        gave_up: GaveUp = lambda *_: None, *, at_once: int = AT_ONCE,
    ) -> None:  # fmt: skip
        super().__init__()
        self._database = database
        self._clock = clock
        self._work = work
        self._gave_up = gave_up
        self._at_once = at_once
        self.lane = name

    async def round(self) -> float:
        """Run what is due now, then one suspect; seconds until there may be more."""
        now = self._clock.now()
        fresh = await self._commit(lambda db: self._claim(db, now, self._at_once, suspects=False))
        await asyncio.gather(*map(self._run, fresh))
        if len(fresh) == self._at_once:
            return 0.0
        now = self._clock.now()
        suspects, later = await self._commit(
            lambda db: (
                self._claim(db, now, 1, suspects=True), jobs.next_due(db, self.lane, now=now),
            )
        )  # fmt: skip
        await asyncio.gather(*map(self._run, suspects))
        if fresh or suspects:
            return 0.0
        return IDLE if later is None else min((later - now).total_seconds(), IDLE)

    def _claim(self, db: Unit, now: datetime, limit: int, *, suspects: bool) -> list[Leased]:
        return jobs.claim(db, self.lane, now=now, lease=LEASE, limit=limit, suspects=suspects)

    async def _run(self, job: Leased) -> None:
        follow(job.trace)
        if job.crashes >= CRASHES:
            await self._give_up(job, "crashed")
            return
        now = self._clock.now()
        try:
            await self._commit(lambda db: self._attempt(db, job, now), alone=job.crashes > 0)
        except Stopped:
            return  # the lease runs out and it comes back
        except Exception as failure:
            log.exception("lane.failed", lane=self.lane, job=job.id, attempts=job.attempts)
            error = cleaned(f"{type(failure).__name__}: {failure}")
            await self._again(job, error[:LONGEST_ERROR])

    def _attempt(self, db: Unit, job: Leased, now: datetime) -> None:
        db.cause = job.trace
        db.occasion = Occasion(channel="time", cause=str(job.id))
        if jobs.finish(db, job, now=now):
            self._work(db, job, now)

    async def _again(self, job: Leased, error: str) -> None:
        if job.attempts >= len(WAITS):
            await self._give_up(job, error)
            return
        due = self._clock.now() + WAITS[job.attempts]
        await self._surely(lambda db: jobs.retry(db, job, error, due=due))

    async def _give_up(self, job: Leased, error: str) -> None:
        now = self._clock.now()

        def bury(db: Unit) -> None:
            if jobs.bury(db, job, error, now=now):
                self._gave_up(db, job, error, now)

        await self._surely(bury)

    async def _surely(self, work: Callable[[Unit], object]) -> None:
        """Commit how a job ended; if even that fails, its lease runs out and it comes back."""
        try:
            await self._commit(work)
        except (DBAPIError, Stopped) as failure:
            log.warning("lane.end_not_stored", lane=self.lane, reason=type(failure).__name__)

    async def _commit(self, work: Callable[[Unit], T], *, alone: bool = False) -> T:
        return await asyncio.wrap_future(self._database.writer.submit(work, alone=alone))
