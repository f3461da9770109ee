"""Something only one process may do: it acts as long as it holds the lease."""

import asyncio
from datetime import timedelta

from bot.clock import Clock
from bot.holding import Holding, Lost, Taken
from engine import audit, leases
from engine.database import Database

NAME = "leader"
TTL = timedelta(seconds=1)


def lead(url, name):
    """Take the lease, act twenty times a second, and try again when it is lost; for ever."""
    asyncio.run(_lead(url, name))


async def _lead(url, name):
    database, clock = Database(url), Clock("Asia/Shanghai")
    holding = Holding(database, clock, name, TTL)

    def act(db, epoch):
        if leases.guard(db, NAME, epoch):
            audit.record(db, "acted", (name, str(epoch)), at=clock.now())

    async def acting(epoch):
        while True:
            await asyncio.wrap_future(database.writer.submit(lambda db: act(db, epoch)))
            await asyncio.sleep(0.05)

    while True:
        try:
            await holding.run(NAME, acting)
        except (Lost, Taken):
            await asyncio.sleep(0.05)
