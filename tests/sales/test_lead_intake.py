"""Intake: one way in, the house's words, nothing lost, nobody's number outside the vault."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine.calendar import Calendar
from engine.rulebook import Rulebook
from engine.vault import Vault
from sales import contacts, privacy
from sales.desk import Desk
from sales.lead_doubles import Why
from sales.lead_intake import BadCompany, RawLead, take_in
from sales.leads import LEAD
from tests.sales.conftest import NOW
from tests.sales.test_leads import TODAY

VAULT = Vault(b"k" * 32)
DESK = Desk(VAULT, Rulebook(), Calendar(ZoneInfo("Asia/Shanghai")), NOW, TODAY)
WANG = {"name": "王芳", "phone": "138 0013 8111"}


def brought(db, company="海河瑞康", origin="hook/1", **said):
    raw = RawLead(company, said.pop("source", "官网H5表单"), **said)
    return take_in(db, raw, DESK, origin=origin, by="zhangsan")


def row(db, taken):
    return db.execute(select(*LEAD).where(LEAD.id == taken.lead_id)).one()


def test_the_words_become_the_houses_words_and_what_they_were_is_kept(db):
    """B9, B25: 教肓 is 教育, 官网H5表单 is 官网表单, 12万 is 12,000,000 分."""
    taken = brought(db, industry="教肓行业", region="江浙沪", budget="12万")
    kept = row(db, taken)
    assert (kept.source, kept.industry, kept.region, kept.budget_fen) == (
        "官网表单", "教育", "华东", 12_000_000,
    )  # fmt: skip
    assert kept.raw == {
        "industry": "教肓行业", "region": "江浙沪", "source": "官网H5表单", "budget": "12万",
    }  # fmt: skip
    assert (taken.new, taken.unread) == (True, ())


def test_what_nobody_understands_is_kept_and_said_and_never_guessed(db):
    taken = brought(db, source="朋友圈", industry="航天", budget="看情况", region="")
    kept = row(db, taken)
    assert set(taken.unread) == {"industry", "source", "budget"}
    assert (kept.source, kept.industry, kept.budget_fen) == ("朋友圈", None, None)
    assert kept.raw == {"industry": "航天", "source": "朋友圈", "budget": "看情况"}


def test_a_budget_somebody_calls_unknown_is_unknown_and_no_mistake(db):
    assert brought(db, budget="未知").unread == ()


def test_the_same_origin_brings_one_lead_and_one_contact(db):
    first = brought(db, contact=WANG)
    again = brought(db, contact=WANG)
    assert (again.lead_id, again.new) == (first.lead_id, False)
    assert len(contacts.by_number(db, VAULT, "13800138111")) == 1


def test_a_number_is_in_the_vault_and_nowhere_in_the_lead(db):
    taken = brought(db, need="请打 13800138111 找王芳", contact=WANG)
    kept = row(db, taken)
    assert "8111" in kept.need
    assert "13800138111" not in str(kept)
    known = contacts.get(db, VAULT, kept.contact_id)
    assert known is not None
    assert (known.values["phone"], known.customer_id, known.customer) == (
        WANG["phone"], None, "海河瑞康",
    )  # fmt: skip


def test_the_contact_of_a_lead_is_exported_and_erased_like_any_other(db):
    taken = brought(db, contact=WANG)
    [found] = privacy.find(db, VAULT, "13800138111").contacts
    bundle = privacy.bundle(db, VAULT, found.id)
    assert (bundle["customer"], bundle["opportunities"]) == ("海河瑞康", [])
    privacy.erase(db, VAULT, found.id, "withdrawn", now=NOW)
    assert contacts.get(db, VAULT, row(db, taken).contact_id).values == {}


@pytest.mark.parametrize(
    ("company", "said", "why"),
    [
        ("完全不同", {"contact": {"phone": "+86 13800138111"}}, Why.PHONE),
        ("完全不同", {"credit_code": "91330106ma2cfn1x9k"}, Why.CODE),
        ("海河瑞康有限公司", {}, Why.NAME),
        ("海河瑞唐", {}, Why.NEAR),
    ],
)
def test_the_same_customer_is_recognised_whoever_brings_it(db, company, said, why):
    first = brought(db, contact=WANG, credit_code="91330106MA2CFN1X9K")
    second = brought(db, company, "hook/2", **said)
    assert [(one.id, one.why) for one in second.doubles] == [(first.lead_id, why)]
    assert second.doubles[0].sure == (why is not Why.NEAR)


def test_a_customer_of_somebody_else_is_a_double_too(db):
    [double] = brought(db, "恒信阀门有限公司").doubles
    assert (double.kind, double.owner, double.owner_region) == ("customer", "李四", "华东")


def test_a_different_company_is_no_double(db):
    brought(db)
    assert brought(db, "长江教育科技", "hook/2").doubles == ()


@pytest.mark.parametrize("company", ["", "——", "x" * 61, "阀"])
def test_a_lead_about_nobody_is_refused(db, company):
    with pytest.raises(BadCompany):
        brought(db, company)
