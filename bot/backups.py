"""Backup and restore of either database, and what a restored one must not do.

A backup knows nothing of what was sent after it was made. So whatever waited to be sent in
it becomes uncertain: an operator decides, message by message, and nothing goes out blindly.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import URL, Connection, inspect, text, update

from bot.migrate import LOCK, revisions
from cards.tables import DELIVERY, Delivery
from engine import backup
from engine.backup import BackupError, Inventory
from engine.database import Database, lock
from engine.jobs import JOB, Job, State
from engine.unit import Unit

REASON = "restored"
"""Why a message is uncertain, in its job and its delivery."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What an operator has to know: unsure messages, people erased again, the old data's place."""

    uncertain: int
    erased: int
    aside: Path | None


def keep_file(live: Path, target: Path, now: datetime) -> Inventory:
    """Back up a SQLite database, in use or not.

    Raises:
        BackupError, sqlite3.Error, OSError: see `engine.backup.backup`.
    """
    version = importlib.metadata.version("jianliu")
    return backup.backup(live, target, now=now, version=version)


Again: TypeAlias = Callable[[Connection], int]
"""Erases again who was erased after the backup was made, before anybody can read it; how many."""


def nobody(_: Connection) -> int:
    """Where nobody was ever erased."""
    return 0


def restore_file(kept: Path, live: Path, now: datetime, again: Again = nobody) -> Restored:
    """Put a backup in the place of a SQLite database nobody uses.

    Raises:
        DatabaseInUse: a service runs on it.
        BackupError: the backup is damaged or from a newer version; nothing was changed.
        OSError: a file cannot be written or moved.
    """
    held = lock(live)
    try:
        inventory = backup.inspect(kept)
        if inventory.revision not in revisions():
            raise BackupError(f"{kept.name} 来自更新的版本 {inventory.version}，请先升级建流。")
        aside = Path(f"{live}.before-restore-{now:%Y%m%d-%H%M%S}")
        existed = live.exists()
        uncertain, erased = backup.restore(
            kept, live, aside=aside, mend=lambda there: (mend(Unit(there), now), again(there))
        )
    finally:
        held.release()
    return Restored(uncertain, erased, aside if existed else None)


def mend(db: Unit, now: datetime) -> int:
    """Take back what was in somebody's hands; make unsure what waited to be sent; how much."""
    waiting = JOB.c.state.in_([State.OPEN, State.LEASED])
    unsure = db.execute(
        update(Job)
        .where(waiting, JOB.c.lane.startswith("outbox:"))
        .values(state=State.UNCERTAIN, done_at=now, last_error=REASON)
    )
    db.execute(
        update(Delivery).where(DELIVERY.state == "waiting").values(state="uncertain", reason=REASON)
    )
    db.execute(update(Job).where(JOB.c.state == State.LEASED).values(state=State.OPEN))
    return unsure.rowcount


def keep_dump(url: URL, target: Path) -> None:
    """Back up a PostgreSQL database with its own `pg_dump`.

    Raises:
        BackupError: there is no `pg_dump`, or it failed; in its words.
    """
    draft = target.with_name(f".{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.touch(0o600)
    try:
        _run(["pg_dump", "--format=custom", f"--file={draft}"], url)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def restore_dump(kept: Path, url: URL, now: datetime, again: Again = nobody) -> Restored:
    """Fill an empty PostgreSQL database from a dump; the old database stays what it is.

    Raises:
        BackupError: the database is not empty, there is no `pg_restore`, or it failed.
    """
    database = Database(url.render_as_string(hide_password=False))
    try:
        with database.engine.begin() as connection:
            # A service that starts meanwhile waits here until the rows are mended.
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            if inspect(connection).get_table_names():
                raise BackupError("目标数据库不是空的。请新建一个空库，把 database.url 指过去。")
            _run(["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner",
                  "--no-privileges", str(kept)], url)  # fmt: skip
            return Restored(mend(Unit(connection), now), again(connection), None)
    finally:
        database.close()


def _run(command: Sequence[str], url: URL) -> None:
    """Run one of PostgreSQL's programs on the database; its password is no argument."""
    program = shutil.which(command[0])
    if program is None:
        raise BackupError(f"没有找到 {command[0]}。请安装 PostgreSQL 客户端，版本不低于服务器。")
    # Not `url.set(password=None)`, which keeps it, to be written as "***" in front of PGPASSWORD.
    address = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    ).render_as_string()
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603  the program is PostgreSQL's, the arguments ours
        [program, *command[1:], f"--dbname={address}"],
        env={**os.environ, **secret}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BackupError(f"{command[0]} 失败：{done.stderr.strip()[-500:]}")
