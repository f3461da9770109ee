"""A great many deadlines, written in one go, and a process that only looks after them."""

import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

from bot.clock import Clock
from bot.timers import Timers
from engine import deadlines
from engine.database import Database
from engine.deadlines import Level, plan
from engine.ids import ulid
from engine.rulebook import Rulebook
from scheduler.deadlines_api import deadline
from tests.drills.launched import KIND

PAGE = 4096
AT_ONCE = 10_000


def open_many(database, count, *, owners, due, now):
    """`count` deadlines of one level, shared out among `owners`, all due at the same moment."""
    made = plan(due, timedelta(), [Level(timedelta(), "now")])

    def row(n):
        owner = owners[n % len(owners)]
        return {
            "id": ulid(now), "kind": KIND, "subject_type": "thing", "subject_id": f"m{n}",
            "owner": owner, "about": f"客户{n}", "state": "pending", "closed_at": None,
            "rule_version": 0, **deadlines._fresh(made),
        }  # fmt: skip

    for start in range(0, count, AT_ONCE):
        rows = [row(n) for n in range(start, min(start + AT_ONCE, count))]
        database.writer.run(lambda db, rows=rows: deadlines._INSERT.run_many(db, rows))


def look_after(url, notes, looks, changes):
    """Look for what is due, open and cancel; the p99 of a look in ms and our size in MiB."""
    clock = Clock("Asia/Shanghai")
    with closing(Database(url)) as database:
        timers = Timers(database, clock, Rulebook(), [deadline(KIND)(lambda *_: [])])
        for n in range(changes):
            made = plan(clock.now(), timedelta(days=3), [Level(timedelta(), "now")])
            subject = ("thing", f"c{n}")
            database.writer.run(
                lambda db, made=made, subject=subject: (
                    deadlines.open_(db, KIND, subject, made, owner="c", about="", now=clock.now()),
                    deadlines.cancel(db, KIND, subject, now=clock.now()),
                )
            )
        took = [look(database, timers, clock) for _ in range(looks)]
    size = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20
    Path(notes).write_text(f"{quantiles(took, n=100)[98] * 1000:.3f} {size:.1f}")


def look(database, timers, clock):
    began = time.perf_counter()
    more, _ = database.writer.run(lambda db: timers._sweep(db, clock.now()))
    assert not more
    return time.perf_counter() - began
