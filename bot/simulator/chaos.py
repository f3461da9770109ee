"""Faults the fake platforms commit when asked to (`/sim/api/chaos`)."""

from __future__ import annotations

from collections import Counter
from typing import Literal, TypeAlias, get_args

Fault: TypeAlias = Literal[
    "timeout", "5xx", "429", "duplicate", "reorder", "down", "token_expired", "ip_denied"
]
FAULTS: tuple[str, ...] = get_args(Fault)


class Chaos:
    """How many more times each platform commits each fault."""

    def __init__(self) -> None:
        self._left: Counter[tuple[str, str]] = Counter()

    def order(self, platform: str, fault: Fault, times: int) -> None:
        """Commit `fault` on the next `times` occasions."""
        self._left[platform, fault] = times

    def strikes(self, platform: str, fault: Fault) -> bool:
        """Whether the fault happens now; each True uses up one occasion."""
        if self._left[platform, fault] <= 0:
            return False
        self._left[platform, fault] -= 1
        return True

    def clear(self) -> None:
        """No more faults."""
        self._left.clear()
