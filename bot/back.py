"""Back from other threads to the event loop: one wake-up for whatever comes together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Back:
    """Calls functions on one event loop, in their order; may be called from any thread.

    A commit settles dozens of units at once; waking the loop for each of them would cost more
    than telling them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._called = False

    def __call__(self, function: Callable[[], None]) -> None:
        """Have `function` called soon.

        Raises:
            RuntimeError: the loop is closed.
        """
        self._waiting.append(function)
        if not self._called:
            self._called = True
            self.loop.call_soon_threadsafe(self._run)

    def _run(self) -> None:
        self._called = False  # first: what is added from here on calls again
        while self._waiting:
            self._waiting.popleft()()
