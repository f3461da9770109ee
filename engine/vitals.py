"""How the machinery is doing, in numbers: what waits, for how long, and what has failed.

Cheap however many rows there are: finished jobs are never looked at, everything else is
counted in an index that holds nothing more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal, select

from engine.deadlines import DEADLINE
from engine.jobs import BLOCKER, JOB, State, Urgency
from engine.slots import SLOT, Outcome
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from engine.workers import ALIVE, WORKER

COUNTED = 100_000
"""Open jobs of a lane are counted up to this."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: how many jobs are in which state, and how long they wait.

    `late` is how long the oldest job that could be done now has been due. `oldest` is how long
    ago the oldest open job was stored, whatever it waits for.
    """

    name: str
    open: int = 0
    leased: int = 0
    dead: int = 0
    uncertain: int = 0
    late: timedelta = timedelta()
    oldest: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Vitals:
    """All of it at one moment.

    `overdue` deadlines have a level whose moment has come; the first of them waits for
    `reminders_late`. `ran` is how long ago the newest slot of each regular job that was done
    was due, `processes` how many run by (role, version).
    """

    lanes: tuple[Lane, ...]
    overdue: int
    reminders_late: timedelta
    ran: dict[str, timedelta]
    processes: dict[tuple[str, str], int]


def _names(column: ColumnElement[str]) -> Statement:
    """The different values of an index's first column, one look-up each, not one per row."""
    names = select(func.min(column).label("name")).cte("names", recursive=True)
    following = select(func.min(column)).where(column > names.c.name).scalar_subquery()
    names = names.union_all(select(following).where(names.c.name.is_not(None)))
    return Statement(select(names.c.name).where(names.c.name.is_not(None)))


_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}
_NOW = bindparam("now", type_=UtcTime)
_LANES, _JOBS = _names(JOB.c.lane), _names(SLOT.c.job)
_WAITING = (
    select(JOB.c.id)
    .where(JOB.c.lane == bindparam("of_lane"), JOB.c.state == State.OPEN)
    .limit(COUNTED)
    .subquery()
)
_OPEN = Statement(
    select(func.count().label("jobs"), func.min(_WAITING.c.id).label("first")).select_from(_WAITING)
)
_STORED = Statement(select(JOB.c.created_at).where(JOB.c.id == bindparam("wanted")))
# Counted here, not by GROUP BY: that would tempt SQLite to walk the index of all lanes.
_LEASED = Statement(select(JOB.c.lane, JOB.c.state).where(JOB.c.state == State.LEASED))
_FAILED = Statement(
    select(JOB.c.lane, JOB.c.state).where(
        JOB.c.state.in_([literal(State.DEAD.value), literal(State.UNCERTAIN.value)])
    )
)
_DUE = Statement(
    select(JOB.c.due)
    .where(JOB.c.lane == bindparam("of_lane"), JOB.c.state == State.OPEN)
    .where(JOB.c.urgency == bindparam("level"), JOB.c.due <= _NOW, BLOCKER.is_(None))
    .order_by(JOB.c.due)
    .limit(1)
)
_OVERDUE = Statement(
    select(func.count().label("deadlines"), func.min(DEADLINE.c.next_at).label("first")).where(
        DEADLINE.c.state == "pending", DEADLINE.c.next_at <= _NOW
    )
)
_RAN = Statement(
    select(SLOT.c.slot_at)
    .where(SLOT.c.job == bindparam("of_job"), SLOT.c.outcome == Outcome.DONE.value)
    .order_by(SLOT.c.slot_at.desc())
    .limit(1)
)
_PROCESSES = Statement(
    select(WORKER.c.role, WORKER.c.version, func.count().label("processes"))
    .where(WORKER.c.seen_at >= bindparam("since", type_=UtcTime))
    .group_by(WORKER.c.role, WORKER.c.version)
)


def vitals(db: Unit, *, now: datetime) -> Vitals:
    """How everything is at `now`."""
    overdue = _OVERDUE.one(db, {"now": now})
    return Vitals(
        lanes=_lanes(db, now),
        overdue=overdue.deadlines,
        reminders_late=timedelta() if overdue.first is None else now - overdue.first,
        ran={
            job: now - slot
            for (job,) in _JOBS.rows(db, {})
            if (slot := _RAN.value(db, {"of_job": job})) is not None
        },
        processes={
            (row.role, row.version): row.processes
            for row in _PROCESSES.rows(db, {"since": now - ALIVE})
        },
    )


def size(db: Unit) -> int:
    """The bytes the database takes on disk."""
    return int(db.drive(_SIZES[db.dialect.name]).fetchone()[0])


def late(db: Unit, lane: str, *, now: datetime) -> timedelta:
    """How long the oldest job of a lane that could be done now has been due."""
    probes = (_DUE.value(db, {"of_lane": lane, "level": one, "now": now}) for one in Urgency)
    return max((now - due for due in probes if due is not None), default=timedelta())


def _lanes(db: Unit, now: datetime) -> tuple[Lane, ...]:
    counted = Counter(tuple(row) for row in (*_LEASED.rows(db, {}), *_FAILED.rows(db, {})))
    return tuple(_lane(db, name, counted, now) for (name,) in _LANES.rows(db, {}))


def _lane(db: Unit, name: str, counted: Counter[tuple[Any, ...]], now: datetime) -> Lane:
    waiting = _OPEN.one(db, {"of_lane": name})
    first = _STORED.value(db, {"wanted": waiting.first}) if waiting.jobs else None
    return Lane(
        name=name,
        open=waiting.jobs,
        leased=counted[name, State.LEASED],
        dead=counted[name, State.DEAD],
        uncertain=counted[name, State.UNCERTAIN],
        late=late(db, name, now=now),
        oldest=timedelta() if first is None else now - first,
    )
