"""When: cron expressions in the business zone, and a clockwork that says that time has come.

The only module that knows APScheduler. Its store is in memory and in every process; what it
forgets, repeats or fires at the wrong second is harmless, because a firing only asks which
moments have come (`engine.slots.tick`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from engine.slots import Rule
from engine.types import MICROSECOND
from scheduler.api import CronJob

CATCH_UP_SECONDS = 30


class Timed:
    """A job with its moments in the business zone.

    Raises:
        ValueError: its expression names no moment.
    """

    def __init__(self, job: CronJob, zone: ZoneInfo) -> None:
        self.job = job
        self.rule = Rule(job.name, job.policy, self.between, job.max_age)
        self.trigger = CronTrigger.from_crontab(job.expression, timezone=zone)

    def next(self, after: datetime) -> datetime | None:
        """The first moment after `after`; None when there will be none."""
        moment = self.trigger.get_next_fire_time(None, after + MICROSECOND)
        return None if moment is None else moment.astimezone(UTC)

    def between(self, after: datetime, until: datetime) -> list[datetime]:
        """The moments after `after` up to and with `until`, in order."""
        found = []
        while (moment := self.next(after)) is not None and moment <= until:
            found.append(moment)
            after = moment
        return found


async def clockwork(timed: Iterable[Timed], fire: Callable[[], Awaitable[None]]) -> None:
    """Call `fire` at the jobs' moments and every half minute, until cancelled.

    The half minute brings what a firing has missed: the process was down or busy, or its clock
    and the business clock disagree.
    """
    clock = AsyncIOScheduler(timezone=UTC)
    settings = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    for one in timed:
        clock.add_job(fire, one.trigger, id=one.job.name, **settings)
    clock.add_job(fire, "interval", seconds=CATCH_UP_SECONDS, id="catch-up", **settings)
    clock.start()
    try:
        await asyncio.Event().wait()
    finally:
        clock.shutdown(wait=False)
        await asyncio.sleep(0)  # it stops in the next turn of the loop
