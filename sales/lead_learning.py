"""What a row of a sheet knows of a lead we have, and we do not: it is filled in, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import update

from engine import audit
from engine.unit import Unit
from sales import contacts, lead_care, lead_intake, lead_lists, leads
from sales.desk import Desk
from sales.lead_intake import RawLead
from sales.lead_lists import Shown
from sales.leads import LEAD, Lead


@dataclass(frozen=True, slots=True)
class News:
    """What is new about a lead; `other_number`: it was brought with another one than it has."""

    lead: Shown
    tags: RawLead | None
    need: str
    contact: Mapping[str, str]
    other_number: bool

    @property
    def any(self) -> bool:
        """Whether there is something to fill in."""
        return bool(self.tags or self.need or self.contact)


def news(db: Unit, lead_id: str, raw: RawLead, desk: Desk) -> News:
    """What `raw` tells that the lead does not know."""
    lead = lead_lists.get(db, lead_id, lead_lists.SYSTEM)
    draft, _ = lead_intake.understand(raw, desk)
    wanted = {
        "industry": draft.industry and lead.industry is None,
        "region": draft.region and lead.region is None,
        "budget": draft.budget_fen is not None and lead.budget_fen is None,
    }
    said = {name: getattr(raw, name) for name, new in wanted.items() if new}
    told = {name: value.strip() for name, value in raw.contact.items() if value.strip()}
    phone, has = told.get("phone", ""), lead.contact_id
    return News(
        lead,
        tags=RawLead(lead.company, "", **said) if said else None,
        need="" if lead.need else draft.need,
        contact={} if has else told,
        other_number=bool(
            phone and has and has not in contacts.by_number(db, desk.vault, phone)
        ),
    )  # fmt: skip


def learn(db: Unit, new: News, desk: Desk) -> None:
    """Fill it in.

    Raises:
        Moved: the lead is over.
    """
    lead = new.lead
    if new.tags is not None:
        lead_care.complete(db, lead, new.tags, desk)
    if new.contact:
        contact_id = contacts.add(
            db, desk.vault, None, new.contact, source=lead.source, now=desk.now,
            company=lead.company,
        )  # fmt: skip
        leads.know(db, lead.id, contact_id)
    if new.need:
        db.execute(update(Lead).where(LEAD.id == lead.id).values(need=new.need))
        audit.record(db, "lead.completed", ("lead", lead.id), at=desk.now,
                     detail={"fields": ["need"]})  # fmt: skip
