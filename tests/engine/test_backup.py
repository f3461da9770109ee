"""Backups: whole or not at all, beside a running service, and never sent blindly (#23, #28)."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url, text

from bot import backups
from bot.simulator import seed
from cards import outbox
from cards.model import Text
from engine import backup, jobs
from engine.backup import BackupError
from engine.database import Database, DatabaseInUse
from engine.jobs import State
from sales.people import Address, Person
from tests.ready import upgrade

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
LEASE = timedelta(seconds=30)
LANE = "outbox:wecom:ww"


@pytest.fixture
def live(tmp_path):
    """A service's database, open, with a WAL that was never written back."""
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    upgrade(database)
    database.writer.run(lambda db: seed.plant(db, {"wecom": "ww", "dingtalk": "ding"}, NOW))
    yield database
    database.close()


def path_of(database):
    return Path(database.url.database)


def says(db, words, who="zhangsan"):
    outbox.post(db, Text(words), [Address(who, "wecom", "ww", who)], now=NOW)


def person(number):
    return {
        "id": f"p{number}", "name": "甲" * 40, "role": "rep", "region": "", "status": "active",
        "created_at": NOW,
    }  # fmt: skip


def ask(path, question):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(question).fetchall()


def states(path, lane="outbox%"):
    return dict(ask(path, f"SELECT key, state FROM job WHERE lane LIKE '{lane}'"))


def keep(database, name="kept"):
    target = path_of(database).with_name(name)
    return target, backups.keep_file(path_of(database), target, NOW)


def test_a_backup_beside_a_running_service_changes_not_one_byte_of_it(live):
    files = [path_of(live), Path(f"{path_of(live)}-wal")]
    before = [file.read_bytes() for file in files]
    target, inventory = keep(live)
    assert [file.read_bytes() for file in files] == before
    assert inventory.tables["person"].rows == ask(target, "SELECT count(*) FROM person")[0][0] > 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert {file.suffix for file in target.parent.iterdir()} & {".part"} == set()
    live.writer.run(lambda db: says(db, "还在跑"))


def test_a_backup_is_one_moment_though_the_service_goes_on_writing(live):
    def both(db, number):
        db.execute(insert(Person), person(number))
        says(db, "一起提交", f"p{number}")

    work = [live.writer.submit(lambda db, n=n: both(db, n)) for n in range(600)]
    target, _ = keep(live)
    [done.result() for done in work]
    [(people,)] = ask(target, "SELECT count(*) FROM person WHERE id GLOB 'p[0-9]*'")
    [(cards,)] = ask(target, "SELECT count(*) FROM card")
    assert people == cards


def test_what_was_kept_comes_back_and_the_present_file_stays_aside(live):
    target, inventory = keep(live)
    live.writer.run(lambda db: says(db, "备份之后"))
    live.close()
    came = backups.restore_file(target, path_of(live), NOW)
    assert ask(path_of(live), "SELECT count(*) FROM card") == [(0,)]
    assert ask(came.aside, "SELECT count(*) FROM card") == [(1,)]
    again = Database(str(live.url))
    with again.reading() as db:
        assert db.execute(text("SELECT count(*) FROM person")).scalar_one() == (
            inventory.tables["person"].rows
        )
    again.close()


def test_nothing_that_waited_to_be_sent_goes_out_blindly_and_the_rest_is_given_back(live):
    def work(db):
        for number in range(3):
            says(db, f"第 {number} 条", f"p{number}")
        sent, _ = jobs.claim(db, LANE, now=NOW, lease=LEASE, limit=2)
        jobs.finish(db, sent, now=NOW)
        db.execute(text("UPDATE delivery SET state = 'shown' WHERE account = 'p0'"))
        jobs.add(db, "inbox", "held", {}, due=NOW, now=NOW, lease=LEASE)
        jobs.add(db, "timer", "later", {}, due=NOW + LEASE, now=NOW)

    live.writer.run(work)
    target, _ = keep(live)
    live.close()
    came = backups.restore_file(target, path_of(live), NOW)
    assert came.uncertain == 2
    assert sorted(states(path_of(live)).values()) == [
        State.DONE, State.UNCERTAIN, State.UNCERTAIN,
    ]  # fmt: skip
    found = ask(path_of(live), "SELECT account, state, reason FROM delivery ORDER BY account")
    assert found == [("p0", "shown", ""), *((p, "uncertain", "restored") for p in ("p1", "p2"))]
    assert states(path_of(live), "inbox") == {"held": State.OPEN}
    assert states(path_of(live), "timer") == {"later": State.OPEN}


