"""One errand, one opportunity, told alike the first time and every other (A28–A30)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine.vault import Vault
from sales import contacts, opportunities
from sales.customers import CUSTOMER, NAMED, PROFILE, Customer, Named
from sales.opportunities import OPPORTUNITY, By, OwnIntroducer
from tests.sales.conftest import NOW

BY = By("zhangsan", "flow/1", NOW, NOW.date(), NOW - timedelta(seconds=3))


def customer(db, name):
    query = select(*NAMED).where(CUSTOMER.name == name)
    return Named(*db.execute(query).one())


def test_a_new_customer_is_told_alike_again(db):
    created = opportunities.refer(db, customer(db, "某阀门制造"), "北方泵业", BY)
    assert created == opportunities.of_flow(db, "flow/1")
    assert created.customer_id == customer(db, "北方泵业").id
    assert [field for field, _, _ in created.filled] == ["industry", "region"]
    assert set(created.missing) == {*PROFILE, "contact", "phone"} - {"industry", "region"}


def test_a_customer_that_was_there_is_told_alike_again(db):
    opportunities.refer(db, customer(db, "某阀门制造"), "北方泵业", BY)
    there = customer(db, "北方泵业")
    again = BY._replace(flow="flow/2")
    created = opportunities.refer(db, customer(db, "恒信阀门"), there, again)
    assert created == opportunities.of_flow(db, "flow/2")
    assert (created.customer_id, created.introducer) == (there.id, "恒信阀门")


def test_nothing_is_missing_of_a_customer_we_know_everything_about(db):
    known = dict.fromkeys(PROFILE, "已知")
    db.execute(update(Customer).where(CUSTOMER.name == "华东泵业").values(known))
    there, person = customer(db, "华东泵业").id, {"name": "赵工", "phone": "021-55667788"}
    contacts.add(db, Vault(bytes(32)), there, person, source="导入", now=NOW)
    created = opportunities.refer(db, customer(db, "某阀门制造"), customer(db, "华东泵业"), BY)
    assert created.missing == ()


def test_a_customer_is_never_its_own_introducer(db):
    pump = customer(db, "华东泵业")
    with pytest.raises(OwnIntroducer, match="「华东泵业」不能做自己的介绍人"):
        opportunities.refer(db, pump, pump, BY)


@pytest.mark.parametrize("new", ["北方泵业", "华东泵业"])
def test_the_effort_counts_from_the_opened_form(db, new):
    there = customer(db, new) if new == "华东泵业" else new
    opportunities.refer(db, customer(db, "某阀门制造"), there, BY)
    assert db.execute(select(OPPORTUNITY.effort_ms)).scalar_one() == 3000
