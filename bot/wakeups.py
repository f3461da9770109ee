"""Telling other processes that a lane got work, over PostgreSQL's NOTIFY.

Only a hint that saves them the wait until they look anyway: a lost one costs seconds. It goes
out after the commit and on its own connection, because a transaction that notifies takes a
lock over the whole database when it commits (durability reference §2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import URL

if TYPE_CHECKING:
    from psycopg import AsyncConnection

log = structlog.get_logger(__name__)

CHANNEL = "jianliu"
AGAIN_SECONDS = 5.0
"""Before a lost connection is opened again."""


class Wakeups:
    """One process's ear and mouth; it tells about lanes that others work off."""

    def __init__(self, url: URL, wake: Callable[[Iterable[str]], None]) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._wake = wake
        self._lanes: set[str] = set()
        self._told = asyncio.Event()

    def tell(self, lanes: Iterable[str]) -> None:
        """Pass on that these lanes got work; called on the event loop."""
        self._lanes.update(lanes)
        self._told.set()

    async def speak(self) -> None:
        """Pass on what was told, until cancelled."""
        await self._connected(self._speak)

    async def listen(self) -> None:
        """Wake the lanes others tell of, until cancelled."""
        await self._connected(self._listen)

    async def _speak(self, connection: AsyncConnection) -> None:
        await connection.execute("SET synchronous_commit = off")  # a hint needs no disk
        while True:
            await self._told.wait()
            self._told.clear()
            lanes, self._lanes = self._lanes, set()
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, "\n".join(lanes)))

    async def _listen(self, connection: AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        async for hint in connection.notifies():
            self._wake(hint.payload.splitlines())

    async def _connected(self, talk: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        from psycopg import AsyncConnection, Error  # 9 MB; on SQLite nobody gets here

        while True:
            try:
                connection = await AsyncConnection.connect(
                    self._address, autocommit=True, connect_timeout=5,
                    keepalives_idle=5, keepalives_interval=2, keepalives_count=3,
                )  # fmt: skip
                async with connection:
                    await talk(connection)
            except Error as failure:
                log.warning("wakeups.lost", reason=type(failure).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
