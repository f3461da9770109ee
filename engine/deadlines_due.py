"""Firing deadlines: who has some due, each level once, and none of them twice.

A pending deadline costs nothing until its next moment comes. Then its owner gets one job in
the lane `timer`, whatever number of deadlines is due, so that leases, retries and quarantine
are the job table's (durability reference §4.5). A job that is lost or has done nothing is
harmless: what is still due gets another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Insert,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    update,
)

from engine import jobs
from engine.deadlines import DEADLINE
from engine.jobs import JOB, State, Urgency
from engine.statement import Statement
from engine.types import EPOCH, MICROSECOND, UtcTime
from engine.unit import Unit

LANE = "timer"
Kinds: TypeAlias = tuple[str, ...]
"""The kinds this version knows; it leaves the others to the version that does."""
QUEUED = 2000
"""Owners who have a job waiting at a time."""


@dataclass(frozen=True, slots=True)
class Due:
    """A pending deadline as it was read; `levels` as in the row, `fired` of them done."""

    id: str
    kind: str
    subject_type: str
    subject_id: str
    owner: str
    about: str
    clock: str
    started_at: datetime
    allowance_s: int
    due_at: datetime
    levels: list[Any]
    fired: int
    provisional: bool

    @property
    def next_moment(self) -> datetime:
        """When its next level is meant to happen."""
        return _moment(self.levels[self.fired])


@dataclass(frozen=True, slots=True)
class Fired:
    """A deadline whose moment has come, and `act`, what is to be done about it.

    When several levels came at once (after an outage), it is the last one's act. `at` is when
    that level was meant to happen. `last`: none is left, the deadline is breached.
    """

    deadline: Due
    act: str
    at: datetime
    last: bool

    @property
    def subject(self) -> tuple[str, str]:
        """(type, id) of what the promise is about."""
        return self.deadline.subject_type, self.deadline.subject_id

    @property
    def allowance(self) -> timedelta:
        """The time that was given, counted on the deadline's clock."""
        return timedelta(seconds=self.deadline.allowance_s)


_D = DEADLINE.c
_READ = (
    _D.id, _D.kind, _D.subject_type, _D.subject_id, _D.owner, _D.about, _D.clock, _D.started_at,
    _D.allowance_s, _D.due_at, _D.levels, _D.fired, _D.provisional,
)  # fmt: skip
_ONE = Statement(select(*_READ).where(_D.id == bindparam("wanted"), _D.state == "pending"))
_AS_READ = update(DEADLINE).where(
    _D.id == bindparam("wanted"), _D.state == "pending",
    _D.fired == bindparam("before"), _D.levels == bindparam("as_read"),
)  # fmt: skip
_WAITING = Statement(
    select(func.count())
    .where(JOB.c.lane == LANE, JOB.c.state == State.OPEN, JOB.c.urgency == Urgency.NOW)
    .where(JOB.c.due <= bindparam("now", type_=UtcTime))
)
_FIRE = Statement(
    _AS_READ.values(
        fired=bindparam("after"),
        next_at=bindparam("following"),
        state=bindparam("new_state"),
        closed_at=bindparam("closed"),
    )
)
_ALONE = Statement(_AS_READ.values(next_at=None))
_BACK = Statement(_AS_READ.values(next_at=bindparam("following")))


@dataclass(frozen=True, slots=True)
class _Statements:
    enqueue: Statement
    next_at: Statement
    any_due: Statement
    of_owner: Statement


@cache
def _for(kinds: Kinds) -> _Statements:
    known = (_D.state == "pending", _D.kind.in_([literal(kind) for kind in kinds]))
    come = _D.next_at <= bindparam("now", type_=UtcTime)
    # An expression, so that no planner walks a million rows in the order of their owners.
    owners = select((_D.owner + "").label("owner")).where(*known, come).distinct().subquery("due")
    # A scalar subquery: as an anti join PostgreSQL would compare every owner with every job.
    at_work = (
        select(JOB.c.id)
        .where(JOB.c.lane == LANE, JOB.c.order_key == owners.c.owner, JOB.c.order_key != "")
        .where(JOB.c.state < State.DONE)
        .limit(1)
        .scalar_subquery()
    )
    zero: ColumnElement[int] = literal_column("0")
    now = bindparam("now", type_=UtcTime)
    made = {
        "lane": literal(LANE), "key": owners.c.owner + bindparam("moment"),
        "order_key": owners.c.owner, "payload": literal_column("'{}'"), "state": zero,
        "due": now, "attempts": zero, "crashes": zero, "token": zero,
        "last_error": literal_column("''"), "created_at": now,
    }  # fmt: skip
    jobs_of = select(*made.values()).where(at_work.is_(None)).limit(bindparam("most"))

    def enqueue(dialect: Any) -> Insert:
        into = dialect.insert(JOB).from_select(list(made), jobs_of, include_defaults=False)
        once: Insert = into.on_conflict_do_nothing()
        return once

    later = select(_D.next_at).where(*known, _D.next_at > bindparam("now", type_=UtcTime))
    of_owner = select(*_READ).where(*known, come, _D.owner == bindparam("of"))
    return _Statements(
        Statement(enqueue),
        Statement(later.order_by(_D.next_at).limit(1)),
        Statement(select(_D.id).where(*known, come).limit(1)),
        Statement(of_owner.order_by(_D.next_at).limit(bindparam("most"))),
    )


