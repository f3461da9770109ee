"""Jobs that wait for something to happen rather than for a moment to come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, update

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


def hasten(db: Unit, lane: str, order_key: str, why: str, *, now: datetime) -> int:
    """Make the jobs of one receiver due that wait because of `why`; how many there were.

    `why` is how their last error begins ("first_contact").
    """
    values = {"lane": lane, "order_key": order_key, "why": f"{why}%", "now": now}
    found = _HASTEN.run(db, values)
    if found:
        db.lanes.add(lane)
    return found
