"""Durable work: one `job` table, several lanes, leases with fencing tokens.

A row is an intent: its key is unique per lane, so the same intent is stored once. Whoever
leases a row gets a token; the first statement of the transaction that acts on it is the
fence (`finish`), which fails if the lease was lost meanwhile. Rows are ordered by `due`,
never by creation, so a million future rows cost nothing (durability reference §4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    Index,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement, insertion_counted
from engine.types import Json, Serial, UtcTime
from engine.unit import Unit

LEFT_EVERY = timedelta(seconds=30)
LEFT_FOR = timedelta(hours=1)
"""Longer than a rolling deploy takes, counted from when the job was stored."""


class Urgency(IntEnum):
    """Whose turn it is where not everything can go at once; within a level, the earliest due."""

    NOW = 0
    SOON = 1
    LATER = 2


class State(IntEnum):
    """Where a job is; dead and uncertain ones wait for a person (`engine/dead_letters.py`)."""

    OPEN = 0
    LEASED = 1
    DONE = 2
    DEAD = 3
    CANCELLED = 4
    UNCERTAIN = 5


_WAITS = text("state = 0")
_ALIKE = text("state = 0 AND alike <> ''")
_QUEUED = text("state < 2 AND order_key <> ''")
_SENT = text("state = 2 AND order_key <> ''")
_FAILED = text("state IN (3, 5)")


class Job(Row, table=True):
    """One intent; `order_key` keeps the jobs of one receiver in order.

    The more urgent goes first, also to one receiver; of the same urgency the older. `alike`
    names jobs that one holder may do together, "" for none.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("lane", "key"),
        Index("ix_job_due", "lane", "urgency", "due", "id", sqlite_where=_WAITS,
              postgresql_where=_WAITS),
        Index("ix_job_alike", "lane", "alike", "due", sqlite_where=_ALIKE,
              postgresql_where=_ALIKE),
        Index("ix_job_lease", "lease_until", sqlite_where=text("state = 1"),
              postgresql_where=text("state = 1")),
        Index("ix_job_order", "lane", "order_key", "id", sqlite_where=_QUEUED,
              postgresql_where=_QUEUED),
        Index("ix_job_done", "lane", "order_key", "done_at", sqlite_where=_SENT,
              postgresql_where=_SENT),
        Index("ix_job_failed", "lane", "done_at", sqlite_where=_FAILED,
              postgresql_where=_FAILED),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    lane: str
    key: str
    order_key: str = ""
    urgency: int = Field(default=Urgency.NOW, sa_column_kwargs={"server_default": "0"})
    alike: str = Field(default="", sa_column_kwargs={"server_default": ""})
    payload: dict[str, Any] = Field(sa_type=Json)
    state: int = State.OPEN
    due: datetime = Field(sa_type=UtcTime)
    attempts: int = 0
    crashes: int = 0
    token: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    last_error: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)


JOB = table(Job)
_COLUMNS = (
    JOB.c.id, JOB.c.token, JOB.c.lane, JOB.c.key, JOB.c.payload, JOB.c.attempts, JOB.c.crashes,
    JOB.c.created_at, JOB.c.alike,
)  # fmt: skip


