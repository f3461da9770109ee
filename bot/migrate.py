"""Bringing the database to the present schema (alembic, both directions, both databases)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from engine.database import Database
from engine.unit import Unit

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 20261121
"""Any number, the same in every process: who migrates."""
SCRIPTS = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's configuration, on an open connection."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(SCRIPTS))
    settings.attributes["connection"] = connection
    return settings


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate to `revision`; nothing happens when the database is there already.

    Nor when it is of a newer version: steps only add, so the version before it goes on
    working, and may be started again, in a rolling deploy or after a step back. (0021 did not,
    and nothing after it may.)

    Alembic costs 9 MB and 0.15 s to import, so a database that is up to date never meets it.
    """
    with database.engine.begin() as connection:
        if not database.embedded:  # several processes may start at once
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # an index takes its time
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        upgrade_on(connection, revision)


def upgrade_on(connection: Connection, revision: str = "head") -> None:
    """The same within a transaction that somebody else has begun and ends."""
    if revision == "head" and _present(connection) not in {None, *revisions()[1:]}:
        return
    from alembic import command

    command.upgrade(config(connection), revision)


def _present(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@cache
def revisions() -> tuple[str, ...]:
    """Every revision this version knows, the newest first."""
    scripts = sorted(SCRIPTS.glob("versions/[0-9]*.py"), reverse=True)
    return tuple(script.name.partition("_")[0] for script in scripts)


def revision(db: Unit) -> str:
    """The revision the database is at.

    Raises:
        DBAPIError: it was never migrated.
    """
    return str(db.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def behind(db: Unit) -> bool:
    """Whether the database still waits for a migration; one of a newer version does not."""
    return revision(db) in revisions()[1:]
