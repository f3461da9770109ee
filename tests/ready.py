"""Databases at the present schema in a few milliseconds: migrated once, copied ever after."""

from __future__ import annotations

import atexit
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from bot import migrate
from engine.database import Database


def upgrade(database: Database) -> None:
    """As `bot.migrate.upgrade`, which finds nothing to do on a PostgreSQL of `postgres_kit`."""
    if database.embedded and not _has_tables(database):
        with (
            closing(sqlite3.connect(_template())) as made,
            closing(sqlite3.connect(str(database.engine.url.database))) as empty,
        ):
            made.backup(empty)
    else:
        migrate.upgrade(database)


def _has_tables(database: Database) -> bool:
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    return bool(found)


@cache
def _template() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="jianliu-ready-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "jianliu.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        migrate.upgrade(database)
    return path
