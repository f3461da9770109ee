"""What was decided about a lead and why, kept as it was seen: nothing is worked out again later.

The answer to 为什么 stays the same for ever (B22, N1), and the decision can be replayed (N2, N3)
from its trace (`sales.lead_traces`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, bindparam, exists, func, literal, select
from sqlmodel import Field

from engine.ids import ulid
from engine.model import Row, table
from engine.statement import Statement, insertion, insertion_once
from engine.types import Json, UtcTime
from engine.unit import Unit
from sales import lead_traces
from sales.lead_traces import Stored, Trace
from sales.leads import LEAD, Lead


class Assignment(Row, table=True):
    """One decision; `attempt` counts those of a lead from 1, `code` is a reason of §6.

    `roster_id` names the people the trace speaks of, if it speaks of any. `rule_version` is the
    version of the rules, 0 for those that come with the product.
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
    roster_id: str | None = Field(default=None)


class RosterRow(Row, table=True):
    """Who could get leads at some time: `people` are [id, name] each, in the order of a trace."""

    __tablename__ = "roster"

    id: str = Field(primary_key=True)
    people: list[Any] = Field(sa_type=Json)


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
DECISION, ROSTER = table(Assignment).c, table(RosterRow).c
_INSERT, _INSERT_ROSTER = insertion(table(Assignment)), insertion_once(table(RosterRow))
_ATTEMPTS = Statement(select(func.count()).where(DECISION.lead_id == bindparam("of_lead")))
_KEPT = (
    DECISION.lead_id, DECISION.attempt, DECISION.at, DECISION.rule_version, DECISION.code,
    DECISION.owner_id, DECISION.trace, ROSTER.people,
)  # fmt: skip
_NEWEST = Statement(
    select(*_KEPT)
    .outerjoin(RosterRow, ROSTER.id == DECISION.roster_id)
    .where(DECISION.lead_id == bindparam("of_lead"))
    .order_by(DECISION.attempt.desc())
    .limit(1)
)  # fmt: skip

_LATER = table(Assignment).alias("later")
_BY_RULES = Statement(
    select(LEAD.number, LEAD.company, *_KEPT)
    .join(Lead, LEAD.id == DECISION.lead_id)
    .outerjoin(RosterRow, ROSTER.id == DECISION.roster_id)
    .where(
        DECISION.at >= bindparam("since", type_=UtcTime), DECISION.rule_version > 0,
        DECISION.code.not_in([literal(code) for code in UNRULED]),
        ~exists().where(_LATER.c.lead_id == DECISION.lead_id, _LATER.c.attempt > DECISION.attempt),
    )
    .order_by(DECISION.at.desc(), DECISION.id.desc())
    .limit(bindparam("most"))
)  # fmt: skip


def keep(
    db: Unit, lead_id: str, code: str, owner_id: str | None, trace: Stored, *, rule_version: int,
    now: datetime,
) -> None:  # fmt: skip
    """Store a decision; the caller has the lead to itself."""
    roster = trace.roster
    if roster is not None:
        _INSERT_ROSTER.run(db, {"id": roster.id, "people": roster.people})
    _INSERT.run(db, {
        "id": ulid(now), "lead_id": lead_id, "at": now, "rule_version": rule_version,
        "attempt": (_ATTEMPTS.value(db, {"of_lead": lead_id}) or 0) + 1, "code": code,
        "owner_id": owner_id, "trace": trace.body,
        "roster_id": None if roster is None else roster.id,
    })  # fmt: skip


def newest(db: Unit, lead_id: str) -> Kept | None:
    """The last decision about a lead, as it was stored."""
    row = _NEWEST.row(db, {"of_lead": lead_id})
    return None if row is None else _kept(row)


def by_rules(db: Unit, since: datetime, *, most: int) -> list[tuple[str, str, Kept]]:
    """(number, company, decision): the last of each lead that the rules made, the oldest first."""
    rows = _BY_RULES.rows(db, {"since": since, "most": most})
    return [(number, company, _kept(kept)) for number, company, *kept in reversed(rows)]


def _kept(row: Sequence[Any]) -> Kept:
    return Kept(*(*row[:-2], lead_traces.unpacked(*row[-2:])))