def enqueue_due(db: Unit, kinds: Kinds, *, now: datetime) -> bool:
    """Give the owners who have deadlines due one job each; whether there may be more of them.

    The lane is topped up when half of `QUEUED` is gone, so that a backlog of any size is
    looked at in small pieces.
    """
    room = QUEUED - int(_WAITING.value(db, {"now": now}) or 0)
    if room < QUEUED // 2:
        return True
    values = {"now": now, "moment": f"/{(now - EPOCH) // MICROSECOND}", "most": room}
    made = _for(kinds).enqueue.run(db, values)
    if made:
        db.lanes.add(LANE)
    return made == room


def owner_of(key: str) -> str:
    """Whose deadlines a job of `enqueue_due` is about, by its key."""
    return key.rpartition("/")[0]


def next_at(db: Unit, kinds: Kinds, *, now: datetime) -> datetime | None:
    """When the next level comes after `now`; None when there is none."""
    moment: datetime | None = _for(kinds).next_at.value(db, {"now": now})
    return moment


def any_due(db: Unit, kinds: Kinds, *, now: datetime) -> bool:
    """Whether a level's moment has come that nobody has taken in hand."""
    return _for(kinds).any_due.row(db, {"now": now}) is not None


def of_owner(db: Unit, owner: str, kinds: Kinds, *, now: datetime, most: int) -> list[Due]:
    """The deadlines of one owner that are due, earliest first."""
    values = {"of": owner, "now": now, "most": most}
    return [Due(*row) for row in _for(kinds).of_owner.rows(db, values)]


def one(db: Unit, deadline_id: str) -> Due | None:
    """One deadline, if it is pending, whether its moment has come or not."""
    row = _ONE.row(db, {"wanted": deadline_id})
    return None if row is None else Due(*row)


def fire(db: Unit, due: Iterable[Due], *, now: datetime) -> list[Fired]:
    """Mark what has come as done; what somebody else fired, moved or closed is left out."""
    fired = []
    for deadline in due:
        done = sum(_moment(level) <= now for level in deadline.levels)
        last = done == len(deadline.levels)
        values = {
            "after": done, "new_state": "breached" if last else "pending",
            "following": None if last else _moment(deadline.levels[done]),
            "closed": now if last else None,
        }  # fmt: skip
        if _FIRE.run(db, _as_read(deadline) | values):
            level = deadline.levels[done - 1]
            fired.append(Fired(deadline, level[1], _moment(level), last))
    return fired


def set_apart(
    db: Unit, due: Sequence[Due], parent: int, *, now: datetime, at: datetime, crashes: int = 0
) -> None:
    """Give each deadline a job of its own at `at`, so that only the poison one fails.

    `parent` is the job they came from, `crashes` how often it was lost.
    """
    for deadline in due:
        if _ALONE.run(db, _as_read(deadline)):
            jobs.add(db, LANE, f"{deadline.id}/{parent}", {"deadline": deadline.id}, due=at,
                     now=now, order_key=deadline.id, crashes=crashes)  # fmt: skip


def put_back(db: Unit, due: Due) -> None:
    """Let a deadline that was set apart fall due by itself again, at its next moment."""
    _BACK.run(db, _as_read(due) | {"following": due.next_moment})


def _as_read(due: Due) -> dict[str, Any]:
    return {"wanted": due.id, "before": due.fired, "as_read": due.levels}


def _moment(level: Sequence[Any]) -> datetime:
    return EPOCH + int(level[0]) * MICROSECOND
