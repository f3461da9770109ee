"""Whose turn it is in a lane that is not as quick as its jobs: together, or later."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, literal_column, select, update

from engine.jobs import FREE, JOB, Leased, State, Urgency, claiming, leased
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit

_CLAIM_MATES = claiming(
    FREE.where(
        JOB.c.alike == bindparam("like"), JOB.c.alike != literal_column("''"), JOB.c.crashes == 0
    )
)
_PUT_OFF = Statement(
    update(JOB)
    .where(JOB.c.lane == bindparam("in_lane"), JOB.c.state == State.OPEN)
    .where(JOB.c.urgency >= bindparam("from_level"))
    .where(JOB.c.due <= bindparam("now", type_=UtcTime))
    .values(due=bindparam("later", type_=UtcTime))
)
_NTH_LAST_DONE = Statement(
    select(JOB.c.done_at)
    .where(JOB.c.lane == bindparam("lane"), JOB.c.order_key == bindparam("order_key"))
    .where(JOB.c.state == State.DONE, JOB.c.order_key != "")
    .order_by(JOB.c.done_at.desc())
    .limit(1)
    .offset(bindparam("skipped"))
)
_UPCOMING = Statement(
    select(JOB.c.lane, JOB.c.due)
    .where(JOB.c.state == State.OPEN, JOB.c.due > bindparam("now", type_=UtcTime))
    .where(JOB.c.due <= bindparam("until", type_=UtcTime))
    .order_by(JOB.c.due)
    .limit(1)
)


def claim_mates(
    db: Unit, job: Leased, *, now: datetime, lease: timedelta, limit: int
) -> list[Leased]:  # fmt: skip
    """Lease up to `limit` due jobs that can be done together with `job`, which we hold."""
    if not job.alike or limit <= 0:
        return []
    values = {"from_lane": job.lane, "now": now, "until": now + lease, "most": limit}
    return leased(_CLAIM_MATES.rows(db, {**values, "like": job.alike}))


def put_off(db: Unit, lane: str, least: Urgency, *, until: datetime, now: datetime) -> int:
    """Make what is due at `now` and no more urgent than `least` due later; how many there were."""
    values = {"in_lane": lane, "from_level": least, "later": until, "now": now}
    return _PUT_OFF.run(db, values)


def nth_last_done(db: Unit, lane: str, order_key: str, nth: int) -> datetime | None:
    """When the `nth` newest finished job (1 is the newest) of one receiver was finished."""
    window = {"lane": lane, "order_key": order_key, "skipped": nth - 1}
    return _NTH_LAST_DONE.value(db, window)


def upcoming(db: Unit, *, now: datetime, until: datetime) -> tuple[str, datetime] | None:
    """(lane, due) of the next job that falls due after `now` and by `until`, if any."""
    row = _UPCOMING.row(db, {"now": now, "until": until})
    return None if row is None else (row.lane, row.due)
