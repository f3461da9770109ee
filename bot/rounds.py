"""One round of work after another: the loop that the inbox, couriers, lanes and timers share."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod


class Rounds(ABC):
    """Runs `round` whenever `wake` is set, and when the last one said there may be more.

    A round that has begun goes on to its end, also when we are stopped: what it has claimed
    would wait for its lease to run out.
    """

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self._round: asyncio.Task[float] | None = None

    @abstractmethod
    async def round(self) -> float:
        """Do what is due; seconds until there may be more."""

    async def run(self) -> None:
        """Round after round, until cancelled."""
        while True:
            self.wake.clear()
            self._round = asyncio.create_task(self.round())
            wait = await asyncio.shield(self._round)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):  # before 3.12 wait_for may swallow our end
                    await self.wake.wait()

    async def drain(self) -> None:
        """Wait for the round that has begun."""
        if self._round is not None:
            await asyncio.gather(self._round, return_exceptions=True)
