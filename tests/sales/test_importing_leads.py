"""A list of leads: one wrong row and none is taken, each once in whatever file, oddities said."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sales import news_owed
from sales.importing import Line
from sales.importing_leads import leads_from
from sales.leads import LEAD
from tests.sales.test_lead_intake import DESK

WANG = {
    "company": "海河瑞康", "source": "展会", "industry": "教肓行业", "region": "江苏",
    "budget": 12_000_000, "need": "=1+1", "contact": "王芳", "phone": "138 0013 8111",
}  # fmt: skip
LI = {"company": "东海精工", "budget": "面议", "industry": "航天"}


def brought(db, *rows, first=2, **how):
    lines = [Line(number, values) for number, values in enumerate(rows, first)]
    it = {"file": "展会.xlsx", "by": "zhangsan", "batch": "b1"}
    return leads_from(db, lines, desk=DESK, **it, **how)


def stored(db):
    columns = (LEAD.company, LEAD.source, LEAD.industry, LEAD.region, LEAD.budget_fen, LEAD.need)
    return {row.company: tuple(row)[1:] for row in db.execute(select(*columns))}


def notes(outcome):
    return [(note.line, note.told) for note in outcome.notes]


def test_rows_become_leads_in_the_houses_words(db):
    outcome = brought(db, WANG, LI)
    assert (outcome.created, outcome.unchanged, outcome.wrong) == (2, 0, [])
    assert stored(db) == {
        "海河瑞康": ("展会扫码", "教育", "华东", 12_000_000, "=1+1"),
        "东海精工": ("表格导入", None, None, None, ""),
    }
    assert (3, "没认出「航天」，先记下原话") in notes(outcome)


def test_a_row_is_one_lead_in_whatever_file_and_place_it_comes(db):
    brought(db, WANG)
    again = brought(db, LI, WANG, first=7)
    assert (again.created, again.unchanged) == (1, 1)
    assert len(stored(db)) == 2


def test_nobodys_number_can_be_tried_out_on_what_names_a_row(db):
    brought(db, WANG)
    origin = db.execute(select(LEAD.origin)).scalar_one()
    other = DESK.vault.__class__(b"x" * 32).mark("sheet row", "")
    assert origin.startswith("sheet/")
    assert len(origin) == len("sheet/") + len(other)
    assert "13800138111" not in origin


def test_one_wrong_row_stops_all(db):
    outcome = brought(db, WANG, {"company": "好"}, {"company": "找13800138000"})
    assert [(w.line, w.column) for w in outcome.wrong] == [(3, "company"), (4, "company")]
    assert "电话号码" in outcome.wrong[1].text
    assert stored(db) == {}


def test_a_dry_run_says_what_the_run_would_do_and_writes_nothing(db):
    same_phone = {"company": "渤海瑞康", "phone": "13800138111"}
    tried = brought(db, WANG, LI, same_phone, WANG, dry_run=True)
    assert stored(db) == {}
    done = brought(db, WANG, LI, same_phone, WANG)
    assert (tried.created, tried.unchanged) == (done.created, done.unchanged) == (3, 1)
    assert (4, "和第 2 行可能是同一家") in notes(tried)
    assert [line for line, text in notes(done) if "可能已有" in text] == [4]


def test_a_long_list_is_written_in_parts_as_it_would_be_in_one(db):
    rows = [{"company": f"瑞康{i}厂", "industry": "航天"} for i in "甲乙丙丁"]
    again = {"company": "瑞康甲厂", "state": "已联系"}
    first = brought(db, *rows[:2], {"company": "恒信阀门"})
    whole = brought(db, *rows[2:], again, first=5, before=first)
    assert (first.created, whole.created) == (3, 5)
    assert (2, "没认出「航天」，先记下原话（共 4 行）") in notes(whole)
    assert (4, "可能已有：客户，由 华东 李* 跟进") in notes(whole)
    told = [text for line, text in notes(whole) if line == 7]
    assert told == ["表里是「已联系」：新线索从头开始，联系过的请负责人点「已联系」"]
    assert (2, "没认出「航天」，先记下原话（共 2 行）") in notes(first), "may be handed in again"
    assert len(news_owed.take(db, "b1").leads) == 5
    assert news_owed.take(db, "b1").leads == [], "nobody hears of it twice"


def test_who_has_the_customer_already_is_said_masked(db):
    outcome = brought(db, {"company": "恒信阀门", "source": "官网"}, dry_run=True)
    [(line, text)] = notes(outcome)
    assert (line, text) == (2, "可能已有：客户，由 华东 李* 跟进")


def test_what_is_not_understood_is_said_once_a_word(db):
    outcome = brought(db, *({"company": f"瑞康{i}厂", "industry": "航天"} for i in "甲乙丙"))
    assert (2, "没认出「航天」，先记下原话（共 3 行）") in notes(outcome)
    assert sum("航天" in text for _, text in notes(outcome)) == 1


@pytest.mark.parametrize(("given", "fen"), [(0, 0), (1, 1), (350_000_000,) * 2, ("", None)])
def test_an_amount_stays_what_it_is(db, given, fen):
    brought(db, {"company": "瑞康", "budget": given})
    assert stored(db)["瑞康"][3] == fen
