"""What was decided about a lead and why, kept as it was seen: nothing is worked out again later.

The trace holds the lead as the rules saw it, every person with the values they had, every rule
and every comparison, so that the answer to 为什么 stays the same for ever (B22, N1), and so that
the decision can be replayed (N2, N3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Index, UniqueConstraint, bindparam, exists, func, literal, select
from sqlmodel import Field

from engine.ids import ulid
from engine.model import Row, table
from engine.statement import Statement, insertion
from engine.types import Json, UtcTime
from engine.unit import Unit
from sales.assigning import Decision, Record, Seller, Tried, Weighed
from sales.conditions import Checked, Value
from sales.leads import LEAD, Lead
from sales.rules.assigning import written


class Assignment(Row, table=True):
    """One decision; `attempt` counts those of a lead from 1, `code` is a reason of §6.

    `rule_version` is the version of the rules, 0 for what a person decided themselves.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("lead_id", "attempt"),
        Index("ix_assignment_owner", "owner_id", "at"),
        Index("ix_assignment_at", "at"),
    )

    id: str = Field(primary_key=True)
    lead_id: str = Field(foreign_key="lead.id")
    attempt: int
    at: datetime = Field(sa_type=UtcTime)
    rule_version: int
    code: str
    owner_id: str | None = Field(default=None, foreign_key="person.id")
    trace: dict[str, Any] = Field(sa_type=Json)


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison in words: "待办<8", the value it met ("" for unknown), and how it ended."""

    asked: str
    met: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person in one rule: why not ("" for eligible), and every comparison."""

    id: str
    reason: str
    compared: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule: whether it fitted the lead (None: not known), and whom it weighed."""

    name: str
    when: str
    who: str
    fits: bool | None
    compared: tuple[Compared, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """One person as they stood at the moment; `waiting_since` when they got their last lead."""

    id: str
    name: str
    open: int
    waiting_since: datetime
    away: bool = False
    record: dict[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """The lead or customer it was taken for; `number` is "" for a customer."""

    kind: str
    id: str
    number: str
    company: str
    owner: str
    owner_region: str
    why: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything a decision was made from."""

    lead: dict[str, Value]
    owner: str = ""
    runner_up: str = ""
    capacity: int = 0
    fallback: str = ""
    considered: tuple[Considered, ...] = ()
    people: tuple[Present, ...] = ()
    same: Same | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored decision."""

    lead_id: str
    attempt: int
    at: datetime
    rule_version: int
    code: str
    owner_id: str | None
    trace: Trace


UNRULED = ("duplicate_of", "protected_owner")
"""Reason codes of leads that were given to nobody before any rule was looked at."""
DECISION = table(Assignment).c
_TRACE: TypeAdapter[Trace] = TypeAdapter(Trace)
_INSERT = insertion(table(Assignment))
_ATTEMPTS = Statement(select(func.count()).where(DECISION.lead_id == bindparam("of_lead")))
_NEWEST = Statement(
    select(
        DECISION.lead_id, DECISION.attempt, DECISION.at, DECISION.rule_version, DECISION.code,
        DECISION.owner_id, DECISION.trace,
    )
    .where(DECISION.lead_id == bindparam("of_lead"))
    .order_by(DECISION.attempt.desc())
    .limit(1)
)  # fmt: skip

_LATER = table(Assignment).alias("later")
_BY_RULES = Statement(
    select(
        LEAD.number, LEAD.company,
        DECISION.lead_id, DECISION.attempt, DECISION.at, DECISION.rule_version, DECISION.code,
        DECISION.owner_id, DECISION.trace,
    )
    .join(Lead, LEAD.id == DECISION.lead_id)
    .where(
        DECISION.at >= bindparam("since", type_=UtcTime), DECISION.rule_version > 0,
        DECISION.code.not_in([literal(code) for code in UNRULED]),
        ~exists().where(_LATER.c.lead_id == DECISION.lead_id, _LATER.c.attempt > DECISION.attempt),
    )
    .order_by(DECISION.at.desc(), DECISION.id.desc())
    .limit(bindparam("most"))
)  # fmt: skip


def keep(
    db: Unit, lead_id: str, code: str, owner_id: str | None, trace: Trace, *, rule_version: int,
    now: datetime,
) -> None:  # fmt: skip
    """Store a decision; the caller has the lead to itself."""
    _INSERT.run(db, {
        "id": ulid(now), "lead_id": lead_id, "at": now, "rule_version": rule_version,
        "attempt": (_ATTEMPTS.value(db, {"of_lead": lead_id}) or 0) + 1, "code": code,
        "owner_id": owner_id,
        "trace": _TRACE.dump_python(trace, mode="json", exclude_defaults=True),
    })  # fmt: skip


def newest(db: Unit, lead_id: str) -> Kept | None:
    """The last decision about a lead, as it was stored."""
    row = _NEWEST.row(db, {"of_lead": lead_id})
    return None if row is None else Kept(*(*row[:-1], _TRACE.validate_python(row.trace)))


def by_rules(db: Unit, since: datetime, *, most: int) -> list[tuple[str, str, Kept]]:
    """(number, company, decision): the last of each lead that the rules made, the oldest first."""
    rows = _BY_RULES.rows(db, {"since": since, "most": most})
    return [
        (row.number, row.company, Kept(*(*row[2:-1], _TRACE.validate_python(row.trace))))
        for row in reversed(rows)
    ]


def traced(
    lead: Record, decision: Decision, people: Sequence[Seller], *, capacity: int, fallback: str
) -> Trace:  # fmt: skip
    """A decision with everything it was made from."""
    return Trace(
        lead=known(lead),
        owner="" if decision.owner is None else decision.owner.id,
        runner_up="" if decision.runner_up is None else decision.runner_up.id,
        capacity=capacity,
        fallback=fallback,
        considered=tuple(_considered(one) for one in decision.tried),
        people=tuple(
            Present(one.id, one.name, one.open, one.waiting_since, one.away, known(one.record))
            for one in people
        ),
    )


def _considered(one: Tried) -> Considered:
    said: dict[tuple[int, Value | None], Compared] = {}
    return Considered(
        one.line.name, written(one.line.when), written(one.line.who), one.fits,
        _compared(one.checked, {}), tuple(_candidate(each, said) for each in one.weighed),
    )  # fmt: skip


def _candidate(one: Weighed, said: dict[tuple[int, Value | None], Compared]) -> Candidate:
    return Candidate(one.seller.id, one.reason, _compared(one.checked, said))


def _compared(
    checked: tuple[Checked, ...], said: dict[tuple[int, Value | None], Compared]
) -> tuple[Compared, ...]:
    """Comparisons in words; many people have the same value, which is put in words once."""
    return tuple(
        said.get((place, one.met)) or said.setdefault((place, one.met), _in_words(one))
        for place, one in enumerate(checked)
    )


def _in_words(one: Checked) -> Compared:
    met = "" if one.met is None else one.leaf.field.sort.words(one.met)
    return Compared(str(one.leaf), met, one.holds)


def known(record: Record) -> dict[str, Value]:
    """A record without what nobody knows."""
    return {name: value for name, value in record.items() if value is not None}
