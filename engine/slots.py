"""Slots: the moments a regular job was meant to run, each of them run once.

Nothing depends on a timer that fires: `tick` stores every moment that has come since the last
one, once, however many processes ask and however long none was there. With the slot comes one
job in the lane of its name, and whoever claims that runs it (durability reference §4.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Field

from engine import jobs
from engine.model import Row, table
from engine.statement import Statement, insertion_once
from engine.types import EPOCH, MICROSECOND, UtcTime
from engine.unit import Unit

PROMPT = timedelta(minutes=1)
"""Noticed within this a moment is on time: twice the time between two looks."""
RECORDED = 100
"""At most so many missed moments of a job are stored as skipped; older ones leave no row."""
LONGEST = 200
"""Characters of a detail."""
LANE = "cron:"


class Policy(StrEnum):
    """What becomes of the moments nobody was there for."""

    LATEST = "latest"
    """Only the newest runs."""
    ALL = "all"
    """Each runs, oldest first."""
    SKIP = "skip"
    """None runs."""


class Outcome(StrEnum):
    """What came of a slot."""

    BEGUN = "begun"
    """No run: a new job counts its moments from here on."""
    WAITING = "waiting"
    """Not run yet, or not to its end; `detail` says why it is tried again."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """A newer slot took its place, it was too old, or its job skips what was missed."""


class Slot(Row, table=True):
    """One occurrence of one regular job and what came of it (`Outcome`).

    `detail` says in a few words what was done or went wrong.
    """

    __tablename__ = "slot"

    job: str = Field(primary_key=True)
    slot_at: datetime = Field(primary_key=True, sa_type=UtcTime)
    outcome: str = "waiting"
    detail: str = ""
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)


@dataclass(frozen=True, slots=True)
class Rule:
    """One job's moments: `between(after, until)` lists them, the first excluded, in order.

    A moment older than `max_age` when it is noticed, or when its turn comes, is skipped.
    """

    job: str
    policy: Policy
    between: Callable[[datetime, datetime], Sequence[datetime]]
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A part of a slot's work, from 1; `so_far` is what the parts before it have left.

    `asked` True: somebody wants this very slot, so it is never passed over.
    """

    job: str
    slot: datetime
    part: int = 1
    so_far: Mapping[str, Any] = field(default_factory=dict)
    asked: bool = False


SLOT = table(Slot)
_LAST = Statement(
    select(SLOT.c.slot_at)
    .where(SLOT.c.job == bindparam("of"))
    .order_by(SLOT.c.slot_at.desc())
    .limit(1)
)
_ADD = insertion_once(SLOT, "job", "slot_at", "outcome", "detail")
_THIS = update(SLOT).where(SLOT.c.job == bindparam("of"), SLOT.c.slot_at == bindparam("at"))
_ENDED = Statement(_THIS.values(
    outcome=bindparam("came"), detail=bindparam("words"), ended_at=bindparam("end"),
    started_at=func.coalesce(SLOT.c.started_at, bindparam("start", type_=UtcTime)),
))  # fmt: skip


def lane(job: str) -> str:
    """The job lane of a regular job."""
    return f"{LANE}{job}"


def key(slot: datetime) -> str:
    """How the keys of a slot's jobs begin."""
    return f"{(slot - EPOCH) // MICROSECOND}/"


def tick(db: Unit, rule: Rule, now: datetime) -> int:
    """Store the moments that have come since the last one; how many will be run.

    A job nobody has seen before begins now: its history is not caught up.
    """
    last = last_moment(db, rule.job)
    if last is None:
        _insert(db, rule.job, now, Outcome.BEGUN)
        return 0
    due = rule.between(last, now) if rule.policy is Policy.ALL else _newest(rule, last, now)
    chosen = due[-1:] if rule.policy is Policy.LATEST else due
    limit = PROMPT if rule.policy is Policy.SKIP else rule.max_age
    wanted = {slot for slot in chosen if limit is None or now - slot <= limit}
    for slot in due:
        if slot in wanted:
            arm(db, rule.job, slot, now)
        else:
            _insert(db, rule.job, slot, Outcome.SKIPPED)
    return len(wanted)


def arm(db: Unit, job: str, slot: datetime, now: datetime, *, asked: bool = False) -> bool:
    """Store one slot and the work that belongs to it; False when the slot was known."""
    new = _insert(db, job, slot, Outcome.WAITING)
    if new:
        follow(db, Turn(job, slot, asked=asked), due=slot, now=now)
    return new


def follow(db: Unit, turn: Turn, *, due: datetime, now: datetime) -> None:
    """Put a part of a slot's work in line."""
    payload = {
        "slot": turn.slot.isoformat(), "part": turn.part, "so_far": turn.so_far,
        "asked": turn.asked,
    }  # fmt: skip
    name = f"{key(turn.slot)}{turn.part}"
    jobs.add(db, lane(turn.job), name, payload, due=due, now=now, order_key=turn.job)


def turn(job: str, payload: Mapping[str, Any]) -> Turn:
    """What `follow` stored."""
    slot = datetime.fromisoformat(payload["slot"])
    return Turn(job, slot, payload["part"], payload["so_far"], payload["asked"])


def passed_over(db: Unit, rule: Rule, turn: Turn, now: datetime) -> bool:
    """Whether work that has not begun is not wanted any more: too old, or not the newest."""
    if turn.asked or turn.part > 1:
        return False
    if rule.policy is Policy.LATEST and last_moment(db, rule.job) != turn.slot:
        return True
    return rule.max_age is not None and now - turn.slot > rule.max_age


def end(
    db: Unit, turn: Turn, outcome: Outcome, detail: str, *, began: datetime, ended: datetime
) -> None:
    """Note what came of a slot, or of one try at it; the first try's beginning stays."""
    came = {"came": outcome.value, "words": detail[:LONGEST]}
    _ENDED.run(db, {"of": turn.job, "at": turn.slot, "start": began, "end": ended, **came})


def last_moment(db: Unit, job: str) -> datetime | None:
    """The newest moment stored for a job; None for one nobody has seen."""
    moment: datetime | None = _LAST.value(db, {"of": job})
    return moment


def _insert(db: Unit, job: str, slot: datetime, outcome: Outcome) -> bool:
    return _ADD.run(db, {"job": job, "slot_at": slot, "outcome": outcome.value, "detail": ""}) == 1


def _newest(rule: Rule, after: datetime, now: datetime) -> Sequence[datetime]:
    """The newest missed moments, found without listing a month of minutes."""
    span = PROMPT
    while True:
        start = max(after, now - span)
        found = rule.between(start, now)
        if start == after or len(found) >= RECORDED:
            return found[-RECORDED:]
        span *= 4
