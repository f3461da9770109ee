"""Deadlines as a test handles them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from engine import deadlines, deadlines_due, jobs
from engine.deadlines import Level, plan

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
HOUR = timedelta(hours=1)
KINDS = ("contact", "unfinished")
TWO = (Level(timedelta(), "remind"), Level(24 * HOUR, "copy"))


class Book:
    """One database seen by somebody who opens, closes and fires deadlines."""

    def __init__(self, database):
        self.database = database

    def open(self, subject="a", *, kind="contact", owner="zhang", levels=TWO, at=NOW, hours=72):
        made = plan(at, hours * HOUR, levels)
        self.run(deadlines.open_, kind, ("lead", subject), made, owner=owner, about=subject, now=at)

    def run(self, act, *args, **kwargs):
        return self.database.writer.run(lambda db: act(db, *args, **kwargs))

    def close(self, act, subject="a", kind="contact", *, now):
        return self.run(act, kind, ("lead", subject), now=now)

    def due(self, now, owner="zhang", kinds=KINDS):
        return self.run(deadlines_due.of_owner, owner, kinds, now=now, most=100)

    def fire(self, now, due=None, **kwargs):
        due = self.due(now, **kwargs) if due is None else due
        fired = self.run(deadlines_due.fire, due, now=now)
        return [(one.subject[1], one.act) for one in fired]

    def states(self):
        with self.database.reading() as db:
            rows = db.execute(text("SELECT state FROM deadline ORDER BY id")).scalars()
            return sorted(rows)

    def queued(self):
        """Whose deadlines have a job that waits to be claimed."""
        with self.database.reading() as db:
            keys = text("SELECT key FROM job WHERE state = 0 ORDER BY id")
            return [deadlines_due.owner_of(key) for key in db.execute(keys).scalars()]

    def sweep(self, now, kinds=KINDS):
        return self.run(deadlines_due.enqueue_due, kinds, now=now)

    def work(self, now):
        """Claim and finish every waiting job without firing anything."""

        def do(db):
            taken = jobs.claim(db, "timer", now=now, lease=HOUR, limit=100)
            assert all(jobs.finish(db, job, now=now) for job in taken)
            return len(taken)

        return self.database.writer.run(do)
