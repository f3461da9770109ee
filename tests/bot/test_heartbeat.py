"""Who is running is known within seconds, and told to others; what hangs in between is not."""

import asyncio
from contextlib import asynccontextmanager, closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import wakeups
from bot.clock import Clock
from bot.heartbeat import Heartbeat
from bot.roles import Role
from bot.wakeups import Wakeups
from engine import workers
from engine.database import Database
from engine.rulebook import Rulebook
from engine.workers import Process
from tests.ready import upgrade


@asynccontextmanager
async def running(*loops):
    tasks = [asyncio.create_task(loop()) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(met):
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110  the database has no event for it
            await asyncio.sleep(0.01)


def test_a_process_is_listed_while_it_runs_and_one_silent_for_a_day_no_more(database_url):
    async def story(database):
        clock = Clock("Asia/Shanghai")
        old = Process("old", "web", "0.0.1", clock.now())
        long_ago = clock.now() - timedelta(hours=25)
        database.writer.run(lambda db: workers.seen(db, old, publication=0, now=long_ago))

        def listed():
            with database.reading() as db:
                return [tuple(row) for row in db.execute(text("SELECT id, role FROM worker"))]

        heart = Heartbeat(database, clock, Rulebook(), Role.WORKER)
        async with running(heart.run):
            await until(lambda: listed() == [(heart.process.id, "worker")])
        assert listed() == []

    with closing(Database(database_url)) as database:
        upgrade(database)
        asyncio.run(story(database))


@pytest.mark.pg
def test_a_hint_wakes_the_other_process_even_after_the_connection_was_lost(
    fresh_postgres, monkeypatch
):
    monkeypatch.setattr(wakeups, "AGAIN_SECONDS", 0.05)

    async def story(database):
        heard = []
        web, worker = Wakeups(database.url, lambda _: None), Wakeups(database.url, heard.extend)
        async with running(web.speak, worker.listen):

            async def hears(lane):
                heard.clear()
                async with asyncio.timeout(5):
                    while lane not in heard:
                        web.tell({lane})
                        await asyncio.sleep(0.05)

            await hears("outbox:wecom:ww")
            database.writer.run(
                lambda db: db.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                         " WHERE datname = current_database() AND pid <> pg_backend_pid()")
                ).rowcount
            )  # fmt: skip
            await hears("inbox")

    with closing(Database(fresh_postgres())) as database:
        asyncio.run(story(database))
