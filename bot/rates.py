"""How much one person may send, so that a flood fills neither disk nor anybody's phone (D33).

A token bucket per account, asked before anything is stored. It lives in the memory of one
process: N web processes together let through up to N times as much, which is still a trickle
beside what a flood is, and costs no database.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import TypeAlias

from engine.rulebook import Rulebook
from sales.rules.limits import LIMITS

Account: TypeAlias = tuple[str, str, str]
"""Platform, organisation, user id."""

MOST_ACCOUNTS = 10_000
"""Accounts remembered; beyond, the one that has been silent longest is forgotten."""
MOST_EVENTS = 64
"""Events remembered per account: longer than a platform goes on repeating one of them."""
PAUSE_SECONDS = 60.0
"""After a flood nothing is taken for so long, as its notice says; one notice each time."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one person may send: `per_minute` in the long run, `burst` at once.

    A person who registers one thing a minute sends three to six lines and presses in it; the
    rule's thirty are a busy afternoon of tapping, its twenty at once more than a thumb does. A
    script asks for two hundred.
    """

    per_minute: float
    burst: float


def by_rule(rules: Rulebook, now: datetime) -> Rate:
    """What the rule `limits/people` allows at a moment."""
    limits = rules.at(LIMITS, now).body
    return Rate(limits.commands_per_minute, limits.commands_at_once)


class Verdict(Enum):
    """What is to be done with an event."""

    TAKE = auto()
    NOTICE = auto()
    """Drop it, and tell the person."""
    DROP = auto()


@dataclass(slots=True)
class _Bucket:
    """One account: what is left of its burst as of `at`, and which events were judged how."""

    left: float
    at: float
    paused_until: float = 0.0
    known: OrderedDict[str, bool] = field(default_factory=OrderedDict)


class Rates:
    """Counts what people send; the same event again is neither counted nor judged again."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._buckets: OrderedDict[Account, _Bucket] = OrderedDict()

    def judge(self, account: Account, event_key: str, now: datetime) -> Verdict:
        """Whether to take an event; costs about a microsecond and never more than a few KiB."""
        moment = now.timestamp()
        bucket = self._bucket(account, moment)
        taken = bucket.known.get(event_key)
        if taken is not None:
            return Verdict.TAKE if taken else Verdict.DROP
        verdict = self._spend(bucket, moment)
        bucket.known[event_key] = verdict is Verdict.TAKE
        if len(bucket.known) > MOST_EVENTS:
            bucket.known.popitem(last=False)
        return verdict

    def forget(self) -> None:
        """Begin anew (the demo starts over)."""
        self._buckets.clear()

    def _bucket(self, account: Account, moment: float) -> _Bucket:
        bucket = self._buckets.get(account)
        if bucket is None:
            bucket = self._buckets[account] = _Bucket(self.rate.burst, moment)
            if len(self._buckets) > MOST_ACCOUNTS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(account)
        return bucket

    def _spend(self, bucket: _Bucket, moment: float) -> Verdict:
        gained = max(0.0, moment - bucket.at) * self.rate.per_minute / 60
        bucket.left = min(self.rate.burst, bucket.left + gained)
        bucket.at = moment
        if moment < bucket.paused_until:
            return Verdict.DROP
        if bucket.left < 1:
            bucket.paused_until = moment + PAUSE_SECONDS
            return Verdict.NOTICE
        bucket.left -= 1
        return Verdict.TAKE
