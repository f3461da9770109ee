"""Token buckets all processes share: how many calls may go now, and until when none may.

One row per bucket holds the moment at which it would be full again; taking a token moves that
moment. Reading locks the row until the unit ends, so that processes never take a token twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, case, select, update
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement, insertion_once
from engine.types import EPOCH, UtcTime
from engine.unit import Unit


class Bucket(Row, table=True):
    """`full_at` is when the last token will be back; until `held_until` nothing goes, and why."""

    __tablename__ = "bucket"

    name: str = Field(primary_key=True)
    full_at: datetime = Field(sa_type=UtcTime)
    held_until: datetime = Field(sa_type=UtcTime)
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` tokens in the long run, `burst` at once: at most their sum in any second."""

    per_second: int
    burst: int

    @property
    def each(self) -> timedelta:
        """How long one token takes to come back."""
        return timedelta(seconds=1) / self.per_second


@dataclass(frozen=True, slots=True)
class Level:
    """What a bucket allows: `free` calls now, or one at `next_at`; `why` if it is held."""

    free: int
    next_at: datetime
    why: str = ""


BUCKET = table(Bucket)
_IT = BUCKET.c.name == bindparam("wanted")
_READ = select(BUCKET.c.full_at, BUCKET.c.held_until, BUCKET.c.why).where(_IT)
_LOOK, _LOCK = Statement(_READ), Statement(_READ.with_for_update())
_MAKE = insertion_once(BUCKET, "name", "full_at", "held_until", "why")
_NOW = bindparam("now", type_=UtcTime)
_TAKE = Statement(
    update(BUCKET)
    .where(_IT)
    .values(
        full_at=case((BUCKET.c.full_at > _NOW, BUCKET.c.full_at), else_=_NOW).op("+")(
            bindparam("cost", type_=BigInteger)
        )
    )
)
_HOLD = Statement(
    update(BUCKET)
    .where(_IT, BUCKET.c.held_until < bindparam("ends", type_=UtcTime))
    .values(held_until=bindparam("ends", type_=UtcTime), full_at=bindparam("full"),
            why=bindparam("reason"))
)  # fmt: skip


def level(db: Unit, name: str, rate: Rate, *, now: datetime) -> Level:
    """How many may go; nobody else takes one before this unit ends."""
    row = _LOCK.row(db, {"wanted": name})
    if row is None:
        _MAKE.run(db, {"name": name, "full_at": EPOCH, "held_until": EPOCH, "why": ""})
        row = _LOCK.one(db, {"wanted": name})
    if row.held_until > now:
        return Level(0, row.held_until, row.why)
    lent = max(row.full_at - now, timedelta())
    free = (rate.burst * rate.each - lent) // rate.each
    return Level(max(free, 0), now + max(lent - (rate.burst - 1) * rate.each, timedelta()))


def take(db: Unit, name: str, rate: Rate, count: int, *, now: datetime) -> None:
    """Take so many tokens of a bucket whose level was asked for in this unit."""
    if count:
        cost = count * rate.each // timedelta(microseconds=1)
        _TAKE.run(db, {"wanted": name, "now": now, "cost": cost})


def hold(db: Unit, name: str, rate: Rate, why: str, *, until: datetime) -> None:
    """Let nothing go until a moment, and then one at first, to see how it fares."""
    full = until + (rate.burst - 1) * rate.each
    _HOLD.run(db, {"wanted": name, "ends": until, "full": full, "reason": why})


def held(db: Unit, name: str, *, now: datetime) -> Level | None:
    """Why and until when nothing goes; None if nothing stands in the way."""
    row = _LOOK.row(db, {"wanted": name})
    return Level(0, row.held_until, row.why) if row is not None and row.held_until > now else None


def busy(db: Unit, name: str, *, now: datetime) -> bool:
    """Whether tokens were taken lately or will be again: what waits is waiting its turn."""
    row = _LOOK.row(db, {"wanted": name})
    return row is not None and max(row.full_at, row.held_until) > now
