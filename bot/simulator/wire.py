"""The wire log: every request between the service and the fake platforms, raw and decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

Direction: TypeAlias = Literal["to_bot", "from_bot"]

KEPT = 2000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what was answered; `decoded` is the readable form of an encrypted body."""

    id: int
    at: datetime
    platform: str
    direction: Direction
    summary: str
    raw: str
    decoded: Any
    answer: Any


class WireLog:
    """The newest exchanges, oldest first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._serial = 0
        self._kept: deque[Exchange] = deque(maxlen=KEPT)

    def add(
        self,
        platform: str,
        direction: Direction,
        summary: str,
        *,
        raw: str,
        decoded: Any = None,
        answer: Any = None,
    ) -> None:
        """Note one exchange: `summary` is a line such as "POST /cgi-bin/message/send → 0"."""
        self._serial += 1
        self._kept.append(
            Exchange(self._serial, self._now(), platform, direction, summary, raw, decoded, answer)
        )

    def after(self, serial: int = 0) -> list[Exchange]:
        """The exchanges newer than number `serial`."""
        return [e for e in self._kept if e.id > serial]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
