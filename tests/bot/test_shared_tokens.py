"""One token for all processes: fetched once, never readable in the database, replaced once."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot import shared_tokens
from bot.clock import Clock
from bot.holding import Holding, Lost, Taken
from bot.platforms.api import Undelivered
from bot.platforms.tokens import AccessToken, Token
from bot.shared_tokens import SharedToken
from engine.database import Database
from tests.ready import upgrade

NAME = "token/wecom/ww/1000002"
LIFE = timedelta(hours=2)


class Platform:
    """Gives out token-1, token-2, …; each fetch takes a moment, and the first may fail or hang."""

    def __init__(self):
        self.fetched = 0
        self.hangs = self.fails = 0

    async def fetch(self):
        self.fetched += 1
        number = self.fetched
        await asyncio.sleep(0.05)
        if self.hangs:
            self.hangs -= 1
            await asyncio.sleep(60)
        if self.fails:
            self.fails -= 1
            raise Undelivered("channel_down", "502", retry_after=timedelta(seconds=10))
        return Token(f"token-{number}", Clock("Asia/Shanghai").now() + LIFE)


class Process:
    """What one process has: its database, clock, leases and token."""

    def __init__(self, url, platform, number, secret="app-secret", ttl=1.0):
        self.database = Database(url)
        self.clock = Clock("Asia/Shanghai")
        self.holding = Holding(self.database, self.clock, f"p{number}", timedelta(seconds=ttl))
        share = SharedToken(self.database, self.clock, self.holding, NAME, SecretStr(secret))
        self.token = AccessToken(platform.fetch, self.clock.now, share)


@asynccontextmanager
async def processes(url, platform, count, **settings):
    made = [Process(url, platform, n, **settings) for n in range(count)]
    upgrade(made[0].database)
    try:
        yield made
    finally:
        for process in made:
            await asyncio.to_thread(process.database.close)


@pytest.mark.pg
def test_four_processes_that_need_a_token_at_once_fetch_one(fresh_postgres):
    async def story():
        platform = Platform()
        async with processes(fresh_postgres(), platform, 4) as made:
            calls = [process.token.get() for process in made for _ in range(25)]
            assert set(await asyncio.gather(*calls)) == {"token-1"}
            assert platform.fetched == 1

            # The platform ended it early, and everybody finds out at the same time.
            calls = [process.token.renew("token-1") for process in made for _ in range(25)]
            assert set(await asyncio.gather(*calls)) == {"token-2"}
            assert platform.fetched == 2

            # Somebody late complains about the first one still: it was replaced already.
            assert await made[3].token.renew("token-1") == "token-2"
            assert platform.fetched == 2

    asyncio.run(story())


@pytest.mark.pg
def test_when_one_fetch_fails_the_next_process_tries(fresh_postgres):
    async def story():
        platform = Platform()
        platform.fails = 1
        async with processes(fresh_postgres(), platform, 3) as made:
            calls = (process.token.get() for process in made)
            answers = await asyncio.gather(*calls, return_exceptions=True)
            assert sorted(map(str, answers)) == ["channel_down: 502", "token-2", "token-2"]

    asyncio.run(story())


@pytest.mark.pg
def test_a_holder_that_hangs_is_replaced_after_its_lease(fresh_postgres):
    async def story():
        platform = Platform()
        platform.hangs = 1
        async with processes(fresh_postgres(), platform, 2, ttl=0.5) as made:
            made[0].holding._keep = lambda *_: asyncio.sleep(60)  # stopped: it renews nothing
            first = asyncio.create_task(made[0].token.get())
            await asyncio.sleep(0.1)
            assert await made[1].token.get() == "token-2"
            assert await first == "token-2", "the one that hung reads what the other fetched"

    asyncio.run(story())


def test_a_token_outlives_a_restart_and_lies_sealed_in_the_database(database_url):
    async def story():
        platform = Platform()
        async with processes(database_url, platform, 1) as [process]:
            assert await process.token.get() == "token-1"
            with process.database.reading() as db:
                rows = db.execute(text("SELECT * FROM shared")).fetchall()
            assert len(rows) == 1
            assert "token-1" not in str(rows)
            assert "app-secret" not in str(rows)
        async with processes(database_url, platform, 1) as [process]:
            assert await process.token.get() == "token-1"
        async with processes(database_url, platform, 1, secret="changed") as [process]:
            assert await process.token.get() == "token-2", "another secret cannot open it"

    asyncio.run(story())


def test_an_old_token_is_fetched_anew(tmp_path):
    async def story():
        platform = Platform()
        async with processes(f"sqlite:///{tmp_path}/a.db", platform, 1) as [process]:
            assert await process.token.get() == "token-1"
            process.clock.jump(process.clock.now() + LIFE)
            assert await process.token.get() == "token-2"

    asyncio.run(story())


def test_waiting_in_vain_for_another_holder_spends_no_attempt(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_tokens, "PATIENCE", 0.3)

    async def story():
        platform = Platform()
        async with processes(f"sqlite:///{tmp_path}/a.db", platform, 1) as [process]:
            gate = asyncio.Event()
            busy = asyncio.create_task(process.holding.run(NAME, lambda _: gate.wait()))
            await asyncio.sleep(0.05)
            with pytest.raises(Undelivered) as waited:
                await process.token.get()
            assert (waited.value.reason, waited.value.spent) == ("channel_down", False)
            assert platform.fetched == 0
            gate.set()
            await busy

    asyncio.run(story())


def test_a_lease_is_kept_as_long_as_the_work_lasts_and_free_afterwards(database_url):
    async def story():
        async with processes(database_url, Platform(), 1, ttl=1.5) as [process]:
            holding, gate = process.holding, asyncio.Event()
            long = asyncio.create_task(holding.run("job", lambda _: gate.wait()))
            for _ in range(4):
                await asyncio.sleep(0.5)
                with pytest.raises(Taken):
                    await holding.run("job", asyncio.sleep)
            gate.set()
            assert await long
            assert await holding.run("job", lambda epoch: asyncio.sleep(0, epoch)) == 2

    asyncio.run(story())


def test_work_ends_when_its_lease_cannot_be_kept(tmp_path):
    async def story():
        async with processes(f"sqlite:///{tmp_path}/a.db", Platform(), 1, ttl=0.3) as [process]:
            ended = []

            async def work(_):
                try:
                    await asyncio.sleep(60)
                finally:
                    ended.append(True)

            doing = asyncio.create_task(process.holding.run("job", work))
            await asyncio.sleep(0.05)
            process.database.writer.run(
                lambda db: db.execute(text("UPDATE lease SET epoch = epoch + 1"))
            )
            with pytest.raises(Lost):
                await doing
            assert ended == [True]

    asyncio.run(story())