_ADD = insertion_counted(
    JOB, "lane", "key", "order_key", "urgency", "alike", "payload", "due", "created_at",
    "last_error", "attempts", "crashes", "state", "token", "lease_until",
)  # fmt: skip
_HELD = update(JOB).where(
    JOB.c.id == bindparam("held_id"),
    JOB.c.token == bindparam("held_token"),
    JOB.c.state + 0 == State.LEASED,  # so that PostgreSQL goes by id, not through all leases ever
)
_END = Statement(
    _HELD.values(
        state=bindparam("new_state"), done_at=bindparam("ended"), last_error=bindparam("error")
    )
)
_RESUME = Statement(
    update(JOB)
    .where(
        JOB.c.id == bindparam("held_id"),
        JOB.c.token == bindparam("held_token"),
        JOB.c.state == State.DONE,
    )
    .values(state=State.LEASED, done_at=None)
)
_RETRY = Statement(_HELD.values(
    state=State.OPEN, due=bindparam("later"), last_error=bindparam("error"),
    attempts=bindparam("spent"),
))  # fmt: skip
_KEEP = Statement(_HELD.values(payload=bindparam("learnt")))
_AHEAD = JOB.alias("ahead")
BLOCKER = (
    select(_AHEAD.c.id)
    .where(
        _AHEAD.c.lane == JOB.c.lane,
        _AHEAD.c.order_key == JOB.c.order_key,
        _AHEAD.c.order_key != "",
        _AHEAD.c.state < State.DONE,
        or_(
            and_(_AHEAD.c.id != JOB.c.id, _AHEAD.c.state == State.LEASED),
            and_(
                or_(
                    _AHEAD.c.urgency < JOB.c.urgency,
                    and_(_AHEAD.c.urgency == JOB.c.urgency, _AHEAD.c.id < JOB.c.id),
                ),
                or_(_AHEAD.c.due <= bindparam("now", type_=UtcTime), _AHEAD.c.token > 0),
            ),
        ),
    )
    .limit(1)
    .scalar_subquery()
)
"""Another job of its receiver that it waits behind; None when it is free to go.

Not NOT EXISTS: PostgreSQL would make a join of it and read every row, also dead, of the lane.
"""
FREE = (
    select(JOB.c.id)
    .where(JOB.c.lane == bindparam("from_lane"), JOB.c.state == State.OPEN)
    .where(JOB.c.due <= bindparam("now", type_=UtcTime), BLOCKER.is_(None))
    .order_by(JOB.c.due, JOB.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
"""The due jobs of `from_lane` that wait for no other, `most` of them, earliest first."""
_DUE = FREE.where(JOB.c.urgency == bindparam("level"))


def claiming(due: Select[tuple[int]]) -> Statement:
    """Leases the jobs `due` selects; bind `until` to the end of the lease."""
    # A CTE, because PostgreSQL may run a subquery once per row and so take more than the limit.
    return Statement(
        update(JOB)
        .where(JOB.c.id.in_(select(due.cte("due"))), JOB.c.state == State.OPEN)
        .values(
            state=State.LEASED, token=JOB.c.token + 1, lease_until=bindparam("until", type_=UtcTime)
        )
        .returning(*_COLUMNS)
    )


_CLAIM = claiming(_DUE)
_CLAIM_FRESH = claiming(_DUE.where(JOB.c.crashes == 0))
_CLAIM_SUSPECTS = claiming(_DUE.where(JOB.c.crashes > 0))
_LOST = select(JOB.c.id).where(JOB.c.state == State.LEASED).with_for_update(skip_locked=True)
_LATE = _LOST.where(JOB.c.lease_until < bindparam("now", type_=UtcTime))
_REAP_ALL, _REAP_LATE = (
    Statement(
        update(JOB)
        .where(JOB.c.id.in_(lost.scalar_subquery()), JOB.c.state == State.LEASED)
        .values(
            state=State.OPEN,
            crashes=JOB.c.crashes + 1,
            due=bindparam("now", type_=UtcTime).op("+")(literal_column("crashes * 1000000")),
        )
        .returning(JOB.c.lane)
    )
    for lost in (_LOST, _LATE)
)
_NEXT_DUE = Statement(
    select(JOB.c.due)
    .where(JOB.c.lane == bindparam("lane"), JOB.c.state == State.OPEN)
    .where(JOB.c.urgency == bindparam("level"))
    .where(JOB.c.due > bindparam("now", type_=UtcTime))
    .order_by(JOB.c.due)
    .limit(1)
)
_BUSY = Statement(
    select(JOB.c.id)
    .where(
        or_(
            and_(
                JOB.c.state == State.OPEN,
                JOB.c.due <= bindparam("now", type_=UtcTime),
                BLOCKER.is_(None),
            ),
            JOB.c.state == State.LEASED,
        )
    )
    .limit(1)
)


class Leased(NamedTuple):
    """A job we hold: act on it only through the functions that take it, which are fenced."""

    id: int
    token: int
    lane: str
    key: str
    payload: dict[str, Any]
    attempts: int
    crashes: int
    created_at: datetime
    alike: str = ""

    @property
    def trace(self) -> str:
        """The number by which people, log lines and operators call it and what came of it."""
        return f"E{self.id}"


def add(
    db: Unit,
    lane: str,
    key: str,
    payload: Mapping[str, Any],
    *,
    due: datetime,
    now: datetime,
    order_key: str = "",
    urgency: Urgency = Urgency.NOW,
    alike: str = "",
    lease: timedelta | None = None,
    crashes: int = 0,
) -> Leased | None:
    """Store an intent; None when this key is already known in the lane.

    With `lease` the job is born leased to the caller for that long. `crashes` above 0 makes
    it a suspect from the start: it is a part of one.
    """
    values: dict[str, Any] = {
        "lane": lane, "key": key, "order_key": order_key, "payload": dict(payload),
        "urgency": urgency, "alike": alike,
        "due": due, "created_at": now, "last_error": "", "attempts": 0, "crashes": crashes,
        "state": State.OPEN if lease is None else State.LEASED,
        "token": 0 if lease is None else 1,
        "lease_until": None if lease is None else now + lease,
    }  # fmt: skip
    job_id = _ADD.number(db, values)
    if job_id is None:
        return None
    if lease is None:
        db.lanes.add(lane)
    return Leased(job_id, values["token"], lane, key, values["payload"], 0, crashes, now)


def claim(
    db: Unit, lane: str, *, now: datetime, lease: timedelta, limit: int,
    suspects: bool | None = None, urgency: Urgency = Urgency.NOW,
) -> list[Leased]:  # fmt: skip
    """Lease up to `limit` due jobs of a lane, at most one per order key, earliest due first.

    A job waits while an older or more urgent job of its order key is due, leased, or was begun
    before and given back (a rate limit, a failed attempt): messages of one urgency to one
    person never overtake. `suspects` True takes only jobs whose holder died with them before,
    False only others. Only jobs of the one `urgency` are taken.
    """
    statement = _CLAIM if suspects is None else _CLAIM_SUSPECTS if suspects else _CLAIM_FRESH
    values = {"from_lane": lane, "now": now, "until": now + lease, "most": limit, "level": urgency}
    return leased(statement.rows(db, values))


def finish(db: Unit, job: Leased, *, now: datetime) -> bool:
    """The fence: mark the job done; False when the lease was lost and nothing may be done."""
    return _held(db, _END, job, new_state=State.DONE, ended=now, error="")


def resume(db: Unit, job: Leased) -> None:
    """Take `finish` back in the same unit: the work turned out to go on, under this lease."""
    _RESUME.run(db, {"held_id": job.id, "held_token": job.token})


def abandon(db: Unit, job: Leased, reason: str, *, now: datetime) -> bool:
    """End the job undone, because there is nothing left to do."""
    return _held(db, _END, job, new_state=State.CANCELLED, ended=now, error=reason)


def bury(db: Unit, job: Leased, error: str, *, now: datetime) -> bool:
    """Give up on the job; it stays as a dead letter with its reason."""
    return _held(db, _END, job, new_state=State.DEAD, ended=now, error=error)


def doubt(db: Unit, job: Leased, error: str, *, now: datetime) -> bool:
    """Give up on a job of which nobody knows whether it took effect; a person must decide."""
    return _held(db, _END, job, new_state=State.UNCERTAIN, ended=now, error=error)


def leave(db: Unit, job: Leased, error: str, *, now: datetime) -> bool:
    """Give back a job this version cannot read, because a newer one may.

    False when it was stored over an hour ago: whoever could read it has had the time.
    """
    if now - job.created_at >= LEFT_FOR:
        return False
    return retry(db, job, error, due=now + LEFT_EVERY, spent=False)


def retry(db: Unit, job: Leased, error: str, *, due: datetime, spent: bool = True) -> bool:
    """Give the job back until `due`; `spent` False does not count the attempt."""
    db.lanes.add(job.lane)
    return _held(db, _RETRY, job, later=due, error=error, spent=job.attempts + spent)


def keep(db: Unit, job: Leased, payload: Mapping[str, Any]) -> bool:
    """Write what the job has learnt into its payload without giving up the lease."""
    return _held(db, _KEEP, job, learnt=dict(payload))


def cancel(db: Unit, lane: str, key_prefix: str) -> int:
    """Cancel the open jobs whose key starts with `key_prefix`; how many there were."""
    stop = key_prefix[:-1] + chr(ord(key_prefix[-1]) + 1)
    result = db.execute(
        update(JOB)
        .where(JOB.c.lane == lane, JOB.c.key >= key_prefix, JOB.c.key < stop)
        .where(JOB.c.state == State.OPEN)
        .values(state=State.CANCELLED)
    )
    return result.rowcount


def reap(db: Unit, *, now: datetime, orphaned: bool = False) -> list[str]:
    """Take back jobs whose lease ran out; their lanes, one entry per job.

    Each becomes a suspect (`crashes` + 1): its holder died with it or was too slow. It is due
    again at once the first time, then a second later each time, so that one poison message
    does not meet every fresh start. `orphaned` True takes back every lease, because the
    holder is known to be gone (SQLite right after start, where the file lock proves it).
    """
    lost = _REAP_ALL if orphaned else _REAP_LATE
    lanes = [row.lane for row in lost.rows(db, {"now": now})]
    db.lanes.update(lanes)
    return lanes


def next_due(db: Unit, lane: str, *, now: datetime) -> datetime | None:
    """When the next job of a lane falls due after `now`; None when there is none."""
    probes = (_NEXT_DUE.value(db, {"lane": lane, "now": now, "level": one}) for one in Urgency)
    return min((due for due in probes if due is not None), default=None)


def busy(db: Unit, *, now: datetime) -> bool:
    """Whether any job is leased, or due at `now` and not waiting for one before it."""
    return _BUSY.row(db, {"now": now}) is not None


def leased(rows: Iterable[Any]) -> list[Leased]:
    """What a claiming statement has taken, oldest first."""
    return sorted((Leased(*row) for row in rows), key=lambda job: job.id)


def _held(db: Unit, statement: Statement, job: Leased, **values: Any) -> bool:
    held = {"held_id": job.id, "held_token": job.token, **values}
    return statement.run(db, held) == 1
