"""Taking the time of something, and of something known: how far a figure can be trusted."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from statistics import median
from typing import Any

TURNS = 1_000_000
ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds by the wall, and of CPU in all threads of this process."""

    wall: float
    cpu: float


async def timed(work: Awaitable[Any]) -> Took:
    """How long until it is done."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work
    return _since(wall, cpu)


def calibration() -> Took:
    """A million additions: both figures are the same on a quiet machine."""
    took = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        sum(range(TURNS))
        took.append(_since(wall, cpu))
    return Took(median(one.wall for one in took), median(one.cpu for one in took))


def _since(wall: float, cpu: float) -> Took:
    return Took((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)
