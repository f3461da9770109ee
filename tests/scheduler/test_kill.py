"""kill -9 of processes whose clocks are four seconds apart, and an outage: once each second."""

import asyncio
import multiprocessing
import random
import time
from contextlib import closing
from datetime import timedelta

from engine import jobs, slots
from engine.database import Database
from tests.ready import upgrade
from tests.scheduler import process
from tests.scheduler.kit import effects

KILLS = 4
OUTAGE = 2.0


def begin(work, *args):
    """A process that begins at once: the modules it needs are loaded once, in its parent."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([process.__name__])
    running = processes.Process(target=work, args=args)
    running.start()
    return running


def kill(running):
    running.kill()
    running.join()


def finish(database):
    """What the process does that comes after all others have died."""
    last = process.cron(database, 0)
    [lane] = last.lanes

    async def work():
        await last.notice()
        lane._clock.jump(lane._clock.now() + timedelta(minutes=1))
        database.writer.run(lambda db: jobs.reap(db, now=lane._clock.now()))
        lane._clock.jump(lane._clock.now() + timedelta(seconds=5))
        while await lane.round() == 0.0:
            pass

    asyncio.run(work())


def test_every_moment_is_run_once_whoever_dies_and_whatever_their_clocks_say(database_url):
    with closing(Database(database_url)) as database:
        upgrade(database)
        aheads = [0] if database.embedded else [0, 4, -4]
    begin(process.nothing).join()
    running = {ahead: begin(process.run, database_url, ahead) for ahead in aheads}
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(1.0, 2.0))
            ahead = random.choice(aheads)
            kill(running[ahead])
            running[ahead] = begin(process.run, database_url, ahead)
    finally:
        for one in running.values():
            kill(one)
    time.sleep(OUTAGE)
    with closing(Database(database_url)) as database:
        finish(database)
        ran = effects(database)
        with database.reading() as db:
            stored = db.execute(slots.SLOT.select().order_by(slots.SLOT.c.slot_at)).all()
    meant = [row.slot_at for row in stored if row.outcome != "begun"]
    seconds = [meant[0] + timedelta(seconds=n) for n in range(len(meant))]
    assert meant == seconds, "no second is missing"
    assert len(meant) > OUTAGE + 1
    assert {row.outcome for row in stored} == {"begun", "done"}
    assert sorted(ran) == [f"{second:%H:%M:%S}" for second in seconds], "and each was run once"
