"""`/线索 导出`: the list as an Excel file, for a purpose that is on record; formulas never live."""

from __future__ import annotations

import hashlib
import io
import re

import pytest
from openpyxl import load_workbook

from sales.lead_export import HEADINGS

HEAD = "公司,来源,行业,区域,预算,手机,联系人,需求\n"
ROWS = (
    '=1+1海河瑞康,展会,医疗,江苏,120000.50,13800138111,王芳,"=HYPERLINK(""http://x"")"\n'
    "+渤海精工,官网,制造,广东,,13800138222,李强,@SUM(1)\n"
    "-东海仪表,来电,教育,上海,面议,13800138333,赵敏,\n"
)


@pytest.fixture
def leads(office):
    looked = office.sends("冯运营", "展会.csv", (HEAD + ROWS).encode())[-1]
    office.presses("冯运营", looked, "导入")
    assert len(office.rows("lead")) == 3
    return office


def export(office, person, line, platform="wecom"):
    said = office.says(person, f"/线索 导出 {line}", platform)
    return said[-1]


def table(office, message):
    page = load_workbook(io.BytesIO(office.downloads(message))).active
    cells = list(page.iter_rows())
    return cells[0][0].value, [[cell.value for cell in row] for row in cells[1:]], cells


@pytest.mark.parametrize(
    ("person", "platform"), [("冯运营", "wecom"), ("陈总", "dingtalk"), ("冯运营", "wecom_bot")]
)
def test_the_whole_list_comes_as_a_file(leads, person, platform):
    message = export(leads, person, "全部 周会复盘", platform)
    assert message["file"]["name"] == "线索-全部-20261123-1000.xlsx"
    mark, rows, _ = table(leads, message)
    assert mark == f"{person} 2026-11-23 10:00 导出，用途：周会复盘，共 3 条"
    assert tuple(rows[0]) == HEADINGS
    assert [row[1] for row in rows[1:]] == ["=1+1海河瑞康", "+渤海精工", "-东海仪表"]
    first = dict(zip(HEADINGS, rows[1], strict=True))
    assert first["预算（元）"] == 120_000.5
    assert (first["预算段"], first["状态"], first["区域"]) == ("5–20万", "未打开", "华东")
    assert re.fullmatch(r"2026-11-23T10:00:\d\d\+08:00", first["进来"])


def test_d23_nothing_in_it_is_a_formula_and_nothing_is_anybodys_number(leads):
    message = export(leads, "冯运营", "全部 周会")
    _, _, cells = table(leads, message)
    assert {cell.data_type for row in cells for cell in row} <= {"s", "n"}
    assert not [cell for row in cells for cell in row if cell.data_type == "f"]
    words = str([[cell.value for cell in row] for row in cells])
    for person in ("13800138", "王芳", "李强", "赵敏"):
        assert person not in words


def test_a_region_or_what_is_free_only(leads):
    _, rows, _ = table(leads, export(leads, "冯运营", "江浙沪 周会"))
    assert [row[1] for row in rows[1:]] == ["=1+1海河瑞康", "-东海仪表"]
    free = leads.rows("lead")[0]
    owner = {row["id"]: row["name"] for row in leads.rows("person")}[free["owner_id"]]
    leads.says(owner, f"/线索 退回 {free['number']} 不是我的区域")
    for person in ("冯运营", "王经理"):
        _, rows, _ = table(leads, export(leads, person, "未分配 周会"))
        assert [row[0] for row in rows[1:]] == [free["number"]]


def test_who_took_what_away_and_what_for_is_on_record(leads):
    message = export(leads, "冯运营", "华南 周会 13800138000")
    content = leads.downloads(message)
    [row] = leads.happened(action="lead.exported")
    assert (row["actor"], row["channel"], row["subject_id"]) == (
        "fengyunying", "wecom", "线索-华南-20261123-1000.xlsx",
    )  # fmt: skip
    assert row["detail"] == {
        "what": "华南", "purpose": "周会 138****8000", "rows": 1, "columns": list(HEADINGS),
        "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("person", "theirs"), [("张三", {"zhangsan"}), ("王经理", {"zhangsan", "lisi"})]
)
def test_nobody_takes_away_what_they_may_not_see(leads, person, theirs):
    _, rows, _ = table(leads, export(leads, person, "全部 看看"))
    mine = {row["number"] for row in leads.rows("lead") if row["owner_id"] in theirs}
    assert {row[0] for row in rows[1:]} == mine
    assert len(mine) < 3, "somebody else has the others"


def test_the_file_needs_a_part_of_the_list_and_a_purpose(leads):
    assert "没听懂要导出哪些" in export(leads, "冯运营", "火星 周会")["text"]
    form = leads.says("冯运营", "/线索 导出 华东")[-1]
    assert "范围：华东；填 1 项就好" in form["text"]
    assert leads.happened(action="lead.exported") == []


def test_more_than_the_rule_allows_is_refused_with_the_number(leads):
    leads.says("冯运营", "/规则 改 每人限额 导出 2")
    leads.says("冯运营", "/规则 发布 每人限额 少拿一点")
    assert "有 3 条，一次最多导出 2 条" in export(leads, "冯运营", "全部 周会")["text"]
    assert "file" in export(leads, "冯运营", "华南 周会")
