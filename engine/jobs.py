"""Durable work: one `job` table, several lanes, leases with fencing tokens.

A row is an intent: its key is unique per lane, so the same intent is stored once. Whoever
leases a row gets a token; the first statement of the transaction that acts on it is the
fence (`finish`), which fails if the lease was lost meanwhile. Rows are ordered by `due`,
never by creation, so a million future rows cost nothing (durability reference §4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    Index,
    UniqueConstraint,
    Update,
    and_,
    bindparam,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session

from engine.model import Row, table
from engine.types import Json, Serial, UtcTime

WAKE = "jobs.wake"
"""Key of `Session.info`: the lanes that got work in this unit, read after its commit."""


class State(IntEnum):
    """Where a job is."""

    OPEN = 0
    LEASED = 1
    DONE = 2
    DEAD = 3
    CANCELLED = 4


class Job(Row, table=True):
    """One intent; `order_key` keeps the jobs of one receiver in order."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("lane", "key"),
        Index("ix_job_due", "lane", "due", "id", sqlite_where=text("state = 0"),
              postgresql_where=text("state = 0")),
        Index("ix_job_lease", "lease_until", sqlite_where=text("state = 1"),
              postgresql_where=text("state = 1")),
        Index("ix_job_order", "lane", "order_key", "id", sqlite_where=text("state < 2"),
              postgresql_where=text("state < 2")),
        Index("ix_job_done", "lane", "order_key", "done_at", sqlite_where=text("state = 2"),
              postgresql_where=text("state = 2")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    lane: str
    key: str
    order_key: str = ""
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
)  # fmt: skip


