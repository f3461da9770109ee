"""Looking for what the administrators must be told, in every process that works."""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.clock import Clock
from engine.calendar_days import Calendars
from engine.database import Database
from engine.rulebook import Rulebook
from engine.unit import Unit
from scheduler import operators, quota

EVERY = 10.0


class Notices:
    """Posts a card when something is dead or uncertain, or a month's calls run short."""

    def __init__(
        self, database: Database, clock: Clock, calendars: Calendars, rules: Rulebook
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._calendars = calendars
        self._rules = rules

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
        work = self._database.writer.submit(lambda db: self._tell(db, now))
        return await asyncio.wrap_future(work)

    def _tell(self, db: Unit, now: datetime) -> int:
        calendar = self._calendars.current(db)
        letters = operators.notify(db, now=now)
        return letters + quota.notify(db, self._rules, calendar, now=now)

    def _due(self) -> bool:
        with self._database.reading() as db:
            now, calendar = self._clock.now(), self._calendars.current(db)
            return operators.due(db, now=now) or quota.due(db, self._rules, calendar, now=now)
