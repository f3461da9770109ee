"""`/线索 超时`: who was late, how long, and whether they were reminded and looked (B83)."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from cards.lead_late import HEADINGS

LINE = "/线索 新建 {} 华东 医疗 官网表单"


def owner_of(office, at):
    names = {row["id"]: row["name"] for row in office.rows("person")}
    return names[office.rows("lead")[at]["owner_id"]]


def opens(office, at):
    """Whoever has it opens it."""
    lead = office.rows("lead")[at]
    return office.says(owner_of(office, at), f"/线索 详情 {lead['number']}")


@pytest.fixture
def two_late(office):
    """Two leads nobody has opened; the owner of the second looks at it a day after its time."""
    for company in ("长江精密", "渤海精工"):
        office.says("王经理", LINE.format(company))
    office.wait("30h")
    opens(office, 1)
    office.wait("1h")
    return office


def cases(office, message):
    rows = load_workbook(io.BytesIO(office.downloads(message))).active.iter_rows(values_only=True)
    mark, headings, *rest = rows
    assert headings == HEADINGS
    assert "用途：看超时的原因" in mark[0]
    return {row[2]: dict(zip(HEADINGS, row, strict=True)) for row in rest}


@pytest.mark.parametrize("person", ["王经理", "冯运营"])
def test_the_three_who_waited_longest_and_all_of_them_as_a_file(two_late, person):
    said = two_late.says(person, "/线索 超时 30天")
    card, file = said[0], said[-1]
    assert card["title"] == "最近 30 天超时 2 条，2 位同事"
    told = f"{card['fields']} {card['text']}"
    assert owner_of(two_late, 0) in told
    assert owner_of(two_late, 1) in told
    assert "提醒到了没有点开，问问是不是没注意" in told
    found = cases(two_late, file)
    first, second = found["长江精密"], found["渤海精工"]
    assert (first["提醒发出"], first["提醒送到"], first["提醒后点开"]) == ("是", "是", "否")
    assert first["后来"] == "还没有"
    assert (second["提醒后点开"], second["可能的原因"]) == ("是", "看到提醒后办了")
    assert [row["action"] for row in two_late.rows("audit")].count("lead.exported") == 1


def test_of_many_that_ran_out_at_once_one_card_reminded(office):
    lines = "公司,来源,行业,区域\n" + "".join(
        f"某某{chr(0x4E00 + 97 * n)}厂,官网,医疗,华东\n" for n in range(30)
    )
    office.presses("冯运营", office.sends("冯运营", "线索.csv", lines.encode())[-1], "导入")
    office.wait("30h")
    found = cases(office, office.says("冯运营", "/线索 超时 3天")[-1]).values()
    assert len(found) == 30
    assert {(row["提醒发出"], row["提醒送到"], row["提醒后点开"]) for row in found} == {
        ("是", "是", "否")
    }


@pytest.mark.parametrize("step", ["无效 {} 空号", "退回 {} 不做"])
def test_who_has_it_no_more_is_not_late_any_longer(two_late, step):
    """Regression: a lead that was given back, or was invalid, went on being late for good."""
    number, owner = two_late.rows("lead")[0]["number"], owner_of(two_late, 0)
    word, rest = step.format(number).split(" ", 1)
    two_late.says("王经理", f"/线索 {word} {rest}")
    two_late.wait("48h")
    found = cases(two_late, two_late.says("王经理", "/线索 超时 30天")[-1])
    row = found["长江精密"]
    assert (row["销售"], row["后来"][:10]) == (owner, "2026-11-24")


def test_a_reminder_that_never_arrived_is_the_systems_fault(office):
    office.says("王经理", LINE.format("长江精密"))
    office.wait("1h")
    office.fault("wecom", "5xx", 1000)
    office.fault("dingtalk", "5xx", 1000)
    office.wait("30h")
    office.fault("wecom", "5xx", 0)
    office.fault("dingtalk", "5xx", 0)
    [row] = cases(office, office.says("陈总", "/线索 超时 3天")[-1]).values()
    assert (row["提醒发出"], row["提醒送到"]) == ("是", "否")
    assert row["可能的原因"].startswith("提醒没有送到")


@pytest.mark.parametrize(
    ("person", "line", "why"),
    [
        ("王经理", "/线索 超时 30天", "最近 30 天没有超时的线索"),
        ("王经理", "/线索 超时 去年", "不是天数"),
        ("王经理", "/线索 超时 0天", "不是天数"),
        ("周合规", "/线索 超时 30天", "权限"),
    ],
)
def test_why_there_is_none(office, person, line, why):
    assert why in str(office.says(person, line)[0]["text"])
