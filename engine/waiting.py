"""Jobs that wait for something to happen rather than for a moment to come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from engine.jobs import JOB, State
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit

_HASTEN = Statement(
    update(JOB)
    .where(JOB.c.lane == bindparam("lane"), JOB.c.order_key == bindparam("order_key"))
    .where(JOB.c.state == State.OPEN, JOB.c.order_key != "")
    .where(JOB.c.due > bindparam("now", type_=UtcTime), JOB.c.last_error.like(bindparam("why")))
    .values(due=bindparam("now", type_=UtcTime))
)
_STUCK = select(JOB.c.order_key).where(
    JOB.c.lane == bindparam("lane"),
    JOB.c.state == State.OPEN,
    JOB.c.last_error.like(bindparam("why")),
)
_HELD_UP = Statement(
    select(JOB.c.order_key, func.count().label("jobs"))
    .where(JOB.c.lane == bindparam("lane"), JOB.c.state == State.OPEN)
    .where(JOB.c.order_key != "", JOB.c.order_key.in_(_STUCK))
    .group_by(JOB.c.order_key)
)


def held_up(db: Unit, lane: str, why: str) -> dict[str, int]:
    """Receiver → how many jobs wait for it because of `why`, those behind the first included."""
    return {row.order_key: row.jobs for row in _HELD_UP.rows(db, {"lane": lane, "why": f"{why}%"})}


def hasten(db: Unit, lane: str, order_key: str, why: str, *, now: datetime) -> int:
    """Make the jobs of one receiver due that wait because of `why`; how many there were.

    `why` is how their last error begins ("first_contact").
    """
    values = {"lane": lane, "order_key": order_key, "why": f"{why}%", "now": now}
    found = _HASTEN.run(db, values)
    if found:
        db.lanes.add(lane)
    return found
