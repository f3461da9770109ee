"""The rulebook of one process: complete from its first moment on."""

from __future__ import annotations

from bot.clock import Clock
from engine.database import Database
from engine.rulebook import Rulebook
from sales.rules.all import provide


def opened(database: Database, clock: Clock) -> Rulebook:
    """What is published in a database, which has every rule from now on.

    Raises:
        DBAPIError: the database does not answer.
    """
    database.writer.run(lambda db: provide(db, clock.now()))
    rules = Rulebook()
    with database.reading() as db:
        rules.refresh(db)
    return rules
