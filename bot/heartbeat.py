"""Being heard of: every process notes every few seconds that it lives (/体检, operators)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version

import structlog
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.roles import Role
from engine import workers
from engine.database import Database
from engine.ids import ulid
from engine.unit import Unit
from engine.workers import Process
from engine.writer import Stopped

log = structlog.get_logger(__name__)

EVERY = 10.0
"""Seconds; a process silent for three of these is gone."""


class Heartbeat:
    """This process in the list of processes."""

    def __init__(self, database: Database, clock: Clock, role: Role) -> None:
        now = clock.now()
        self._database = database
        self._clock = clock
        self.process = Process(ulid(now), role, version("jianliu"), now)

    async def run(self) -> None:
        """Be heard of until cancelled, then be off the list."""
        try:
            while True:
                try:
                    await self._commit(
                        lambda db: workers.seen(db, self.process, now=self._clock.now())
                    )
                except DBAPIError as failure:
                    log.warning("heartbeat.not_heard", reason=type(failure).__name__)
                await asyncio.sleep(EVERY)
        finally:
            with suppress(DBAPIError, Stopped):
                await self._commit(lambda db: workers.gone(db, self.process))

    async def _commit(self, work: Callable[[Unit], None]) -> None:
        await asyncio.wrap_future(self._database.writer.submit(work))
