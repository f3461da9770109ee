"""Whose messages go now: at the pace the platform takes, urgent first, nothing claimed too early.

The bucket of a lane is shared by all processes. What cannot go for long (the platform takes
nothing, the month's calls are used up) is put off, so that its due time says when it is tried.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.platforms.api import Platform, Undelivered
from engine import buckets, jobs, quota, turns
from engine.jobs import Leased, Urgency
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales import economy
from sales.economy import Step

LOOK_AGAIN = timedelta(hours=1)
"""Until then nobody has bought more calls, or it is a new month."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was claimed, and when to look again if not before; None when nothing waits."""

    jobs: list[Leased]
    later: datetime | None


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of one lane."""

    platform: Platform
    lane: str
    rules: Rulebook

    def claim(
        self, db: Unit, room: int, *, lease: timedelta, now: datetime, suspects: bool = False
    ) -> Turn:  # fmt: skip
        """Lease what `room` calls can carry; of suspects one, which goes alone."""
        level = buckets.level(db, self.lane, self.platform.rate, now=now)
        if level.why:
            turns.put_off(db, self.lane, Urgency.NOW, until=level.next_at, now=now)
        least = self._least(db, now)
        free = min(room, level.free)
        claimed: list[Leased] = []
        asked = 0
        for urgency in Urgency:
            if asked >= free or urgency > least:
                break
            taken = jobs.claim(
                db, self.lane, now=now, lease=lease, limit=free - asked, suspects=suspects,
                urgency=urgency,
            )  # fmt: skip
            asked += len(taken)
            claimed += taken
        if not suspects:
            claimed += self._mates(db, claimed, lease, now)
        buckets.take(db, self.lane, self.platform.rate, self._calls(claimed), now=now)
        later = jobs.next_due(db, self.lane, now=now)
        if asked >= level.free and not level.why:
            soon = now + self.platform.rate.each
            later = soon if later is None else min(soon, later)
        return Turn(claimed, later)

    def refused(self, db: Unit, failure: Undelivered, *, now: datetime) -> None:
        """Nobody is tried before the moment the platform named."""
        if failure.everybody and failure.retry_after is not None:
            until = min(now + failure.retry_after, quota.turn(now))
            buckets.hold(db, self.lane, self.platform.rate, failure.reason, until=until)

    def _least(self, db: Unit, now: datetime) -> Urgency:
        """The least urgent that may go; when the month's calls run out, all else is put off."""
        it = self.platform
        if economy.step(db, it.name, it.tenant, self.rules, now=now) < Step.ESSENTIAL:
            return Urgency.LATER
        until = min(now + LOOK_AGAIN, quota.turn(now))
        turns.put_off(db, self.lane, Urgency.SOON, until=until, now=now)
        return Urgency.NOW

    def _mates(
        self, db: Unit, claimed: list[Leased], lease: timedelta, now: datetime
    ) -> list[Leased]:  # fmt: skip
        """What can go in the same calls, until they are full."""
        leaders = {job.alike: job for job in claimed if job.alike}
        most = self.platform.together
        return [
            mate
            for alike, count in Counter(job.alike for job in claimed if job.alike).items()
            for mate in turns.claim_mates(
                db, leaders[alike], now=now, lease=lease, limit=-count % most
            )
        ]

    def _calls(self, claimed: list[Leased]) -> int:
        """How many calls they make, as far as their content tells."""
        counts = Counter(job.alike for job in claimed)
        return counts.pop("", 0) + sum(-(-n // self.platform.together) for n in counts.values())
