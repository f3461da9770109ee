"""The few seconds in which what a person did may be replied to under its own req_id."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass


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

    def open(self, whose: str, request: str, command: str) -> Window:
        """Something was pushed just now."""
        now = asyncio.get_running_loop().time()
        for one in list(self._open):
            self._prune(one, now)
        window = Window(request, command, now + self._seconds)
        self._open[whose].append(window)
        return window

    def take(self, whose: str) -> Window | None:
        """The oldest open window, which is nobody else's from now on; None if there is none."""
        self._prune(whose, asyncio.get_running_loop().time())
        found = self._open.get(whose)
        return found.pop(0) if found else None

    def _prune(self, whose: str, now: float) -> None:
        kept = [window for window in self._open.get(whose, ()) if window.ends > now]
        if kept:
            self._open[whose] = kept
        else:
            self._open.pop(whose, None)