_ADD = {
    name: dialect.insert(JOB).on_conflict_do_nothing().returning(*_COLUMNS)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_HELD = update(JOB).where(
    JOB.c.id == bindparam("held_id"),
    JOB.c.token == bindparam("held_token"),
    JOB.c.state == State.LEASED,
)
_END = _HELD.values(
    state=bindparam("new_state"), done_at=bindparam("ended"), last_error=bindparam("error")
)
_RETRY = _HELD.values(
    state=State.OPEN, due=bindparam("later"), last_error=bindparam("error"),
    attempts=bindparam("spent"),
)  # fmt: skip
_KEEP = _HELD.values(payload=bindparam("learnt"))
_NTH_LAST_DONE = (
    select(JOB.c.done_at)
    .where(JOB.c.lane == bindparam("lane"), JOB.c.order_key == bindparam("order_key"))
    .where(JOB.c.state == State.DONE)
    .order_by(JOB.c.done_at.desc())
    .limit(1)
    .offset(bindparam("skipped"))
)


@dataclass(frozen=True, slots=True)
class Leased:
    """A job we hold: act on it only through `finish`, `retry` or `bury`."""

    id: int
    token: int
    lane: str
    key: str
    payload: dict[str, Any]
    attempts: int
    crashes: int


def add(
    db: Session,
    lane: str,
    key: str,
    payload: Mapping[str, Any],
    *,
    due: datetime,
    now: datetime,
    order_key: str = "",
    lease: timedelta | None = None,
) -> Leased | None:
    """Store an intent; None when this key is already known in the lane.

    With `lease` the job is born leased to the caller for that long.
    """
    values = {
        "lane": lane, "key": key, "order_key": order_key, "payload": dict(payload),
        "due": due, "created_at": now, "last_error": "", "attempts": 0, "crashes": 0,
        "state": State.OPEN if lease is None else State.LEASED,
        "token": 0 if lease is None else 1,
        "lease_until": None if lease is None else now + lease,
    }  # fmt: skip
    connection = db.connection()
    row = connection.execute(_ADD[connection.dialect.name], values).one_or_none()
    if row is None:
        return None
    if lease is None:
        db.info.setdefault(WAKE, set()).add(lane)
    return Leased(*row)


def claim(
    db: Session, lane: str, *, now: datetime, lease: timedelta, limit: int
) -> list[Leased]:  # fmt: skip
    """Lease up to `limit` due jobs of a lane, at most one per order key, earliest due first.

    A job waits while an older job of its order key is leased, due, or backing off.
    """
    ahead = JOB.alias("ahead")
    blocked = exists(
        select(ahead.c.id).where(
            ahead.c.lane == JOB.c.lane,
            ahead.c.order_key == JOB.c.order_key,
            ahead.c.order_key != "",
            ahead.c.state < State.DONE,
            or_(
                and_(ahead.c.id != JOB.c.id, ahead.c.state == State.LEASED),
                and_(ahead.c.id < JOB.c.id, or_(ahead.c.due <= now, ahead.c.attempts > 0)),
            ),
        )
    )
    due = (
        select(JOB.c.id)
        .where(JOB.c.lane == lane, JOB.c.state == State.OPEN, JOB.c.due <= now, ~blocked)
        .order_by(JOB.c.due, JOB.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(JOB)
        .where(JOB.c.id.in_(due.scalar_subquery()), JOB.c.state == State.OPEN)
        .values(state=State.LEASED, token=JOB.c.token + 1, lease_until=now + lease)
        .returning(*_COLUMNS)
    )
    return sorted((Leased(*row) for row in db.connection().execute(taken)), key=lambda j: j.id)


def finish(db: Session, job: Leased, *, now: datetime) -> bool:
    """The fence: mark the job done; False when the lease was lost and nothing may be done."""
    return _held(db, _END, job, new_state=State.DONE, ended=now, error="")


def bury(db: Session, job: Leased, error: str, *, now: datetime) -> bool:
    """Give up on the job; it stays as a dead letter with its reason."""
    return _held(db, _END, job, new_state=State.DEAD, ended=now, error=error)


def retry(db: Session, job: Leased, error: str, *, due: datetime, spent: bool = True) -> bool:
    """Give the job back until `due`; `spent` False does not count the attempt."""
    db.info.setdefault(WAKE, set()).add(job.lane)
    return _held(db, _RETRY, job, later=due, error=error, spent=job.attempts + spent)


def keep(db: Session, job: Leased, payload: Mapping[str, Any]) -> bool:
    """Write what the job has learnt into its payload without giving up the lease."""
    return _held(db, _KEEP, job, learnt=dict(payload))


def cancel(db: Session, lane: str, key_prefix: str) -> int:
    """Cancel the open jobs whose key starts with `key_prefix`; how many there were."""
    stop = key_prefix[:-1] + chr(ord(key_prefix[-1]) + 1)
    result = db.connection().execute(
        update(JOB)
        .where(JOB.c.lane == lane, JOB.c.key >= key_prefix, JOB.c.key < stop)
        .where(JOB.c.state == State.OPEN)
        .values(state=State.CANCELLED)
    )
    return result.rowcount


def reap(db: Session, *, now: datetime, crashes: int, orphaned: bool = False) -> list[str]:
    """Take back jobs whose lease ran out; their lanes, one entry per job.

    Each becomes a suspect (`crashes` + 1); a suspect of the inbox that has crashed `crashes`
    times is dead. `orphaned` True takes back every lease: the holder is known to be gone
    (SQLite right after start, where the file lock proves it).
    """
    lost = JOB.c.state == State.LEASED
    if not orphaned:
        lost = and_(lost, JOB.c.lease_until < now)
    poison = and_(JOB.c.lane == "inbox", JOB.c.crashes + 1 >= crashes)
    result = db.connection().execute(
        update(JOB).where(lost, poison)
        .values(state=State.DEAD, crashes=JOB.c.crashes + 1, last_error="crashed", done_at=now)
    )  # fmt: skip
    result = db.connection().execute(
        update(JOB).where(lost)
        .values(state=State.OPEN, crashes=JOB.c.crashes + 1)
        .returning(JOB.c.lane)
    )  # fmt: skip
    lanes = [row.lane for row in result]
    db.info.setdefault(WAKE, set()).update(lanes)
    return lanes


def nth_last_done(db: Session, lane: str, order_key: str, nth: int) -> datetime | None:
    """When the `nth` newest finished job (1 is the newest) of one receiver was finished."""
    window = {"lane": lane, "order_key": order_key, "skipped": nth - 1}
    return db.connection().execute(_NTH_LAST_DONE, window).scalar_one_or_none()


def next_due(db: Session, lane: str) -> datetime | None:
    """When the earliest open job of a lane is due; None when there is none."""
    earliest = (
        select(JOB.c.due)
        .where(JOB.c.lane == lane, JOB.c.state == State.OPEN)
        .order_by(JOB.c.due)
        .limit(1)
    )
    return db.connection().execute(earliest).scalar_one_or_none()


def busy(db: Session, *, now: datetime) -> bool:
    """Whether any job is due or leased at `now`."""
    waiting = select(JOB.c.id).where(
        or_(and_(JOB.c.state == State.OPEN, JOB.c.due <= now), JOB.c.state == State.LEASED)
    )
    return db.connection().execute(waiting.limit(1)).first() is not None


def upcoming(db: Session, until: datetime) -> tuple[str, datetime] | None:
    """(lane, due) of the earliest open job due by `until`; None when there is none."""
    first = (
        select(JOB.c.lane, JOB.c.due)
        .where(JOB.c.state == State.OPEN, JOB.c.due <= until)
        .order_by(JOB.c.due)
        .limit(1)
    )
    row = db.connection().execute(first).one_or_none()
    return None if row is None else (row.lane, row.due)


def _held(db: Session, statement: Update, job: Leased, **values: Any) -> bool:
    held = {"held_id": job.id, "held_token": job.token, **values}
    return db.connection().execute(statement, held).rowcount == 1
