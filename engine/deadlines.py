"""Deadlines: promises about time, kept as rows and fired once per level.

A deadline is opened, moved, met or cancelled in the transaction of what causes it, each time
by one statement that takes effect only on the pending row. Its moments are worked out once,
at opening; firing is in `engine/deadlines_due.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, bindparam, case, func, literal, select, text, update
from sqlmodel import Field

from engine.calendar import Calendar
from engine.ids import ulid
from engine.model import Row, table
from engine.statement import Statement, insertion_once
from engine.types import EPOCH, MICROSECOND, Json, UtcTime
from engine.unit import Unit

_PENDING = text("state = 'pending'")
WALL, WORKING = "wall", "working"
"""What a deadline counts: every hour, or the hours of the working calendar."""


class Deadline(Row, table=True):
    """One promise: something about a subject has to happen by `due_at`.

    `about` says what is waited for, as people read it. `clock` says what was counted, "wall" or
    "working" time. `levels` is what happens when nobody acts, earliest first: [moment in µs,
    act, offset to the due moment in µs of that clock]; nothing is counted after `ends_at`.
    `fired` counts the levels that have happened, `next_at` is the moment of the next one, None
    while a job of its own is in charge of it. `provisional` is True while a day nobody has
    published yet lies on the way (暂定). `rule_version` is the version of the rule its times were
    taken from; it stays when the rule changes. `state`: "pending", "met", "met_late",
    "breached" (all levels fired), "cancelled", "superseded".
    """

    __tablename__ = "deadline"
    __table_args__ = (
        Index("uq_deadline_open", "subject_type", "subject_id", "kind", unique=True,
              sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_deadline_next", "next_at", "kind", "owner", sqlite_where=_PENDING,
              postgresql_where=_PENDING),
        Index("ix_deadline_owner", "owner", "next_at", sqlite_where=_PENDING,
              postgresql_where=_PENDING),
        Index("ix_deadline_subject", "subject_type", "subject_id"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    kind: str
    subject_type: str
    subject_id: str
    owner: str
    about: str
    clock: str
    started_at: datetime = Field(sa_type=UtcTime)
    allowance_s: int
    due_at: datetime = Field(sa_type=UtcTime)
    levels: list[Any] = Field(sa_type=Json)
    ends_at: datetime = Field(sa_type=UtcTime)
    fired: int = 0
    next_at: datetime | None = Field(default=None, sa_type=UtcTime)
    provisional: bool = False
    rule_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    state: str = "pending"
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)


@dataclass(frozen=True, slots=True)
class Level:
    """What happens (`act`), and when: `offset` after due on the same clock, negative before."""

    offset: timedelta
    act: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A deadline's moments, worked out; `levels` as in the row."""

    clock: str
    started_at: datetime
    allowance: timedelta
    due_at: datetime
    levels: list[list[Any]]
    provisional: bool

    @property
    def moments(self) -> dict[str, Any]:
        """The columns a change of the moments changes."""
        return {
            "due_at": self.due_at, "levels": self.levels, "provisional": self.provisional,
            "ends_at": max(self.due_at, EPOCH + self.levels[-1][0] * MICROSECOND),
        }  # fmt: skip


DEADLINE = table(Deadline)
_D = DEADLINE.c
_COLUMNS = tuple(column.name for column in _D)
_INSERT = insertion_once(DEADLINE, *_COLUMNS)
_OF = (
    _D.kind == bindparam("of_kind"), _D.subject_type == bindparam("of_type"),
    _D.subject_id == bindparam("of_id"),
)  # fmt: skip
_IT = update(DEADLINE).where(*_OF, _D.state == "pending")
_CLOSE = Statement(_IT.values(state=bindparam("new_state"), closed_at=bindparam("now")))
_MEET = Statement(
    _IT.values(
        state=case((_D.due_at < bindparam("now", type_=UtcTime), "met_late"), else_="met"),
        closed_at=bindparam("now"),
    ).returning(_D.state)
)
_MOVABLE = (
    "clock", "started_at", "allowance_s", "due_at", "levels", "ends_at", "fired", "next_at",
    "provisional",
)  # fmt: skip
_MOVE = Statement(_IT.values({name: bindparam(f"new_{name}") for name in _MOVABLE}))
_RULE_VERSION = Statement(select(_D.rule_version).where(*_OF).order_by(_D.id).limit(1))
_ABOUT = Statement(select(_D.id, _D.about).where(*_OF).order_by(_D.id))
_WAITING = Statement(
    select(_D.subject_id, _D.about)
    .where(
        _D.owner == bindparam("of_owner"), _D.state == "pending", _D.kind == bindparam("of_kind")
    )
    .order_by(_D.id)
)
_FIRED = Statement(
    select(_D.id, _D.kind)
    .where(_D.subject_type == bindparam("of_type"), _D.subject_id == bindparam("of_id"))
    .where(_D.fired > 0)
    .order_by(_D.id)
)
_HAND_OVER = Statement(
    update(DEADLINE)
    .where(_D.owner == bindparam("was"), _D.state == "pending")
    .where(_D.subject_type == bindparam("of_type"))
    .values(owner=bindparam("heir"))
)
_DUE = Statement(
    select(_D.due_at)
    .where(*_OF, _D.started_at >= bindparam("since", type_=UtcTime))
    .where(_D.state.in_([literal("pending"), literal("breached")]))
    .order_by(_D.id.desc())
    .limit(1)
)
_MET = Statement(
    select(func.count()).where(*_OF, _D.state.in_([literal("met"), literal("met_late")]))
)


