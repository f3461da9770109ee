"""What came of the regular jobs: one slot, the last run, how often a job has failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, literal, select

from engine import slots
from engine.jobs import JOB
from engine.slots import SLOT, Outcome
from engine.statement import Statement
from engine.unit import Unit


@dataclass(frozen=True, slots=True)
class Run:
    """A slot and what came of it; `took` is from the first part's beginning to the end."""

    slot: datetime
    outcome: Outcome
    detail: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a job: its newest moment, its last run, how often it failed lately."""

    job: str
    newest: datetime | None
    last: Run | None
    failures: int

    @property
    def failed(self) -> bool:
        """Whether its last run came to nothing."""
        return self.last is not None and self.last.outcome is Outcome.FAILED


_RUN = select(
    SLOT.c.slot_at, SLOT.c.outcome, SLOT.c.detail, SLOT.c.started_at, SLOT.c.ended_at
).where(SLOT.c.job == bindparam("of"))
_ONE = Statement(_RUN.where(SLOT.c.slot_at == bindparam("at")))
_LAST_RUN = Statement(
    _RUN.where(SLOT.c.outcome.in_([literal(Outcome.DONE.value), literal(Outcome.FAILED.value)]))
    .order_by(SLOT.c.slot_at.desc())
    .limit(1)
)
_TROUBLE = Statement(
    select(JOB.c.last_error)
    .where(JOB.c.lane == bindparam("of"), JOB.c.key.startswith(bindparam("slot")))
    .order_by(JOB.c.id.desc())
    .limit(1)
)
_FAILURES = Statement(
    select(func.count())
    .where(SLOT.c.job == bindparam("of"), SLOT.c.slot_at >= bindparam("since"))
    .where(SLOT.c.outcome == Outcome.FAILED.value)
)


def one(db: Unit, job: str, slot: datetime) -> Run | None:
    """One slot; None when nobody has stored it."""
    return _run(_ONE.row(db, {"of": job, "at": slot}))


def trouble(db: Unit, job: str, slot: datetime) -> str:
    """Why the last try at a slot came to nothing; "" if it did not."""
    return str(_TROUBLE.value(db, {"of": slots.lane(job), "slot": slots.key(slot)}) or "")


def record(db: Unit, job: str, *, since: datetime) -> Record:
    """What is known of a job; failures count from `since` on."""
    last = _run(_LAST_RUN.row(db, {"of": job}))
    failures = _FAILURES.value(db, {"of": job, "since": since})
    return Record(job, slots.last_moment(db, job), last, int(failures or 0))


def _run(row: Any) -> Run | None:
    if row is None:
        return None
    took = row.ended_at - row.started_at if row.ended_at else timedelta()
    return Run(row.slot_at, Outcome(row.outcome), row.detail, took)
