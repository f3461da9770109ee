"""Why a process cannot take work, in words an operator can act on (`/readyz`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.migrate import behind
from engine import buckets
from engine.database import Database
from engine.vitals import late

log = structlog.get_logger(__name__)

LATE = timedelta(seconds=60)
"""Work that was due this long ago is not being done."""
LITTLE = 200_000_000
"""Bytes on the disk below which a SQLite database will soon refuse to write."""


def reasons(database: Database, lanes: Iterable[str], now: datetime) -> list[str]:
    """What is wrong with the database and with the work of `lanes`; for threads.

    What goes out at the pace a platform allows is not late.
    """
    found = [] if database.writer.alive else ["writer: stopped"]
    try:
        with database.reading() as db:
            if behind(db):
                found.append("database: not migrated, run jianliu migrate")
            waits = {
                lane: late(db, lane, now=now) for lane in lanes
                if not buckets.busy(db, lane, now=now)
            }  # fmt: skip
    except SQLAlchemyError as failure:
        log.warning("ready.database", reason=type(failure).__name__)
        return [*found, f"database: {type(failure).__name__}"]
    found += [
        f"{lane}: work is {wait.total_seconds():.0f} s late"
        for lane, wait in waits.items() if wait > LATE
    ]  # fmt: skip
    if database.embedded:
        free = shutil.disk_usage(Path(str(database.url.database)).absolute().parent).free
        if free < LITTLE:
            found.append(f"disk: {free // 1_000_000} MB free")
    return found