def plan(
    started_at: datetime, allowance: timedelta, levels: Sequence[Level],
    calendar: Calendar | None = None,
) -> Plan:  # fmt: skip
    """The moments of a deadline of `allowance` from `started_at`; no calendar: wall clock.

    Two working hours from Friday 17:00, and a level one hour later: Monday 10:00 and 11:00.

    Raises:
        ValueError: no level, or one before `started_at`.
        NeverOpen: the calendar has not that much working time.
    """
    ordered = sorted(levels, key=lambda level: level.offset)
    spans = [allowance + level.offset for level in ordered]
    if not spans or spans[0] < timedelta():
        raise ValueError("a deadline needs levels, none of them before its start")
    if calendar is None:
        ends, provisional = [started_at + span for span in (allowance, *spans)], False
    else:
        found = [calendar.add_working_time(started_at, span) for span in (allowance, *spans)]
        ends, provisional = [due.at for due in found], any(due.provisional for due in found)
    stored = [
        [(moment - EPOCH) // MICROSECOND, level.act, level.offset // MICROSECOND]
        for moment, level in zip(ends[1:], ordered, strict=True)
    ]
    clock = WALL if calendar is None else WORKING
    return Plan(clock, started_at, allowance, ends[0], stored, provisional)


def open_(
    db: Unit, kind: str, subject: tuple[str, str], plan: Plan, *, owner: str, about: str,
    now: datetime, rule_version: int = 0,
) -> None:  # fmt: skip
    """Open a deadline; a pending one of the same kind and subject (type, id) is superseded.

    Raises:
        ValueError: nobody owns it.
    """
    if not owner:
        raise ValueError(f"a deadline {kind} needs an owner")
    values = {
        "id": ulid(now), "kind": kind, "subject_type": subject[0], "subject_id": subject[1],
        "owner": owner, "about": about, "state": "pending", "closed_at": None,
        "rule_version": rule_version, **_fresh(plan),
    }  # fmt: skip
    while not _INSERT.run(db, values):
        _close(db, kind, subject, "superseded", now)


def move(db: Unit, kind: str, subject: tuple[str, str], plan: Plan) -> bool:
    """Give the pending deadline other moments, all levels anew; False when none is pending."""
    values = {f"new_{name}": value for name, value in _fresh(plan).items()}
    return _MOVE.run(db, _key(kind, subject) | values) == 1


def cancel(db: Unit, kind: str, subject: tuple[str, str], *, now: datetime) -> bool:
    """Close the pending deadline because nobody waits any more; False when none is pending."""
    return _close(db, kind, subject, "cancelled", now)


def meet(db: Unit, kind: str, subject: tuple[str, str], *, now: datetime) -> str | None:
    """Close the pending deadline because it happened: "met", or "met_late" after `due_at`.

    None when none is pending.
    """
    state: str | None = _MEET.value(db, {**_key(kind, subject), "now": now})
    return state


def hand_over(db: Unit, owner: str, subject_type: str, heir: str) -> None:
    """Whatever is waited for of the subjects of a type is somebody else's to do from here on."""
    _HAND_OVER.run(db, {"was": owner, "of_type": subject_type, "heir": heir})


def was_met(db: Unit, kind: str, subject: tuple[str, str]) -> bool:
    """Whether it happened at some time, late or not."""
    return bool(_MET.value(db, _key(kind, subject)))


def opened(db: Unit, kind: str, subject: tuple[str, str]) -> list[tuple[str, str]]:
    """(id, about) of every deadline of the kind the subject ever had, oldest first."""
    return [(row.id, row.about) for row in _ABOUT.rows(db, _key(kind, subject))]


def waiting(db: Unit, kind: str, owner: str) -> list[tuple[str, str]]:
    """(subject id, about) of everything of the kind somebody still has to do, oldest first."""
    found = _WAITING.rows(db, {"of_kind": kind, "of_owner": owner})
    return [(row.subject_id, row.about) for row in found]


def fired(db: Unit, subject: tuple[str, str]) -> list[tuple[str, str]]:
    """(id, kind) of every deadline of the subject a level of which has happened, oldest first."""
    of = {"of_type": subject[0], "of_id": subject[1]}
    return [(row.id, row.kind) for row in _FIRED.rows(db, of)]


def due(db: Unit, kind: str, subject: tuple[str, str], *, since: datetime) -> datetime | None:
    """When what was begun since a moment has to happen, or had to; None if nobody waits for it."""
    moment: datetime | None = _DUE.value(db, {**_key(kind, subject), "since": since})
    return moment


def rule_version(db: Unit, kind: str, subject: tuple[str, str]) -> int | None:
    """The version of the rule its first deadline was opened by; None if there was none."""
    return _RULE_VERSION.value(db, _key(kind, subject))


def _close(db: Unit, kind: str, subject: tuple[str, str], state: str, now: datetime) -> bool:
    return _CLOSE.run(db, {**_key(kind, subject), "new_state": state, "now": now}) == 1


def _key(kind: str, subject: tuple[str, str]) -> dict[str, Any]:
    return {"of_kind": kind, "of_type": subject[0], "of_id": subject[1]}


def _fresh(plan: Plan) -> dict[str, Any]:
    """The columns of a deadline nothing of which has fired."""
    return {
        "clock": plan.clock, "started_at": plan.started_at, "fired": 0,
        "allowance_s": plan.allowance // timedelta(seconds=1),
        "next_at": EPOCH + plan.levels[0][0] * MICROSECOND, **plan.moments,
    }  # fmt: skip
