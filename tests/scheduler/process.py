"""What runs in a process of its own: APScheduler, a lane, and a clock that is wrong.

Its one job comes every second instead of every minute, so that a test is over in seconds.
"""

import asyncio
from datetime import timedelta

from apscheduler.triggers.cron import CronTrigger

from bot.clock import Clock
from bot.cron import Cron
from engine.calendar_days import Calendars
from engine.database import Database
from engine.rulebook import Rulebook
from engine.slots import Policy
from scheduler.api import job
from tests.scheduler.kit import CHINA, leave


@job("* * * * *", name="each", policy=Policy.ALL)
def each(tick):
    """Leaves the second it was meant for."""
    leave(tick, f"{tick.slot:%H:%M:%S}")
    return "记了 1 行"


def cron(database, ahead):
    """The job on a clock that is wrong by some seconds."""
    clock = Clock("Asia/Shanghai", timedelta(seconds=ahead))
    made = Cron(database, clock, Calendars(CHINA), Rulebook(), [each])
    made.timed["each"].trigger = CronTrigger(second="*", timezone=CHINA)
    return made


def run(url, ahead):
    """Until it is killed."""

    async def forever():
        running = cron(Database(url), ahead)
        await asyncio.gather(running.run(), *(lane.run() for lane in running.lanes))

    asyncio.run(forever())


def nothing():
    """The first process of all loads the modules; the others begin at once."""
