"""Being heard of: every process notes every few seconds that it lives, and what it goes by.

With each beat it also takes in what was published meanwhile, so that no rule is older than a
beat on any process, whether a hint of it arrived or not (B80).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.clock import Clock
from bot.roles import Role
from engine import workers
from engine.database import Database
from engine.ids import ulid
from engine.rulebook import Rulebook
from engine.unit import Unit
from engine.workers import Process
from engine.writer import Stopped

log = structlog.get_logger(__name__)

EVERY = 10.0
"""Seconds; a process silent for three of these is gone."""


class Heartbeat:
    """This process in the list of processes; `wake` makes it beat at once."""

    def __init__(self, database: Database, clock: Clock, rules: Rulebook, role: Role) -> None:
        now = clock.now()
        self.wake = asyncio.Event()
        self._database = database
        self._clock = clock
        self._rules = rules
        self.process = Process(ulid(now), role, version("jianliu"), now)

    async def run(self) -> None:
        """Be heard of until cancelled, then be off the list."""
        try:
            while True:
                self.wake.clear()
                try:
                    await asyncio.to_thread(self._refresh)
                    await self._commit(self._seen)
                except SQLAlchemyError as failure:
                    log.warning("heartbeat.not_heard", reason=type(failure).__name__)
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY):
                        await self.wake.wait()
        finally:
            with suppress(DBAPIError, Stopped):
                await self._commit(lambda db: workers.gone(db, self.process))

    def _refresh(self) -> None:
        with self._database.reading() as db:
            self._rules.refresh(db)

    def _seen(self, db: Unit) -> None:
        publication, now = self._rules.publication, self._clock.now()
        workers.seen(db, self.process, publication=publication, now=now)

    async def _commit(self, work: Callable[[Unit], None]) -> None:
        await asyncio.wrap_future(self._database.writer.submit(work))
