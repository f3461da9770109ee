"""How long to wait before the next try at something that keeps failing."""

from __future__ import annotations

import random


def jittered(failures: int, shortest: float, longest: float) -> float:
    """Full jitter: any part of a wait that doubles with every failure, in seconds.

    The first failure waits up to `shortest`, no failure longer than `longest`; so a thousand
    clients that lost the same server do not come back together.
    """
    return random.uniform(0, min(longest, shortest * 2.0 ** min(failures - 1, 16)))
