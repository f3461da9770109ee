"""Slow work: fetch, read, compute outside every transaction, then a commit with the result.

The jobs are those of `engine/errands.py`. A work does the slow part and returns what is to be
written; that runs behind the fence, so whoever lost the lease writes nothing. What takes long to
write is written in parts, a commit each, so that nobody waits long for one; the job keeps how far
it has come. What fails is tried again a few times; then the person is told, and an operator sees
a dead letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.inbox import CRASHES
from bot.logs import cleaned, follow
from bot.platforms.api import Undelivered
from bot.rounds import Rounds
from engine import errands, jobs
from engine.database import Database
from engine.jobs import Leased
from engine.unit import Occasion, Unit
from engine.writer import Stopped

log = structlog.get_logger(__name__)

T = TypeVar("T")

AT_ONCE = 2
"""Files are large and this is the background."""
LEASE = timedelta(minutes=5)
WAITS = tuple(timedelta(seconds=s) for s in (2, 10, 60))
IDLE = 5.0
LONGEST_ERROR = 500

About: TypeAlias = Mapping[str, Any]
"""What a job is about, as JSON."""
Conclusion: TypeAlias = Callable[[Unit, datetime], None]
"""Writes what came of it and says so: (db, now)."""
Step: TypeAlias = Callable[[Unit, About, datetime], About]
"""Writes a part; what the job is about from here on."""


class Parts(NamedTuple):
    """What is written in several commits; the end, which says so, shares the last step's."""

    steps: Sequence[Step]
    end: Callable[[Unit, About, datetime], None]


class _Lost(Exception):
    """Somebody else has the job by now; the part was not written."""


class Work(Protocol):
    """One sort of slow work."""

    async def prepare(self, about: About, now: datetime) -> Conclusion | Parts:
        """The slow part, begun `now`; changes nothing.

        After a failure it is asked again, `about` being what the last step has kept.

        Raises:
            Undelivered: a platform did not answer as hoped; tried again if it says so.
        """

    def gave_up(self, db: Unit, about: About, number: str, now: datetime) -> None:
        """Tell whoever waits that it failed, under the number an operator finds it by."""


class Slow(Rounds):
    """Works off the lane of slow jobs, a few at a time; a suspect runs alone."""

    lane = errands.LANE

    def __init__(self, database: Database, clock: Clock, works: Mapping[str, Work]) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self._works = works

    async def round(self) -> float:
        """Run what is due now, then one suspect; seconds until there may be more."""
        now = self._clock.now()
        for suspects in (False, True):
            claimed = await self._commit(partial(self._claim, now=now, suspects=suspects))
            if claimed:
                await asyncio.gather(*map(self._run, claimed))
                return 0.0
        later = await self._commit(lambda db: jobs.next_due(db, self.lane, now=now))
        return IDLE if later is None else min((later - now).total_seconds(), IDLE)

    def _claim(self, db: Unit, *, now: datetime, suspects: bool) -> list[Leased]:
        limit = 1 if suspects else AT_ONCE
        return jobs.claim(db, self.lane, now=now, lease=LEASE, limit=limit, suspects=suspects)

    async def _run(self, job: Leased) -> None:
        follow(_cause(job))
        work = self._works.get(str(job.payload.get("work", "")))
        if work is None:
            await self._surely(lambda db: self._leave(db, job))
            return
        if job.crashes >= CRASHES:
            await self._give_up(job, work, "crashed")
            return
        try:
            written = await work.prepare(job.payload["about"], self._clock.now())
            for step in written.steps[:-1] if isinstance(written, Parts) else ():
                job = await self._commit(partial(self._step, job=job, step=step), alone=True)
            await self._commit(partial(self._conclude, job=job, written=written), alone=True)
        except (Stopped, _Lost):
            return  # the lease runs out and it comes back, or has come back
        except Undelivered as failure:
            await self._again(job, work, cleaned(str(failure)), failure.retry_after)
        except Exception as failure:
            log.exception("slow.failed", work=job.payload["work"], number=job.trace)
            error = cleaned(f"{type(failure).__name__}: {failure}")[:LONGEST_ERROR]
            await self._again(job, work, error, WAITS[0])

    def _step(self, db: Unit, job: Leased, step: Step) -> Leased:
        _begin(db, job)
        about = step(db, job.payload["about"], self._clock.now())
        held = job._replace(payload={**job.payload, "about": about})
        if not jobs.keep(db, held, held.payload):
            raise _Lost
        return held

    def _conclude(self, db: Unit, job: Leased, written: Conclusion | Parts) -> None:
        _begin(db, job)
        now = self._clock.now()
        if not jobs.finish(db, job, now=now):
            return
        if not isinstance(written, Parts):
            written(db, now)
            return
        about: About = job.payload["about"]
        for step in written.steps[-1:]:
            about = step(db, about, now)
        written.end(db, about, now)

    def _leave(self, db: Unit, job: Leased) -> None:
        """Work of a newer version waits for that version, but not for ever."""
        now = self._clock.now()
        if not jobs.leave(db, job, "unreadable", now=now):
            jobs.bury(db, job, "unreadable", now=now)

    async def _again(
        self, job: Leased, work: Work, error: str, wait: timedelta | None
    ) -> None:  # fmt: skip
        if wait is None or job.attempts >= len(WAITS):
            await self._give_up(job, work, error)
            return
        due = self._clock.now() + max(wait, WAITS[job.attempts])
        await self._surely(lambda db: jobs.retry(db, job, error, due=due))

    async def _give_up(self, job: Leased, work: Work, error: str) -> None:
        now = self._clock.now()

        def bury(db: Unit) -> None:
            _begin(db, job)
            if jobs.bury(db, job, error, now=now):
                work.gave_up(db, job.payload["about"], job.trace, now)

        try:
            await self._surely(bury)
        except Exception:  # the job must end, whatever keeps its sender from hearing of it
            log.exception("slow.not_told", work=job.payload["work"], number=job.trace)
            await self._surely(lambda db: jobs.bury(db, job, error, now=now))

    async def _surely(self, work: Callable[[Unit], object]) -> None:
        """Commit how a job ended; if even that fails, its lease runs out and it comes back."""
        try:
            await self._commit(work)
        except (DBAPIError, Stopped) as failure:
            log.warning("slow.end_not_stored", reason=type(failure).__name__)

    async def _commit(self, work: Callable[[Unit], T], *, alone: bool = False) -> T:
        return await asyncio.wrap_future(self._database.writer.submit(work, alone=alone))


def _begin(db: Unit, job: Leased) -> None:
    db.cause = _cause(job)
    db.occasion = Occasion(cause=str(job.id))


def _cause(job: Leased) -> str:
    return str(job.payload.get("cause") or job.trace)
