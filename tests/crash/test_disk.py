"""A full disk, a second process, a stranger's open reader: said, survived, mended (#22, #24)."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from bot.web.front import Front, HttpAnswer
from engine import jobs
from engine.database import CHECKPOINT_PAGES, Database, DatabaseInUse
from tests.bot.kit import desk

LINE = "/商机 某阀门制造 北方泵业"
ROUGHLY = 6_000_000
"""Bytes of a disk on which the demo company fits and little else."""
LEFT = 200_000
"""Bytes that are free when the trouble begins."""


@contextmanager
def small_disk(folder: Path):
    """A file system of its own that `fill` can fill to the last byte."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROUGHLY}", "jianliu", folder],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("only root may mount a small file system here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def no_more_space(folder: Path, _: Database):
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    os.truncate(filler, filler.stat().st_size - LEFT)
    yield
    filler.unlink()


@contextmanager
def no_more_pages(_: Path, database: Database):
    """The same as SQLite sees it, where no file system may be mounted."""

    def limit(pages: int) -> None:
        with database.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with database.reading() as db:
        present = db.execute(text("PRAGMA page_count")).scalar_one()
    limit(present + LEFT // 4096)
    yield
    limit(1 << 30)


@contextmanager
def any_disk(_: Path):
    yield


async def post(desk, event):
    """The platform's callback over HTTP; its status."""

    async def callback(_):
        await desk.inbox.receive(event)
        return HttpAnswer()

    transport = httpx.ASGITransport(Front(None, {"/callback": callback}))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as platform:
        return (await platform.post("/callback")).status_code


@pytest.mark.parametrize(
    ("disk", "full"),
    [(small_disk, no_more_space), (any_disk, no_more_pages)],
    ids=["no-space", "no-pages"],
)
def test_on_a_full_disk_nothing_is_acknowledged_and_all_goes_on_when_there_is_room(
    tmp_path, disk, full
):
    async def story():
        async with desk(tmp_path) as d:
            events = [d.inbound(f"/商机 某阀门制造 新客户{n}号", event=f"e{n}") for n in range(400)]
            taken = 0
            with full(tmp_path, d.database):
                for event in events:
                    status = await post(d, event)
                    if status != 200:
                        break
                    taken += 1
                assert status == 503
                assert await post(d, event) == 503, "and again"
                assert d.one("SELECT count(*) FROM job WHERE lane = 'inbox'") == taken
            assert taken > 0
            assert d.one("SELECT count(*) FROM opportunity") <= taken, "no half of anything"
            assert await post(d, event) == 200, "the platform comes back, no restart between"
            d.clock.jump(d.clock.now() + timedelta(minutes=2))
            d.database.writer.run(lambda db: jobs.reap(db, now=d.clock.now()))  # as its loop does
            while await d.inbox.sweep():
                pass
            assert d.one("SELECT count(*) FROM opportunity") == taken + 1
            assert d.one("PRAGMA integrity_check") == "ok"

    with disk(tmp_path):
        asyncio.run(story())


def test_a_second_process_on_the_same_file_is_told_why_it_cannot_start(tmp_path):
    with (
        closing(Database(f"sqlite:///{tmp_path}/jianliu.db")),
        pytest.raises(DatabaseInUse, match=r"jianliu\.db 正被另一个建流进程使用"),
    ):
        Database(f"sqlite:///{tmp_path}/jianliu.db")


def test_a_reader_somebody_left_open_holds_up_nobody_and_its_wal_is_used_again(tmp_path):
    path = tmp_path / "jianliu.db"
    wal = path.with_name("jianliu.db-wal")
    write = text("INSERT INTO filler VALUES (randomblob(400000))")
    with (
        closing(Database(f"sqlite:///{path}")) as database,
        closing(sqlite3.connect(path, isolation_level=None)) as stranger,
    ):
        run = database.writer.run
        run(lambda db: db.execute(text("CREATE TABLE filler (content BLOB)")))
        stranger.execute("PRAGMA query_only = ON")
        stranger.execute("BEGIN")
        seen = stranger.execute("SELECT count(*) FROM filler").fetchone()

        def grow():
            for _ in range(2 * CHECKPOINT_PAGES // 100):
                run(lambda db: db.execute(write))
            return wal.stat().st_size

        size = grow()
        assert stranger.execute("SELECT count(*) FROM filler").fetchone() == seen
        stranger.execute("COMMIT")
        assert grow() <= size + 1_000_000, "once the reader is gone the WAL is written over"
