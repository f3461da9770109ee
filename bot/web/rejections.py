"""What was turned away at the door: counted every time, told now and then.

Ten thousand bad signatures a minute must not fill the disk (attack D33), so of one sort there
is a line at once and then one in ten seconds, which says how many it stands for.
"""

from __future__ import annotations

import time

import structlog

from bot import metrics

log = structlog.get_logger(__name__)

QUIET_SECONDS = 10.0

_told: dict[tuple[str, str], tuple[float, int]] = {}
"""By sort: when its last line was written, and how many came since."""


def tell(platform: str, reason: str, path: str) -> None:
    """Count a rejection and log it, unless the same was logged a moment ago.

    `reason` and `path` are ours, never the sender's words, so there are few sorts.
    """
    metrics.rejected(platform, reason)
    now = time.monotonic()
    at, more = _told.get((path, reason), (now - QUIET_SECONDS, 0))
    if now - at < QUIET_SECONDS:
        _told[path, reason] = at, more + 1
        return
    _told[path, reason] = now, 0
    log.warning("callback.rejected", path=path, reason=reason, unsaid=more)
