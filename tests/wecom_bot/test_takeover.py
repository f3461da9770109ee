"""Two processes, one bot: only one is connected, and a killed one is followed in time."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.database import Database
from tests.crash.corp import Process
from tests.wecom_bot.kit import BOT, CORP, SECRET, gateway, plant, until

TAKEOVER = 20.0
"""Seconds; a lease of 5 and a look every 2, on a machine that is busy with other tests."""
START = 30.0
CONFIG = """
allow_unofficial_api = true
[server]
port = 0
[database]
url = "{database}"
[vault]
key = "{key}"
[wecom]
corp_id = "{corp}"
[wecom.bot]
bot_id = "{bot}"
secret = "{secret}"
gateway = "{gateway}"
"""


@contextmanager
def worker(config: Path):
    """`jianliu run --role worker`, killed in the end if it still runs."""
    process = Process(config.parent, "--role", "worker")
    try:
        yield process
    finally:
        process.kill()


@pytest.mark.pg
def test_a_killed_holder_is_followed_within_a_minute_and_answers_go_on(fresh_postgres, tmp_path):
    url = fresh_postgres()
    plant(url)
    config = tmp_path / "config.toml"

    async def main() -> None:
        async with gateway() as there:
            config.write_text(
                CONFIG.format(database=url, key="00" * 32, corp=CORP, bot=BOT, secret=SECRET,
                              gateway=there.address)
            )  # fmt: skip
            config.chmod(0o600)
            with ExitStack() as started:
                first = started.enter_context(worker(config))
                await until(lambda: there.lines, START)
                started.enter_context(worker(config))
                await until(lambda: workers(url) == 2, START)
                await there.said("第一句", msgid="m1")
                await until(lambda: len(there.seen) == 1, START)
                await asyncio.sleep(3)  # the second looks, and leaves the line to the first
                assert len(there.lines) == 1

                began = time.monotonic()
                first.kill()
                await until(lambda: len(there.lines) == 2, TAKEOVER)
                assert time.monotonic() - began < TAKEOVER
                await there.said("第一句", msgid="m1")
                await there.said("第二句", msgid="m2")
                await until(lambda: len(there.seen) == 2, START)
                await asyncio.sleep(0.5)
                assert ["第一句" in words for _, words in there.seen] == [True, False]

    asyncio.run(main())


def workers(url: str) -> int:
    database = Database(url)
    try:
        with database.reading() as db:
            return db.execute(text("SELECT count(*) FROM worker")).scalar_one()
    finally:
        database.close()
