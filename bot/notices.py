"""Looking for what the administrators must be told, in every process that works."""

from __future__ import annotations

import asyncio

from bot.clock import Clock
from engine.database import Database
from scheduler import operators

EVERY = 10.0


class Notices:
    """Posts a card when something has become a dead letter or is uncertain."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Look once; how many cards were posted."""
        now = self._clock.now()
        if not await asyncio.to_thread(self._due):
            return 0
        work = self._database.writer.submit(lambda db: operators.notify(db, now=now))
        return await asyncio.wrap_future(work)

    def _due(self) -> bool:
        with self._database.reading() as db:
            return operators.due(db, now=self._clock.now())