def test_a_database_in_use_is_not_replaced(live):
    target, _ = keep(live)
    with pytest.raises(DatabaseInUse):
        backups.restore_file(target, path_of(live), NOW)


def test_the_wal_a_killed_service_left_does_not_leak_into_the_restored_file(live, tmp_path):
    target, _ = keep(live)
    live.writer.run(lambda db: says(db, "只在 WAL 里"))
    killed = tmp_path / "killed"
    killed.mkdir()
    for suffix in ("", "-wal", "-shm"):
        shutil.copy(f"{path_of(live)}{suffix}", killed / f"jianliu.db{suffix}")
    came = backups.restore_file(target, killed / "jianliu.db", NOW)
    assert ask(killed / "jianliu.db", "SELECT count(*) FROM card") == [(0,)]
    assert ask(came.aside, "SELECT count(*) FROM card") == [(1,)], "aside keeps its WAL"


def test_a_killed_or_a_stopped_service_can_be_backed_up_too(live, tmp_path):
    live.writer.run(lambda db: says(db, "只在 WAL 里"))
    killed = tmp_path / "killed"
    killed.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path_of(live)}{suffix}", killed / f"jianliu.db{suffix}")
    assert backups.keep_file(killed / "jianliu.db", killed / "kept", NOW).tables["card"].rows == 1
    live.close()
    assert keep(live)[1].tables["card"].rows == 1


def flipped(kept):
    content = bytearray(kept.read_bytes())
    at = content.index("王经理".encode())
    content[at : at + 3] = "汪".encode()
    kept.write_bytes(content)


def newer(kept):
    with closing(sqlite3.connect(kept)) as db, db:
        (written,) = db.execute("SELECT written FROM backup_inventory").fetchone()
        db.execute("UPDATE backup_inventory SET written = ?", (written.replace('"0', '"9'),))


def plain(kept):
    with closing(sqlite3.connect(kept)) as db, db:
        db.execute("DROP TABLE backup_inventory")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (flipped, "损坏"),
        (lambda kept: kept.write_bytes(kept.read_bytes()[:-4096]), "损坏|不是"),
        (lambda kept: kept.write_bytes(b"hello" * 1000), "不是建流的备份"),
        (lambda kept: kept.write_bytes(b""), "不是建流的备份"),
        (plain, "不是建流的备份"),
        (newer, "更新的版本"),
    ],
    ids=["one-letter", "cut", "text", "empty", "a-database", "newer"],
)
def test_a_file_that_is_no_good_backup_is_refused_and_nothing_changes(live, spoil, words):
    target, _ = keep(live)
    live.close()
    before = path_of(live).read_bytes()
    spoil(target)
    with pytest.raises(BackupError, match=words):
        backups.restore_file(target, path_of(live), NOW)
    assert path_of(live).read_bytes() == before
    assert not [f for f in target.parent.iterdir() if "before-restore" in f.name or
                f.suffix == ".part"]  # fmt: skip


def test_a_backup_that_cannot_be_written_leaves_the_old_one(live):
    target, _ = keep(live)
    live.writer.run(lambda db: says(db, "后来"))
    before = target.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "_contents", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            keep(live)
    assert target.read_bytes() == before
    assert not list(target.parent.glob("*.part"))


KEEP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from engine.backup import backup
print("go", flush=True)
while True:
    backup(Path(sys.argv[1]), Path(sys.argv[2]), now=datetime.now(UTC), version="0")
"""


def test_killed_in_the_middle_the_live_file_and_the_old_backup_stay_whole(live):
    rows = [person(number) for number in range(20000)]
    live.writer.run(lambda db: db.execute(insert(Person), rows))
    target, _ = keep(live)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", KEEP, path_of(live), target], stdout=subprocess.PIPE
        ) as keeper:
            keeper.stdout.readline()
            time.sleep(random.uniform(0.01, 0.2))
            keeper.kill()
        inventory = backup.inspect(target)
        assert ask(target, "PRAGMA integrity_check") == [("ok",)]
        assert inventory.tables["person"].rows == ask(target, "SELECT count(*) FROM person")[0][0]
        live.writer.run(lambda db: says(db, "还能写"))
    with live.reading() as db:
        assert db.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def test_the_password_reaches_pg_dump_but_is_no_argument(tmp_path, monkeypatch):
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$PGPASSWORD" "$@" > {tmp_path}/called\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    url = make_url("postgresql+psycopg://jianliu:s3cr%40t@db.local/jianliu?sslmode=require")
    backups.keep_dump(url, tmp_path / "kept")
    password, *arguments = (tmp_path / "called").read_text().split()
    assert password == "s3cr@t"
    assert arguments[-1] == "--dbname=postgresql://jianliu@db.local/jianliu?sslmode=require"
