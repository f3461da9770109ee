"""A lead becomes an opportunity of a customer, new or known, in one unit (domain.md §3, B8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from engine.statement import Statement
from engine.unit import Unit
from sales import contacts, customers, finding, lead_care, lead_clocks, lead_merge, opportunities
from sales.customers import CUSTOMER, PROFILE, UNKNOWN, Customer, Named
from sales.desk import Desk
from sales.finding import Twin
from sales.lead_care import seen_of
from sales.lead_lists import Shown
from sales.lead_states import happen, refuse_unless
from sales.leads import LEAD
from sales.opportunities import OPPORTUNITY, By, Opportunity
from sales.people import PERSON, Person, Who
from sales.reach import Reach

CONVERTED = "converted"
CARRIED = ("industry", "region", "credit_code")
"""What the customer learns from the lead."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The opportunity a lead became, as its card shows it.

    `new`: the customer was made with it. `filled` is (field, value) of what the customer has
    from the lead, `missing` the fields nobody knows yet.
    """

    number: str
    customer_id: str
    customer: str
    new: bool
    owner: str
    lead_id: str
    lead: str
    source: str
    filled: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


_BECAME = Statement(
    select(
        OPPORTUNITY.number, OPPORTUNITY.customer_id, CUSTOMER.name,
        (CUSTOMER.created_at == OPPORTUNITY.created_at).label("new"),
        PERSON.name.label("owner"), LEAD.id.label("lead_id"), LEAD.number.label("lead"),
        LEAD.source, CUSTOMER.sources, *(CUSTOMER[field] for field in PROFILE),
    )
    .select_from(Opportunity)
    .join(Customer, CUSTOMER.id == OPPORTUNITY.customer_id)
    .join(Person, PERSON.id == OPPORTUNITY.owner_id)
    .join(LEAD.id.table, LEAD.opportunity_id == OPPORTUNITY.id)
    .where(OPPORTUNITY.flow == bindparam("wanted"))
)  # fmt: skip


def may_begin(db: Unit, lead: Shown, who: Who) -> str:
    """Whose opportunity it will be, if this person can turn the lead, as it is, into one.

    Raises:
        NotTheirs: somebody else's lead.
        Moved: the customer was not contacted yet, or it is over.
    """
    owner = lead_care.require(db, lead, who)
    refuse_unless(seen_of(lead), CONVERTED)
    return owner


def twins(db: Unit, lead: Shown, scope: Reach, desk: Desk) -> list[Twin]:
    """Every customer that may be the lead's: the same number, credit code, or a near name."""
    found = lead_merge.alike(db, lead, desk)
    return finding.twins(db, (one.id for one in found if one.kind == "customer"), scope)


def convert(
    db: Unit, lead: Shown, into: str | Named, who: Who, desk: Desk, *, flow: str
) -> Converted:  # fmt: skip
    """Customer, opportunity, contact and the end of the lead, all or nothing.

    `into` is the name of a new customer, who is the lead's owner's like the opportunity, or the
    existing customer it is.

    Raises:
        NotTheirs: somebody else's lead.
        Moved: it cannot be turned into one as it is, or somebody was quicker.
    """
    by = By(may_begin(db, lead, who), flow, desk.now, desk.today)
    facts = _facts(lead)
    if isinstance(into, Named):
        customer_id = into.id
        customers.fill(db, customer_id, facts, now=desk.now)
    else:
        row = customers.draft(into, owner_id=by.person_id, now=desk.now, facts=facts)
        customers.add(db, [row])
        customer_id = row["id"]
    made, _ = opportunities.open_(db, customer_id, opportunities.FROM_LEAD, by, lead=lead.id)
    happen(
        db, seen_of(lead), CONVERTED, now=desk.now, opportunity_id=made, protected_until=None
    )  # fmt: skip
    lead_clocks.stop(db, lead.id, desk.now)
    if lead.contact_id is not None:
        contacts.join(db, desk.vault, lead.contact_id, customer_id, now=desk.now)
    return _became(db, _BECAME.one(db, {"wanted": flow}))


def of_flow(db: Unit, flow: str) -> Converted | None:
    """What an errand has made of a lead, if it has."""
    row = _BECAME.row(db, {"wanted": flow})
    return None if row is None else _became(db, row)


def _became(db: Unit, row: Any) -> Converted:
    """The errand's result, read back: it is shown alike the first time and every other."""
    told = _origin(row.lead)
    filled = tuple(
        (field, getattr(row, field)) for field in CARRIED if row.sources.get(field) == told
    )
    missing = [field for field in PROFILE if getattr(row, field) == UNKNOWN]
    return Converted(
        row.number, row.customer_id, row.name, bool(row.new), row.owner, row.lead_id, row.lead,
        row.source, filled, (*missing, *contacts.missing(db, row.customer_id)),
    )  # fmt: skip


def _facts(lead: Shown) -> dict[str, tuple[str, str]]:
    known = {field: getattr(lead, field) for field in CARRIED}
    return {field: (value, _origin(lead.number)) for field, value in known.items() if value}


def _origin(number: str) -> str:
    return f"线索 {number}"
