"""A list of leads sent in chat: told from one of customers, looked at, imported at a tap (B4)."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import Workbook
from sqlalchemy import delete, update

from bot import import_sorts
from bot.slow import WAITS
from engine.blobs import Blob
from sales.people import PERSON, Person

HEAD = ("公司", "来源", "行业", "区域", "预算（万元）", "手机", "联系人", "备注")
SOURCES = ("官网H5表单", "展会", "来电", "白皮书")
REGIONS = ("江苏", "广东", "北京")
NAMES = "金石丝竹匏土革木天地玄黄"
COMPANIES = [f"{a}{b}机电" for a in NAMES for b in "泰兴安和通达远昌"]
ROWS = [
    (name, SOURCES[i % 4], "制造业", REGIONS[i % 3], ("12", "", "面议")[i % 3],
     f"139{i:08d}", "王先生", '=HYPERLINK("http://x")')
    for i, name in enumerate(COMPANIES)
]  # fmt: skip


def gbk(*rows):
    written = io.StringIO()
    csv.writer(written).writerows((HEAD, *rows))
    return written.getvalue().encode("gb18030")


def xlsx(*rows):
    book, written = Workbook(), io.BytesIO()
    for row in (HEAD, *rows):
        book.active.append(row)
    book.save(written)
    return written.getvalue()


def read(message):
    return f"{message['title']}\n{message['text']}"


@pytest.mark.parametrize(("make", "name"), [(gbk, "展会.csv"), (xlsx, "展会.xlsx")])
def test_marketing_imports_a_hundred_leads_and_again_brings_none(office, make, name):
    assert len(ROWS) == 96
    looked = office.sends("郑市场", name, make(*ROWS), "dingtalk")[-1]
    assert looked["title"] == f"{name} 检查通过，还没有导入"
    facts = {one["name"]: one["value"] for one in looked["fields"]}
    assert (facts["当作"], facts["没有问题"]) == ("线索表", "96 行")
    assert "没认出「面议」，先记下原话（共 32 行）" in looked["text"]
    assert office.rows("lead") == []

    done = office.presses("郑市场", looked, "导入")[-1]
    assert "已新建 96 行" in read(done)
    leads = office.rows("lead")
    assert len(leads) == 96
    assert {(lead["state"], lead["created_by"]) for lead in leads} == {
        ("assigned", "zhengshichang")
    }
    for owner in ("张三", "李四", "赵六"):
        [card] = [m for m in office.sees(owner) if m["title"].startswith("新线索")]
        assert card["title"].endswith(" 条"), "one card, however many they get"
    assert {lead["source"] for lead in leads} == {"官网表单", "展会扫码", "电话呼入", "白皮书下载"}
    assert {lead["budget_fen"] for lead in leads} == {12_000_000, None}
    assert "139000" not in str(leads)
    [row] = office.happened(action="lead.imported")
    assert row["detail"] == {"created": 96, "unchanged": 0}

    grown = (*ROWS, ("新来的机电厂", *ROWS[0][1:5], "13788880000", "", ""))
    again = office.sends("郑市场", f"又{name}", make(*grown), "dingtalk")[-1]
    assert "将新建 1 行，补充 0 行，96 行没有变化" in again["text"]


def test_who_may_import_leads_only_cannot_import_customers(office):
    customers = "客户名称,负责人\n海河水务,张三\n".encode()
    card = office.sends("郑市场", "客户.csv", customers, "dingtalk")[-1]
    assert "由销售运营或管理员导入" in read(card)
    assert office.rows("customer", name="海河水务") == []


def test_a_row_without_a_company_comes_back_marked(office):
    card, file = office.sends("郑市场", "展会.csv", gbk(ROWS[0], ("", *ROWS[1][1:])), "dingtalk")[
        -2:
    ]
    assert "有 1 行要改，一行都没有导入" in read(card)
    assert file["file"]["name"] == "展会-错误.xlsx"
    assert office.rows("lead") == []


def test_a_known_customer_is_noted_and_comes_in_all_the_same(office):
    looked = office.sends("郑市场", "展会.csv", gbk(("恒信阀门", *ROWS[0][1:])), "dingtalk")[-1]
    assert "可能已有：客户，由 华东 李* 跟进" in looked["text"]
    done = office.presses("郑市场", looked, "导入")[-1]
    assert "已新建 1 行" in read(done)


def test_two_taps_import_once(office):
    looked = office.sends("郑市场", "展会.csv", gbk(*ROWS[:3]), "dingtalk")[-1]
    for _ in range(2):
        office.presses("郑市场", looked, "导入")
    assert len(office.rows("lead")) == 3


SIZE = 40
"""Rows of a part here: two parts, and sixteen rows."""


@pytest.fixture
def between(monkeypatch):
    """What is put here happens, each once, in the unit of a part that is not the first."""
    take, happens = import_sorts.leads_from, []

    def taking(db, lines, *, before=None, **how):
        if before is not None and happens:
            happens.pop()(db)
        return take(db, lines, before=before, **how)

    monkeypatch.setattr(import_sorts, "leads_from", taking)
    monkeypatch.setattr(import_sorts, "PART", SIZE)
    return happens


def fails(_):
    raise ZeroDivisionError


def owners_told(office):
    """How many cards of new leads each seller has got."""
    cards = {name: office.sees(name) for name in ("张三", "李四", "赵六")}
    return {name: sum("新线索" in m["title"] for m in seen) for name, seen in cards.items()}


ONCE = {"张三": 1, "李四": 1, "赵六": 1}


def import_(office, *, name="展会.csv"):
    card = office.sends("郑市场", name, gbk(*ROWS), "dingtalk")[-1]
    return office.presses("郑市场", card, "导入")[-1]


def test_a_list_that_breaks_off_half_way_is_told_and_goes_on_with_the_same_file(office, between):
    """Parts that are written stay; their owners hear of them, once."""
    between += [fails] * 2 * (len(WAITS) + 1)  # a unit that fails is tried with a savepoint, too
    import_(office)
    for wait in WAITS:
        office.wait(f"{wait.total_seconds():.0f}s")
    told = read(office.sees("郑市场")[-1])
    assert "展会.csv 只导入了一部分" in told
    assert f"已新建 {SIZE} 行" in told
    assert len(office.rows("lead")) == SIZE
    assert office.happened(action="lead.imported")[0]["detail"]["created"] == SIZE
    assert owners_told(office) == ONCE
    between.clear()
    assert f"已新建 {96 - SIZE} 行，补充 0 行，{SIZE} 行没有变化" in read(import_(office))
    assert len(office.rows("lead")) == 96


def test_a_failure_between_two_parts_changes_nothing_for_anybody(office, between):
    between += [fails] * 2
    import_(office)
    office.wait("1m")
    assert "已新建 96 行" in read(office.sees("郑市场")[-1])
    assert owners_told(office) == ONCE
    assert [row["detail"]["created"] for row in office.happened(action="lead.imported")] == [96]


def test_who_is_erased_between_two_parts_does_not_come_back(office, between):
    """The bytes go with an erasure, and with them what was not written yet."""
    between += [lambda db: db.execute(delete(Blob))]
    told = read(import_(office))
    assert "只导入了一部分" in told
    assert "检查过的文件已经不在了" in told
    assert (len(office.rows("lead")), owners_told(office)) == (2 * SIZE, ONCE)


def test_who_loses_the_right_half_way_imports_no_more(office, between):
    it = PERSON.name == "郑市场"
    between += [lambda db: db.execute(update(Person).where(it).values(role="finance"))]
    told = read(import_(office))
    assert f"已新建 {2 * SIZE} 行" in told
    assert "没有导入的权限" in told
    assert (len(office.rows("lead")), owners_told(office)) == (2 * SIZE, ONCE)


def test_news_nobody_could_say_is_said_within_the_hour(office, monkeypatch):
    """As if whoever imports had died right before the end."""
    with monkeypatch.context() as dead:
        dead.setattr(import_sorts.lead_news, "tell_batch", lambda *_, **__: 0)
        import_(office)
    assert set(owners_told(office).values()) == {0}
    office.wait("80m")
    assert owners_told(office) == ONCE
    assert office.rows("owed_news") == []
