"""The one clock. Only `bot/` reads it; everything else is told what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class Clock:
    """Business time: real time plus an offset that only the demo ever moves."""

    def __init__(self, zone: str, offset: timedelta = timedelta()) -> None:
        self.zone = ZoneInfo(zone)
        self.offset = offset

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC) + self.offset

    def date_of(self, moment: datetime) -> date:
        """The business day of a moment."""
        return moment.astimezone(self.zone).date()

    def jump(self, to: datetime) -> None:
        """Make it `to` now (demo and tests)."""
        self.offset = to - datetime.now(UTC)


def wall() -> datetime:
    """Real time, for signatures and tokens: a demo that jumps ahead stays authentic."""
    return datetime.now(UTC)
