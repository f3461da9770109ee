"""Leads that waited too long lately, and what their owners did about it (B83)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, literal, or_, select

from engine.audit import Audit
from engine.deadlines import DEADLINE
from engine.errors import Refusal
from engine.model import table
from engine.unit import Unit
from sales import policy
from sales.lead_clocks import CONTACT, INTENT, TIMED, UNASSIGNED, UNOPENED
from sales.lead_clocks import LEAD as SUBJECT
from sales.lead_owning import OWNERSHIP, Ownership
from sales.leads import LEAD, Lead
from sales.people import PERSON, Person, Who

RIGHT = "lead.export"
AUDIT, _CLOCK = table(Audit).c, DEADLINE.c
_OUT = ("pending", "breached", "met_late")
_HAD = and_(
    OWNERSHIP.lead_id == LEAD.id, OWNERSHIP.owner_id == _CLOCK.owner,
    OWNERSHIP.from_at <= _CLOCK.started_at,
    or_(OWNERSHIP.to_at.is_(None), OWNERSHIP.to_at > _CLOCK.started_at),
)  # fmt: skip
"""Whose lead it was when the time began: nobody for one of the pool."""


class NobodyLate(Refusal):
    """There is nothing to look into."""

    code = "nobody_late"
    text = "最近 {days} 天没有超时的线索。"


@dataclass(frozen=True, slots=True)
class Late:
    """One time limit that ran out: whose, since when, until when (None: still), what they did.

    `looked_at` is when its owner first looked at the lead after that, by the trail.
    """

    deadline_id: str
    kind: str
    number: str
    company: str
    owner_id: str
    owner: str
    due_at: datetime
    ended_at: datetime | None
    opened_at: datetime | None
    looked_at: datetime | None

    def waited(self, now: datetime) -> timedelta:
        """How long beyond its time."""
        return (self.ended_at or now) - self.due_at


def lately(db: Unit, who: Who, days: int, *, most: int, now: datetime) -> list[Late]:
    """What ran out within so many days, of whoever `who` may take lists about, by their names.

    Raises:
        NobodyLate: nothing did.
    """
    looked = (
        select(func.min(AUDIT.at))
        .where(AUDIT.subject_type == SUBJECT, AUDIT.subject_id == LEAD.id)
        .where(AUDIT.actor == _CLOCK.owner, AUDIT.at > _CLOCK.due_at)
        .scalar_subquery()
    )
    rows = db.execute(
        select(
            _CLOCK.id,
            _CLOCK.kind,
            LEAD.number,
            LEAD.company,
            _CLOCK.owner,
            PERSON.name,
            _CLOCK.due_at,
            _CLOCK.started_at,
            LEAD.opened_at,
            LEAD.contacted_at,
            LEAD.owner_since,
            OWNERSHIP.to_at,
            looked.label("looked_at"),
        )
        .join(Lead, LEAD.id == _CLOCK.subject_id)
        .join(Person, PERSON.id == _CLOCK.owner)
        .outerjoin(Ownership, _HAD)
        .where(_CLOCK.subject_type == SUBJECT)
        .where(_CLOCK.kind.in_([literal(one) for one in TIMED]))
        .where(_CLOCK.state.in_([literal(one) for one in _OUT]))
        .where(_CLOCK.due_at > now - timedelta(days=days), _CLOCK.due_at <= now)
        .where(policy.owned(who, RIGHT, _CLOCK.owner))
        .order_by(PERSON.name, _CLOCK.due_at, _CLOCK.id)
        .limit(most)
    ).all()
    if not rows:
        raise NobodyLate(days=days)
    return [
        Late(
            row.id, row.kind, row.number, row.company, row.owner, row.name, row.due_at,
            _ended(row), row.opened_at, row.looked_at,
        )
        for row in rows
    ]  # fmt: skip


def _ended(row: Any) -> datetime | None:
    """When what was waited for happened after all, or whoever had to do it had it no more."""
    ends = {
        UNASSIGNED: row.owner_since, UNOPENED: row.opened_at, INTENT: row.contacted_at,
        CONTACT: row.contacted_at,
    }  # fmt: skip
    found = [at for at in (ends[row.kind], row.to_at) if at is not None and at >= row.started_at]
    return min(found, default=None)
