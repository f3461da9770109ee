"""Bringing the database to the present schema (alembic, both directions, both databases)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from engine.database import Database

LOCK = 20261121
"""Any number, the same in every process: who migrates."""
SCRIPTS = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's configuration, on an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(SCRIPTS))
    settings.attributes["connection"] = connection
    return settings


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate to `revision`; nothing happens when the database is there already."""
    with database.engine.begin() as connection:
        if not database.embedded:  # several processes may start at once
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        command.upgrade(config(connection), revision)
