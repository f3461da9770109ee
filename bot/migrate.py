"""Bringing the database to the present schema (alembic, both directions, both databases)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from engine.database import Database

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
        command.upgrade(config(connection), revision)
