"""Noticing that the process hangs: a handler that never returns, a dead event loop.

Its own thread asks once a second whether the event loop and its threads still answer and
whether the writer gets on. It counts its own seconds instead of reading a clock, so that a
process that was stopped and goes on is not taken for one that hangs.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from engine.writer import Writer

log = structlog.get_logger(__name__)

TICK = 1.0
SICK_SECONDS = 20
"""From here on /healthz says so."""
DEAD_SECONDS = 60
"""From here on nothing but a new start helps; what we held comes back by its lease."""
EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h


def end(what: str) -> None:
    """End the process at once, without asking the threads that hang; its supervisor goes on."""
    log.critical("watchdog.ended_the_process", hanging=what, seconds=DEAD_SECONDS)
    logging.shutdown()
    os._exit(EXIT_CODE)


class Watchdog:
    """Watches the event loop it is entered on and the writer.

    `last` is called once, from the watching thread, with what hangs.
    """

    def __init__(self, writer: Writer, last: Callable[[str], None] = end) -> None:
        self._writer = writer
        self._last = last
        self._stopping = threading.Event()
        self._asked = False
        self.silent = {"loop": 0, "writer": 0}
        """Seconds without an answer."""

    @property
    def hanging(self) -> str:
        """What has not answered for `SICK_SECONDS`, "" if all is well."""
        return next((what for what, n in self.silent.items() if n >= SICK_SECONDS), "")

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch until the block is left."""
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._watch, args=(loop,), name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            await asyncio.to_thread(thread.join)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        beat = self._writer.beat
        while not self._stopping.wait(TICK):
            stuck = self._writer.beat == beat and beat % 2 == 1
            beat = self._writer.beat
            self.silent["writer"] = self.silent["writer"] + 1 if stuck else 0
            self.silent["loop"] += 1
            if not self._asked:
                self._asked = True
                loop.call_soon_threadsafe(loop.run_in_executor, None, self._answer)
            for what, seconds in self.silent.items():
                if seconds >= DEAD_SECONDS:
                    self._last(what)
                    return

    def _answer(self) -> None:
        """Reached through the loop and one of its threads: both live."""
        self._asked = False
        self.silent["loop"] = 0
