"""What runs in each of several processes that want the same thing at the same moment."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from engine import audit, jobs, slots
from engine.database import Database
from engine.slots import Outcome, Policy, Rule
from tests.drills.process import FORKS

LANE, JOB = "contest", "contest"
LEASE = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)


def contest(work, url, processes):
    """Let `work(database, name)` run in that many processes, begun as close as can be."""
    start = time.time() + 1.0
    running = [FORKS.Process(target=_run, args=(work, url, n, start)) for n in range(processes)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert [one.exitcode for one in running] == [0] * processes


def _run(work, url, name, start):
    with closing(Database(url)) as database:
        time.sleep(max(0.0, start - time.time()))
        work(database, str(name))


def claims(database, name):
    """Take one job after the other until there is none; each leaves a row with the taker."""
    now = datetime.now(UTC)
    while True:
        taken = database.writer.run(lambda db: jobs.claim(db, LANE, now=now, lease=LEASE, limit=1))
        if not taken and not open_jobs(database):
            return

        def finish(db, taken=taken):
            for job in taken:
                if jobs.finish(db, job, now=now):
                    audit.record(db, "took", (name, job.key), at=now)

        database.writer.run(finish)


def open_jobs(database):
    with database.reading() as db:
        return jobs.busy(db, now=datetime.now(UTC))


def every_second(after, until):
    """The whole seconds in (after, until]."""
    first = after.replace(microsecond=0) + timedelta(seconds=1)
    seconds = int((until - first).total_seconds()) + 1
    return [first + n * timedelta(seconds=1) for n in range(max(seconds, 0))]


RULE = Rule(JOB, Policy.ALL, every_second)


def notices(database, name):
    """Look for moments that have come, and run what waits, as fast as it goes for two seconds."""
    ends = time.time() + 2
    while time.time() < ends:
        now = datetime.now(UTC)
        database.writer.run(lambda db, now=now: slots.tick(db, RULE, now))
        run_one(database, name, now)
    while open_jobs(database):
        run_one(database, name, datetime.now(UTC))


def run_one(database, name, now):
    taken = database.writer.run(
        lambda db: jobs.claim(db, slots.lane(JOB), now=now, lease=LEASE, limit=1)
    )

    def run(db):
        for job in taken:
            if jobs.finish(db, job, now=now):
                turn = slots.turn(JOB, job.payload)
                audit.record(db, "ran", (name, turn.slot.isoformat()), at=now)
                slots.end(db, turn, Outcome.DONE, "", began=now, ended=now)

    database.writer.run(run)
