"""Who has had a lead, from when to when, and how they came to it (domain.md §3, I1).

The lead's row says whose it is now; the history answers who had it before and how many somebody
has claimed today. A partial unique index holds that it has one owner at a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, func, select, text, update
from sqlmodel import Field

from engine import audit
from engine.ids import ulid
from engine.model import Row, table
from engine.statement import Statement, insertion
from engine.types import UtcTime
from engine.unit import Unit
from sales.lead_states import Seen, happen
from sales.leads import LEAD, Lead

CLAIMED = "claimed"
_OPEN = text("to_at IS NULL")


class Ownership(Row, table=True):
    """One span of ownership; `how` is the event that began it, `to_at` None while it lasts."""

    __tablename__ = "lead_ownership"
    __table_args__ = (
        Index("uq_lead_ownership_open", "lead_id", unique=True, sqlite_where=_OPEN,
              postgresql_where=_OPEN),
        Index("ix_lead_ownership_owner", "owner_id", "from_at"),
        Index("ix_lead_ownership_lead", "lead_id", "owner_id"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    lead_id: str = Field(foreign_key="lead.id")
    owner_id: str = Field(foreign_key="person.id")
    how: str
    from_at: datetime = Field(sa_type=UtcTime)
    to_at: datetime | None = Field(default=None, sa_type=UtcTime)


OWNERSHIP = table(Ownership).c
_BEGIN = insertion(table(Ownership))
_END = Statement(
    update(Ownership)
    .where(OWNERSHIP.lead_id == bindparam("of_lead"), OWNERSHIP.to_at.is_(None))
    .values(to_at=bindparam("now", type_=UtcTime))
)
_CLAIMS = Statement(
    select(func.count())
    .where(OWNERSHIP.owner_id == bindparam("person"), OWNERSHIP.how == CLAIMED)
    .where(OWNERSHIP.from_at >= bindparam("since", type_=UtcTime))
)
_LAST_HAD = Statement(
    select(func.max(OWNERSHIP.to_at).label("at")).where(
        OWNERSHIP.lead_id == bindparam("of_lead"), OWNERSHIP.owner_id == bindparam("person")
    )
)
_LAST_OWNER = Statement(
    select(OWNERSHIP.owner_id)
    .where(OWNERSHIP.lead_id == bindparam("of_lead"))
    .order_by(OWNERSHIP.from_at.desc(), OWNERSHIP.id.desc())
    .limit(1)
)


def give(db: Unit, seen: Seen, event: str, owner_id: str, *, now: datetime) -> None:
    """Make somebody the owner, from now on.

    Raises:
        Moved: somebody was quicker.
    """
    happen(
        db, seen, event, now=now, owner_id=owner_id, owner_since=now, opened_at=None,
        contacted_at=None, late=False, protected_until=None, pooled_at=None,
    )  # fmt: skip
    _change(db, seen.id, event, owner_id, now)


def release(db: Unit, seen: Seen, event: str, *, now: datetime, **values: object) -> None:
    """Take the lead from its owner: back to the pool, or out of everybody's hands.

    Raises:
        Moved: somebody was quicker.
    """
    happen(
        db, seen, event, now=now, owner_id=None, owner_since=None, protected_until=None,
        pooled_at=now, **values,
    )  # fmt: skip
    _END.run(db, {"of_lead": seen.id, "now": now})


def pass_on(db: Unit, lead_id: str, owner_id: str, heir: str, *, now: datetime) -> None:
    """The heir has what was somebody's, as it stands; nothing of it begins anew."""
    change: dict[str, Any] = {"owner_id": heir, "owner_since": now}
    db.execute(update(Lead).where(LEAD.id == lead_id, LEAD.owner_id == owner_id).values(change))
    _change(db, lead_id, "handed_over", heir, now)
    told = {audit.SET: change, "from": owner_id}
    audit.record(db, "lead.handed_over", ("lead", lead_id), at=now, detail=told)


def _change(db: Unit, lead_id: str, how: str, owner_id: str, now: datetime) -> None:
    _END.run(db, {"of_lead": lead_id, "now": now})
    _BEGIN.run(db, {
        "id": ulid(now), "lead_id": lead_id, "owner_id": owner_id, "how": how, "from_at": now,
        "to_at": None,
    })  # fmt: skip


def last_owner(db: Unit, lead_id: str) -> str | None:
    """Who had the lead last, or has it; None if nobody ever did."""
    return _LAST_OWNER.value(db, {"of_lead": lead_id})


def claims_since(db: Unit, person_id: str, since: datetime) -> int:
    """How many leads somebody has claimed since a moment."""
    return _CLAIMS.value(db, {"person": person_id, "since": since}) or 0


def last_had(db: Unit, lead_id: str, person_id: str) -> datetime | None:
    """When somebody last gave up the lead; None if they never had it."""
    moment: datetime | None = _LAST_HAD.value(db, {"of_lead": lead_id, "person": person_id})
    return moment
