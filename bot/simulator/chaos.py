"""Faults the fake platforms commit when asked to (`/sim/api/chaos`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, get_args

Fault: TypeAlias = Literal[
    "timeout",
    "5xx",
    "429",
    "duplicate",
    "reorder",
    "down",
    "token_expired",
    "ip_denied",
    "over_quota",
]
FAULTS: tuple[str, ...] = get_args(Fault)

OUTAGE: Final = timedelta(minutes=10)
"""How long, on the demo's clock, a platform is down for each time "down" was ordered."""


class Chaos:
    """How many more times each platform commits each fault, and until when it is down."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._left: Counter[tuple[str, str]] = Counter()
        self._down_until: dict[str, datetime] = {}

    def order(self, platform: str, fault: Fault, times: int) -> None:
        """Commit `fault` on the next `times` occasions; be down for as many outages."""
        if fault == "down":
            self._down_until[platform] = self._now() + times * OUTAGE
        else:
            self._left[platform, fault] = times

    def strikes(self, platform: str, fault: Fault) -> bool:
        """Whether the fault happens now; each True uses up one occasion, an outage lasts."""
        if fault == "down":
            until = self._down_until.get(platform)
            return until is not None and self._now() < until
        if self._left[platform, fault] <= 0:
            return False
        self._left[platform, fault] -= 1
        return True

    def clear(self) -> None:
        """No more faults."""
        self._left.clear()
        self._down_until.clear()
