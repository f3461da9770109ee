"""A lead becomes an opportunity: what a known customer learns, and that nobody is quicker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sales import lead_care, lead_convert, lead_lists, policy
from sales.customers import CUSTOMER, NAMED, UNKNOWN, Customer, Named
from sales.lead_states import Moved
from sales.leads import LEAD
from sales.opportunities import OPPORTUNITY
from sales.people import Role, Who
from tests.sales.conftest import NOW
from tests.sales.test_lead_assigning import brought, desk

CODE = "91310000MA1K35Y73C"


@pytest.fixture
def called(db):
    """A lead that was called, and who has it."""
    by = desk()
    made = brought(db, by, "长江精密", credit_code=CODE)
    lead = lead_lists.get(db, made.lead_id, lead_lists.SYSTEM)
    who = Who(lead.owner_id, "", Role.REP, None, "")
    lead_care.contacted(db, lead, who, by)
    return lead_lists.get(db, lead.id, who), who


def customer(db, name):
    return db.execute(select(*CUSTOMER).where(CUSTOMER.name == name)).one()


def named(db, name):
    return Named(*db.execute(select(*NAMED).where(CUSTOMER.name == name)).one())


def test_a_known_customer_learns_what_nobody_knew_and_keeps_the_rest(db, called):
    lead, who = called
    known = {"region": "华南", "sources": {}, "created_at": NOW - timedelta(days=1)}
    known |= {"industry": UNKNOWN, "credit_code": UNKNOWN}
    db.execute(update(Customer).where(CUSTOMER.name == "华东泵业").values(known))
    made = lead_convert.convert(db, lead, named(db, "华东泵业"), who, desk(), flow="flow/9")
    after = customer(db, "华东泵业")
    assert (after.industry, after.credit_code, after.region) == ("教育", CODE, "华南")
    assert after.sources == dict.fromkeys(("industry", "credit_code"), f"线索 {lead.number}")
    assert (made.new, made.filled) == (False, (("industry", "教育"), ("credit_code", CODE)))
    assert made == lead_convert.of_flow(db, "flow/9")


def test_the_credit_code_is_the_same_customer_whatever_it_is_called(db, called):
    lead, who = called
    db.execute(update(Customer).where(CUSTOMER.name == "华东泵业").values(credit_code=CODE))
    [twin] = lead_convert.twins(db, lead, policy.visible(who), desk())
    assert twin.customer.name == "华东泵业"


@pytest.mark.parametrize("change", [{"state": "qualified"}, {"owner_id": "zhaoliu"}])
def test_of_a_lead_that_has_moved_meanwhile_nothing_is_made(db, called, change):
    lead, who = called
    db.execute(update(LEAD.id.table).where(LEAD.id == lead.id).values(change))
    with pytest.raises((Moved, lead_care.NotTheirs)), db.part():
        lead_convert.convert(db, lead, "长江精密", who, desk(), flow="flow/9")
    assert db.execute(select(OPPORTUNITY.id)).all() == []


def test_nobodys_lead_becomes_nothing(db, called):
    lead, who = called
    for was in (replace(lead, owner_id=None), replace(lead, state="opened")):
        with pytest.raises(Moved):
            lead_convert.may_begin(db, was, who)
