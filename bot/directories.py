"""Reading the platforms' directories and making their changes ours, outside transactions.

A reading is a job of the lane `directory`: whatever is slow happens between its units. Each
batch of changes is fenced by the job's lease, so a process that was stopped and wakes up later
writes nothing, and a reading that begins again finds done what was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import httpx
import structlog
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.inbox import CRASHES
from bot.logs import cleaned, follow
from bot.platforms.api import Undelivered
from bot.platforms.dingtalk.directory import DingTalkDirectory
from bot.platforms.directory import Directory
from bot.platforms.tokens import Share, unshared
from bot.platforms.wecom.directory import WeComDirectory
from bot.rounds import Rounds
from bot.settings import Settings
from cards import lead_heirs
from engine import jobs
from engine.calendar_days import Calendars
from engine.database import Database
from engine.jobs import Leased
from engine.rulebook import Rulebook
from engine.unit import Occasion, Unit
from engine.writer import Stopped
from sales import directory, directory_apply, directory_changes
from sales.desk import Timing
from sales.directory import LANE, Listing, Order
from sales.directory_apply import AT_ONCE
from sales.directory_changes import Change, Report, Step
from sales.rules.directory import DIRECTORY
from scheduler.directory import tell, waking

log = structlog.get_logger(__name__)

T = TypeVar("T")

LEASE = timedelta(minutes=10)
SECONDS = 540.0
"""For one reading of all directories, below the lease; a thousand people take two minutes."""
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120))
"""Between attempts of a reading nobody waits for."""
IDLE = 5.0
FAILED = "adapter_failed"


def directories(
    settings: Settings, http: httpx.AsyncClient, now: Callable[[], datetime],
    share: Callable[[str, SecretStr], Share] = lambda *_: unshared,
) -> dict[str, Directory]:  # fmt: skip
    """The directories of the platforms in use; `share` gives an app its shared token."""
    found: list[Directory] = []
    if (wecom := settings.wecom) is not None:
        token = share(f"wecom/{wecom.corp_id}/{wecom.agent_id}", wecom.secret)
        found.append(WeComDirectory(wecom, http, now, token))
    if (dingtalk := settings.dingtalk) is not None:
        token = share(f"dingtalk/{dingtalk.client_id}", dingtalk.client_secret)
        found.append(DingTalkDirectory(dingtalk, http, now, token))
    return {one.name: one for one in found}


class Superseded(Exception):
    """The lease was lost while we read: another process does it."""


class Synchroniser:
    """Reads one directory and makes the difference ours; knows no jobs."""

    def __init__(
        self, database: Database, clock: Clock, rules: Rulebook,
        directories: Mapping[str, Directory],
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._rules = rules
        self._calendars = Calendars(clock.zone)
        self.directories = directories

    async def run(self, platform: str, order: Order, begin: Callable[[Unit], bool]) -> Report:
        """Read, compare and, unless the order is dry, write in bounded batches.

        `begin` is the first act of each unit; False means that nothing may be written.

        Raises:
            Undelivered: the directory could not be read; nothing was changed.
            Superseded: `begin` said so.
        """
        source = self.directories[platform]
        place, whole = (source.name, source.tenant), not order.accounts
        rule = self._rules.at(DIRECTORY, self._clock.now()).body
        listing = await (source.everybody() if whole else source.look_up(order.accounts))
        gone = await self._look(
            lambda db: directory_changes.missing(db, listing, whole=whole, now=self._clock.now())
        )
        report = Report(place, len(listing.people), hidden=len(listing.hidden))
        if gone.too_many(rule) and (gone.empty or order.confirmed != gone.fingerprint):
            return replace(report, held=gone)
        if whole and gone.accounts:
            listing = _with(listing, await source.look_up(sorted(gone.accounts)))
        steps = await self._look(lambda db: directory_changes.difference(db, listing, rule))
        if order.dry:
            changes = [change for step in steps for change in step.changes]
        else:
            changes = await self._write(listing, steps, begin, whole=whole)
        return replace(report, changes=tuple(changes), hidden=len(listing.hidden))

    async def _write(
        self, listing: Listing, steps: list[Step], begin: Callable[[Unit], bool], *, whole: bool
    ) -> list[Change]:
        made: list[Change] = []
        for start in range(0, len(steps), AT_ONCE):
            batch = steps[start : start + AT_ONCE]
            made += await self._commit(begin, partial(self._apply, listing, batch))
        if whole:
            kept = partial(directory_apply.keep_departments, place=listing.place,
                           fresh=listing.departments)  # fmt: skip
            await self._commit(begin, kept)
        return made

    def _apply(self, listing: Listing, batch: list[Step], db: Unit) -> list[Change]:
        now = self._clock.now()
        timing = Timing(self._rules, self._calendars.current(db), now)
        made = directory_apply.apply(db, listing.place, batch, timing)
        for one in made:
            lead_heirs.tell(db, one.leads, one.heir, one.name, now=now,
                            not_before=waking(now, self._clock.zone))  # fmt: skip
        return made

    async def _look(self, work: Callable[[Unit], T]) -> T:
        def reading() -> T:
            with self._database.reading() as db:
                return work(db)

        return await asyncio.to_thread(reading)

    async def _commit(self, begin: Callable[[Unit], bool], work: Callable[[Unit], T]) -> T:
        def unit(db: Unit) -> T:
            if not begin(db):
                raise Superseded
            return work(db)

        return await asyncio.wrap_future(self._database.writer.submit(unit))


class Readings(Rounds):
    """Works off the lane of readings, one at a time in this process."""

    lane = LANE

    def __init__(self, database: Database, clock: Clock, synchroniser: Synchroniser) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self._sync = synchroniser
        self._leaving = asyncio.Event()

    async def drain(self) -> None:
        """Give back what is being read: it may take minutes, and loses nothing."""
        self._leaving.set()
        await super().drain()

    async def round(self) -> float:
        """Carry out one order; seconds until there may be more."""
        now = self._clock.now()
        claimed, later = await self._commit(
            lambda db: (
                jobs.claim(db, LANE, now=now, lease=LEASE, limit=1),
                jobs.next_due(db, LANE, now=now),
            )
        )
        for job in claimed:
            follow(job.trace)
            await self._carry(job)
        if claimed:
            return 0.0
        return IDLE if later is None else min((later - now).total_seconds(), IDLE)

    async def _carry(self, job: Leased) -> None:
        order = directory.read(job.payload)
        if job.crashes >= CRASHES:
            await self._surely(lambda db: jobs.bury(db, job, "crashed", now=self._clock.now()))
            return
        reading = asyncio.create_task(self._read(job, order))
        leaving = asyncio.create_task(self._leaving.wait())
        await asyncio.wait({reading, leaving}, timeout=SECONDS, return_when="FIRST_COMPLETED")
        leaving.cancel()
        if not reading.done():
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            left = self._leaving.is_set()
            await self._again(job, order, "stopped" if left else "slow", spent=not left)
            return
        failure = reading.exception()
        if failure is None:
            await self._surely(lambda db: self._end(db, job, order, reading.result()))
        elif isinstance(failure, Undelivered):
            log.warning("directory.not_read", job=job.id, reason=cleaned(str(failure)))
            await self._again(job, order, cleaned(str(failure)), spent=failure.spent)
        elif not isinstance(failure, Superseded | Stopped):
            log.error("directory.failed", job=job.id, exc_info=failure)
            await self._again(job, order, f"{FAILED}: {type(failure).__name__}")

    async def _read(self, job: Leased, order: Order) -> list[Report]:
        def begin(db: Unit) -> bool:
            self._occasion(db, job, order)
            return jobs.keep(db, job, job.payload)

        known = self._sync.directories
        wanted = [order.platform] if order.platform else sorted(known, reverse=True)
        return [await self._sync.run(one, order, begin) for one in wanted if one in known]

    def _end(self, db: Unit, job: Leased, order: Order, reports: list[Report]) -> None:
        self._occasion(db, job, order)
        now = self._clock.now()
        if jobs.finish(db, job, now=now):
            tell(db, reports, order, cause=str(job.id), now=now, zone=self._clock.zone)

    async def _again(self, job: Leased, order: Order, error: str, *, spent: bool = True) -> None:
        """Try later; whoever waits for an answer is told at once and asks again."""
        now = self._clock.now()
        if order.to and spent:
            failed = Report((order.platform, ""), 0, failed=error.partition(":")[0])
            await self._surely(lambda db: self._end(db, job, order, [failed]))
        elif job.attempts < len(WAITS):
            due = now + (WAITS[job.attempts] if spent else timedelta(seconds=1))
            await self._surely(lambda db: jobs.retry(db, job, error, due=due, spent=spent))
        else:
            await self._surely(lambda db: jobs.bury(db, job, error, now=now))

    @staticmethod
    def _occasion(db: Unit, job: Leased, order: Order) -> None:
        db.cause = job.trace
        channel = order.to.get("platform", "time")
        db.occasion = Occasion(order.to.get("person_id", ""), channel, "", str(job.id))

    async def _surely(self, work: Callable[[Unit], object]) -> None:
        """Commit how a reading ended; if even that fails, its lease runs out and it comes back."""
        try:
            await self._commit(work)
        except (DBAPIError, Stopped) as failure:
            log.warning("directory.end_not_stored", reason=type(failure).__name__)

    async def _commit(self, work: Callable[[Unit], T]) -> T:
        return await asyncio.wrap_future(self._database.writer.submit(work))


def _with(listing: Listing, asked: Listing) -> Listing:
    """The whole listing and what was said of those it does not name."""
    return replace(
        listing, people=(*listing.people, *asked.people), gone=asked.gone, hidden=asked.hidden
    )
