"""Regular jobs on a real database, with a clock the test moves."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.cron import Cron
from engine import audit, slots
from engine.audit import Audit
from engine.calendar_days import Calendars
from engine.model import table
from engine.rulebook import Rulebook
from scheduler.api import job

AUDIT = table(Audit)
CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime.fromisoformat("2026-11-23T08:00:00+08:00")


class Desk:
    """One process with its own idea of the time: `ahead` of the others."""

    def __init__(self, database, *jobs, ahead=timedelta()):
        self.database = database
        self.clock = Clock("Asia/Shanghai")
        self.ahead = ahead
        self.cron = Cron(database, self.clock, Calendars(self.clock.zone), Rulebook(), jobs)
        self.at(MONDAY)

    def at(self, moment):
        """Set the clock: an ISO text of the business zone, or a moment."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(f"{moment}+08:00")
        self.clock.jump(moment + self.ahead)

    def notice(self, moment=None):
        """What its timers do."""
        if moment is not None:
            self.at(moment)
        asyncio.run(self.cron.notice())

    def work(self):
        """Run what waits, to the end."""

        async def rounds():
            for lane in self.cron.lanes:
                while await lane.round() == 0.0:
                    pass

        asyncio.run(rounds())

    def slots(self, job):
        """{local time: (outcome, detail)} of a job, oldest first."""
        found = slots.SLOT.select().where(slots.SLOT.c.job == job).order_by(slots.SLOT.c.slot_at)
        with self.database.reading() as db:
            rows = db.execute(found).all()
        zone = self.clock.zone
        return {
            f"{row.slot_at.astimezone(zone):%m-%d %H:%M}": (row.outcome, row.detail)
            for row in rows
            if row.outcome != "begun"
        }


def noting(expression="0 9 * * *", *, name="noting", **rule):
    """A job whose effect is one audit row per run."""

    @job(expression, name=name, **rule)
    def note(tick):
        leave(tick, f"{tick.slot.astimezone(CHINA):%m-%d %H:%M}")
        return "记了 1 行"

    return note


def leave(tick, what):
    """The effect of a run."""
    audit.record(tick.db, "ran", ("slot", what), at=tick.now)


def effects(database):
    """What the runs have left behind, in order."""
    with database.reading() as db:
        return [row.subject_id for row in db.execute(AUDIT.select().order_by(AUDIT.c.seq))]
