"""The one clock. Only `bot/` reads it; everything else is told what time it is.

Several processes agree on the time because they ask the one thing they share: on PostgreSQL
the database's clock is the anchor, on SQLite this machine's own. In between, time is counted
by the monotonic clock, which nobody can set (decision 0009).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from engine.database import Database
from engine.types import EPOCH, MICROSECOND

log = structlog.get_logger(__name__)

ANCHOR_EVERY = 10.0
"""Seconds between two looks at the anchor; a set or suspended machine is right again by then."""
WRONG = timedelta(seconds=5)
"""A wall clock further off than this is worth an operator's attention."""
_NOW = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"


def wall() -> datetime:
    """What this machine believes; it may be wrong by minutes and may be set at any moment."""
    return datetime.now(UTC)


class Clock:
    """Business time: the anchored real time plus an offset that only the demo ever moves."""

    def __init__(
        self, zone: str, offset: timedelta = timedelta(), *,
        wall: Callable[[], datetime] = wall, ticks: Callable[[], int] = time.monotonic_ns,
    ) -> None:  # fmt: skip
        self.zone = ZoneInfo(zone)
        self.offset = offset
        self.skew = timedelta()
        """How far this machine's wall clock is ahead of the anchor."""
        self._wall = wall
        self._ticks = ticks
        self._anchor = (wall(), ticks())

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self.real() + self.offset

    def real(self) -> datetime:
        """Real time, for signatures: a demo that jumps ahead stays authentic."""
        at, since = self._anchor
        return at + _span(since, self._ticks())

    def date_of(self, moment: datetime) -> date:
        """The business day of a moment."""
        return moment.astimezone(self.zone).date()

    def jump(self, to: datetime) -> None:
        """Make it `to` now (demo and tests)."""
        self.offset = to - self.real()

    def anchor(self, database: Database) -> None:
        """Ask what time it is and believe it; for threads, it waits for the database.

        The answer was true at some moment of the round trip. While our own time lies within
        it, nothing moves; else it moves to the nearer end and not further, so that it goes
        back only if it was ahead.

        Raises:
            SQLAlchemyError: the database did not answer; the clock runs on as it is.
        """
        asked, answered, at = self._ask(database)
        latest = at + _span(asked, answered)
        believed, since = self._anchor
        self._anchor = (min(max(believed + _span(since, answered), at), latest), answered)
        off, self.skew = self.skew, self._wall() - self.real()
        if abs(self.skew) > WRONG >= abs(off):
            log.warning("clock.wall_is_wrong", ahead_seconds=round(self.skew.total_seconds(), 1))

    async def keep(self, database: Database) -> None:
        """Stay anchored, until cancelled."""
        while True:
            await asyncio.sleep(ANCHOR_EVERY)
            try:
                await asyncio.to_thread(self.anchor, database)
            except SQLAlchemyError as failure:
                log.warning("clock.not_anchored", reason=type(failure).__name__)

    def _ask(self, database: Database) -> tuple[int, int, datetime]:
        """Ticks before and after the question, and the answer."""
        if database.embedded:
            at, asked = self._wall(), self._ticks()
            return asked, asked, at
        with database.reading() as db:
            asked = self._ticks()
            (microseconds,) = db.drive(_NOW).fetchone()
            return asked, self._ticks(), EPOCH + microseconds * MICROSECOND


def _span(since: int, until: int) -> timedelta:
    """The time between two nanosecond counts."""
    return timedelta(microseconds=(until - since) // 1000)
