"""Doing something while holding a lease: what only one process may do at a time.

The lease is renewed while the work goes on. The holder judges by its own monotonic deadline,
counted from before it asked, so it always stops before anybody else may begin; a process that
was stopped finds the deadline passed when it wakes (durability reference §4.8).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from engine import leases
from engine.database import Database
from engine.unit import Unit
from engine.writer import Stopped

T = TypeVar("T")

TTL = timedelta(seconds=5)
"""After this long a dead holder's lease is free; it is renewed three times as often."""


class Taken(Exception):
    """Another holder has the lease."""


class Lost(Exception):
    """The lease ended while the work went on; the work was cancelled."""


class Holding:
    """Takes leases in the name of one process (`holder`)."""

    def __init__(
        self, database: Database, clock: Clock, holder: str, ttl: timedelta = TTL
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._holder = holder
        self._ttl = ttl

    async def run(self, name: str, work: Callable[[int], Awaitable[T]]) -> T:
        """Await `work(epoch)` while this process holds the lease `name`.

        Raises:
            Taken: somebody else holds it, maybe another task of this process.
            Lost: it could not be kept; `work` was cancelled.
            DBAPIError: the database could not be asked.
            Stopped: the service is ending.
        """
        asked = asyncio.get_running_loop().time()
        epoch = await self._commit(
            lambda db: leases.acquire(db, name, self._holder, now=self._clock.now(), ttl=self._ttl)
        )
        if epoch is None:
            raise Taken(name)
        limit = asyncio.timeout_at(asked + self._ttl.total_seconds())
        try:
            async with limit:
                keeping = asyncio.create_task(self._keep(name, epoch, limit))
                try:
                    return await work(epoch)
                finally:
                    keeping.cancel()
        except TimeoutError:
            if limit.expired():
                raise Lost(name) from None
            raise
        finally:
            with suppress(DBAPIError, Stopped):  # then it runs out
                await self._commit(
                    lambda db: leases.release(db, name, epoch, now=self._clock.now())
                )

    async def _keep(self, name: str, epoch: int, limit: asyncio.Timeout) -> None:
        """Move the limit while the lease can be renewed."""
        loop = asyncio.get_running_loop()
        while not limit.expired():
            await asyncio.sleep(self._ttl.total_seconds() / 3)
            asked = loop.time()
            try:
                kept = await self._commit(
                    lambda db: leases.renew(db, name, epoch, now=self._clock.now(), ttl=self._ttl)
                )
            except (DBAPIError, Stopped):
                continue  # the limit stands
            if not limit.expired():
                limit.reschedule(asked + self._ttl.total_seconds() if kept else asked)

    async def _commit(self, work: Callable[[Unit], T]) -> T:
        return await asyncio.wrap_future(self._database.writer.submit(work))
