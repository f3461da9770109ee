"""Whose data is kept for an invalid lead only, and for long enough (PIPL art. 47, domain.md §8).

The lead stays, and that it had a contact; who that was is erased like anybody else
(`privacy.erase`). A contact of a customer, or of a lead that is worked on, is none of them, and
what a law keeps frozen stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, literal, or_, select

from engine import errands
from engine.model import table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from engine.vault import KEY, VaultKey
from sales import contacts
from sales.contacts import CONTACT
from sales.lead_states import INVALID, MERGED
from sales.leads import LEAD, Lead

WORK = "expired-contact"
AT_ONCE = 200
"""Contacts asked to be erased in one unit; each erasure looks through what was written lately."""
_OTHER = table(Lead).alias("other")
_BEFORE = bindparam("before", type_=UtcTime)
_IN_USE = (
    select(_OTHER.c.id)
    .where(_OTHER.c.contact_id == CONTACT.id)
    .where(_OTHER.c.state != literal(MERGED))
    .where(or_(_OTHER.c.state != literal(INVALID), _OTHER.c.pooled_at >= _BEFORE))
    .exists()
)
_EXPIRED = (
    select(CONTACT.id)
    .join(Lead, LEAD.contact_id == CONTACT.id)
    .join(VaultKey, (KEY.subject_type == literal(contacts.KIND)) & (KEY.subject_id == CONTACT.id))
    .where(LEAD.state == literal(INVALID), LEAD.pooled_at < _BEFORE)
    .where(CONTACT.customer_id.is_(None), ~_IN_USE)
    .where(KEY.destroyed_at.is_(None), KEY.frozen_at.is_(None))
    .order_by(CONTACT.id)
    .distinct()
    .limit(AT_ONCE)
)
_ALL = Statement(_EXPIRED)
_STILL = Statement(_EXPIRED.where(CONTACT.id == bindparam("wanted")))


def ask(db: Unit, *, before: datetime, now: datetime) -> int:
    """Have those erased whose leads are invalid since before a moment; how many this time."""
    found = _ALL.rows(db, {"before": before})
    about = {"before": before.isoformat()}
    for row in found:
        key = f"{row.id}/{now.date()}"
        errands.ask(db, WORK, {**about, "contact": row.id}, key=key, now=now)
    return len(found)


def still(db: Unit, contact_id: str, *, before: datetime) -> bool:
    """Whether nothing has happened since that gives a reason to keep them."""
    return _STILL.row(db, {"wanted": contact_id, "before": before}) is not None
