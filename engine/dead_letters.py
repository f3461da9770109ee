"""Work that ended badly: dead (it failed for good) or uncertain (nobody knows).

Such a row stays until a person decides: it is done again, under its own key, or it is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select, update

from engine.jobs import JOB, State
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit


@dataclass(frozen=True, slots=True)
class Letter:
    """A job somebody has to decide on; `ended_at` is when it was given up."""

    id: int
    lane: str
    key: str
    state: State
    payload: Mapping[str, Any]
    error: str
    ended_at: datetime


_FAILED = JOB.c.state.in_([literal_column("3"), literal_column("5")])  # as the index says it
_ALL = (
    select(
        JOB.c.id, JOB.c.lane, JOB.c.key, JOB.c.state, JOB.c.payload, JOB.c.last_error,
        JOB.c.done_at,
    )
    .where(_FAILED)
    .order_by(JOB.c.done_at.desc(), JOB.c.id.desc())
    .limit(bindparam("most"))
)  # fmt: skip
_NEWEST = Statement(_ALL)
_OF_LANE = Statement(_ALL.where(JOB.c.lane == bindparam("in_lane")))
_ONE = Statement(_ALL.where(JOB.c.id == bindparam("wanted")))
_BETWEEN = Statement(
    _ALL.where(
        JOB.c.lane == bindparam("in_lane"), JOB.c.state == bindparam("as_state"),
        JOB.c.done_at > bindparam("after"), JOB.c.done_at <= bindparam("up_to"),
    )
)  # fmt: skip
_WAITING = Statement(
    select(JOB.c.lane, JOB.c.state, func.max(JOB.c.done_at).label("newest"))
    .where(_FAILED)
    .group_by(JOB.c.lane, JOB.c.state)
    .order_by(JOB.c.lane, JOB.c.state)
)
_OPEN_AGAIN = Statement(
    update(JOB)
    .where(JOB.c.id == bindparam("wanted"), _FAILED)
    .values(
        state=State.OPEN, due=bindparam("now", type_=UtcTime), payload=bindparam("new_payload"),
        attempts=0, crashes=1, done_at=None,
    )
)  # fmt: skip
_DROP = Statement(
    update(JOB)
    .where(JOB.c.id == bindparam("wanted"), _FAILED)
    .values(state=State.CANCELLED, done_at=bindparam("now", type_=UtcTime))
)


def newest(db: Unit, *, most: int, lane: str = "") -> list[Letter]:
    """The letters given up last, newest first, of one lane or of all."""
    values = {"most": most, "in_lane": lane}
    rows = _OF_LANE.rows(db, values) if lane else _NEWEST.rows(db, values)
    return [_letter(row) for row in rows]


def waiting(db: Unit) -> list[tuple[str, State, datetime]]:
    """Where decisions are due: lane, state, and when the newest letter was given up."""
    return [(row.lane, State(row.state), row.newest) for row in _WAITING.rows(db, {})]


def between(
    db: Unit, lane: str, state: State, after: datetime, up_to: datetime, *, most: int
) -> list[Letter]:  # fmt: skip
    """The letters of one kind given up after a moment and up to another, newest first."""
    values = {"in_lane": lane, "as_state": state, "after": after, "up_to": up_to, "most": most}
    return [_letter(row) for row in _BETWEEN.rows(db, values)]


def find(db: Unit, ids: Sequence[int]) -> list[Letter]:
    """Those of the jobs that still wait for a decision, in the given order."""
    rows = (_ONE.row(db, {"wanted": job_id, "most": 1}) for job_id in ids)
    return [_letter(row) for row in rows if row is not None]


def replay(db: Unit, letter: Letter, payload: Mapping[str, Any], *, now: datetime) -> bool:
    """Do it again from the start, now and alone; False when somebody has decided already."""
    db.lanes.add(letter.lane)
    values = {"wanted": letter.id, "now": now, "new_payload": dict(payload)}
    return _OPEN_AGAIN.run(db, values) == 1


def drop(db: Unit, letter: Letter, *, now: datetime) -> bool:
    """Leave it undone; False when somebody has decided already."""
    return _DROP.run(db, {"wanted": letter.id, "now": now}) == 1


def _letter(row: Any) -> Letter:
    return Letter(
        row.id, row.lane, row.key, State(row.state), row.payload, row.last_error, row.done_at
    )
