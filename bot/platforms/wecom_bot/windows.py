"""The few seconds in which what a person did may be replied to under its own req_id."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

REMEMBERED = 10_000
"""req_ids of which a repetition is known; some megabytes."""


@dataclass(frozen=True, slots=True)
class Window:
    """`command` may answer `request`, once, until `ends` (the event loop's time)."""

    request: str
    command: str
    ends: float


class Windows:
    """Open windows by whom they belong to: a person's account, or the req_id of a press."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: defaultdict[str, list[Window]] = defaultdict(list)
        self._opened: dict[str, None] = {}

    def open(self, whose: str, request: str, command: str) -> None:
        """Something was pushed just now; told again, it opens nothing.

        A second window of one req_id would take the platform's "already replied" to the first
        answer for the arrival of a second one.
        """
        if request in self._opened:
            return
        now = asyncio.get_running_loop().time()
        for one in list(self._open):
            self._prune(one, now)
        self._opened[request] = None
        if len(self._opened) > REMEMBERED:
            del self._opened[next(iter(self._opened))]
        self._open[whose].append(Window(request, command, now + self._seconds))

    def take(self, whose: str, commands: Collection[str]) -> Window | None:
        """The oldest open window one of `commands` may answer, nobody else's from now on."""
        self._prune(whose, asyncio.get_running_loop().time())
        found = self._open.get(whose, [])
        window = next((one for one in found if one.command in commands), None)
        if window is not None:
            found.remove(window)
        return window

    def _prune(self, whose: str, now: float) -> None:
        kept = [window for window in self._open.get(whose, ()) if window.ends > now]
        if kept:
            self._open[whose] = kept
        else:
            self._open.pop(whose, None)
