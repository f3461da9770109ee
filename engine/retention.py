"""Retention: rows that have served are deleted, a thousand at a time, so that nobody waits.

Done intents are kept while a platform may repeat them (durability reference §4.9). What
failed or is uncertain stays until somebody has decided about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from engine.jobs import JOB, State
from engine.shared import SHARED
from engine.slots import LANE, SLOT, Outcome
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit

AT_ONCE = 1000
INBOX = "inbox"
UNCLAIMED = timedelta(days=7)
"""A run of a regular job that nobody has taken for so long is of a version that is gone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How long rows are kept once they have served.

    `inbox` are the events of the platforms: the repetition of an older one would be taken for
    a new one. `raw` is what people wrote in them (domain.md §8), `work` are all other jobs,
    `runs` the slots of regular jobs.
    """

    inbox: timedelta
    raw: timedelta
    work: timedelta
    runs: timedelta


NOTHING: ColumnElement[str] = literal_column("'{}'")
"""The payload of an event whose words are gone."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one step did: rows deleted, and the job to go on after; None when it was the last."""

    deleted: int
    after: int | None


_NOBODY_WAITS = JOB.c.state.in_([literal(State.DONE.value), literal(State.CANCELLED.value)])
_ENDED = func.coalesce(JOB.c.done_at, JOB.c.due)
_PAGE = Statement(
    select(JOB.c.id, JOB.c.created_at)
    .where(JOB.c.id > bindparam("after"))
    .order_by(JOB.c.id)
    .limit(AT_ONCE)
)
_DELETE_JOBS = Statement(
    delete(JOB)
    .where(JOB.c.id > bindparam("after"), JOB.c.id <= bindparam("last"))
    .where(_NOBODY_WAITS)
    .where(
        or_(
            bindparam("inbox_before", type_=UtcTime) > _ENDED,
            and_(JOB.c.lane != INBOX, bindparam("before", type_=UtcTime) > _ENDED),
        )
    )
)
_ENDED_EVENT = (JOB.c.lane == INBOX, JOB.c.state >= State.DONE, JOB.c.payload != NOTHING)
_EMPTY_OLD = Statement(
    update(JOB)
    .where(
        *_ENDED_EVENT, JOB.c.state.in_([literal(State.DONE.value), literal(State.CANCELLED.value)])
    )
    .where(bindparam("before", type_=UtcTime) > _ENDED)
    .values(payload=NOTHING)
)
_RAW_PAGE = Statement(
    select(JOB.c.id, JOB.c.payload)
    .where(*_ENDED_EVENT, JOB.c.id > bindparam("after"))
    .order_by(JOB.c.id)
    .limit(AT_ONCE)
)
_EMPTY = Statement(
    update(JOB)
    .where(JOB.c.id == bindparam("wanted"), JOB.c.state >= State.DONE)
    .values(
        payload=NOTHING,
        state=case((JOB.c.state == State.DONE, JOB.c.state), else_=literal(State.CANCELLED.value)),
        done_at=func.coalesce(JOB.c.done_at, bindparam("now", type_=UtcTime)),
    )
)
_DELETE_SHARED = Statement(delete(SHARED).where(SHARED.c.expires_at < bindparam("now")))
_UNCLAIMED = Statement(
    update(JOB)
    .where(JOB.c.lane.startswith(LANE), JOB.c.state == State.OPEN)
    .where(JOB.c.due < bindparam("before"))
    .values(state=State.CANCELLED, done_at=bindparam("now"))
)
_NEVER_RUN = Statement(
    update(SLOT)
    .where(SLOT.c.outcome == Outcome.WAITING.value, SLOT.c.slot_at < bindparam("before"))
    .values(outcome=Outcome.SKIPPED.value)
)
_NEWER = SLOT.alias("newer")
_DELETE_SLOTS = Statement(
    delete(SLOT)
    .where(SLOT.c.slot_at < bindparam("before"))
    .where(
        select(_NEWER.c.slot_at)
        .where(_NEWER.c.job == SLOT.c.job, _NEWER.c.slot_at > SLOT.c.slot_at)
        .exists()
    )
)


def sweep_jobs(db: Unit, kept: Kept, *, after: int, now: datetime) -> Swept:
    """Look at the next thousand jobs after the id `after`, in the order they were stored.

    Of a platform's event the key stays longer than what was said.
    Ends where the jobs are too young to have been done for long.
    """
    page = _PAGE.rows(db, {"after": after})
    if not page:
        return Swept(0, None)
    last, before = page[-1], now - kept.work
    deleted = _DELETE_JOBS.run(
        db,
        {"after": after, "last": last.id, "before": before, "inbox_before": now - kept.inbox},
    )
    _EMPTY_OLD.run(db, {"after": after, "last": last.id, "before": now - kept.raw})
    more = len(page) == AT_ONCE and last.created_at < before
    return Swept(deleted, last.id if more else None)


def wipe(db: Unit, mentions: Callable[[str], bool], *, now: datetime) -> int:
    """Take out of all ended events what people wrote, where it mentions somebody; how many.

    A failed one can then not be done again: it is dropped.
    """
    wiped, after = 0, 0
    while page := _RAW_PAGE.rows(db, {"after": after}):
        after = page[-1].id
        for row in page:
            said = (row.payload.get("text", ""), *row.payload.get("values", {}).values())
            if any(mentions(str(words)) for words in said):
                wiped += _EMPTY.run(db, {"wanted": row.id, "now": now})
    return wiped


def sweep_slots(db: Unit, kept: Kept, *, now: datetime) -> int:
    """Delete old slots; a job's newest stays, because its next moments are counted from there."""
    return _DELETE_SLOTS.run(db, {"before": now - kept.runs})


def sweep_shared(db: Unit, *, now: datetime) -> int:
    """Delete shared values that have ended; they are secrets, if sealed ones."""
    return _DELETE_SHARED.run(db, {"now": now})


def sweep_unclaimed(db: Unit, *, now: datetime) -> int:
    """Give up on the runs of regular jobs that no process has known for a week."""
    before = now - UNCLAIMED
    _NEVER_RUN.run(db, {"before": before})
    return _UNCLAIMED.run(db, {"before": before, "now": now})
