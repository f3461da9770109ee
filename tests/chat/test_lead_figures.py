"""Figures of another system in the rules: brought as a sheet, doubted if the wrong one (B24)."""

from __future__ import annotations

import pytest

HEAD = "姓名,当前待办数,今日打卡次数,部门"
SHEET = f"{HEAD}\n张三,4,1,华东\n李四,1,6,华东\n赵六,1,7,华南\n"
COMPANIES = ("长江精密", "太湖光电", "渤海精工", "东湖制药")


def read(message):
    return f"{message['title']}\n{message['text']}"


def sends(office, content, who="冯运营"):
    return office.sends(who, "指标.csv", content.encode())[-1]


@pytest.fixture
def told(office):
    """张三 has four leads in hand, and the house has brought what its other system counts."""
    for company in COMPANIES:
        office.says("张三", f"/线索 新建 {company} 华东 医疗 自拓")
    for lead in office.rows("lead"):
        if lead["owner_id"] != "zhangsan":
            office.says("王经理", f"/线索 转交 {lead['number']} 张三")
    assert {lead["owner_id"] for lead in office.rows("lead")} == {"zhangsan"}
    office.presses("冯运营", sends(office, SHEET), "导入")
    return office


def maps(office, title):
    """A draft that takes 待办 from a column."""
    return office.says("冯运营", f"/规则 改 分配规则 待办取自 {title}")[0]


def test_figures_come_as_a_sheet_and_a_later_one_replaces_them(office):
    card = sends(office, SHEET)
    facts = {one["name"]: one["value"] for one in card["fields"]}
    assert facts["当作"] == "同事指标表"
    assert "「部门」这一列要全是整数才用得上" in card["text"]
    assert office.rows("figure") == []
    assert "已新建 3 行" in read(office.presses("冯运营", card, "导入")[-1])
    assert len(office.rows("figure")) == 6
    [row] = office.happened(action="figures.imported")
    assert (row["actor"], row["detail"]["titles"]) == (
        "fengyunying", ["今日打卡次数", "当前待办数"],
    )  # fmt: skip

    again = sends(office, SHEET.replace("赵六,1,7", "赵六,2,7"))
    assert "补充 1 行，2 行没有变化" in read(office.presses("冯运营", again, "导入")[-1])
    values = {(row["title"], row["person_id"]): row["value"] for row in office.rows("figure")}
    assert values["当前待办数", "zhaoliu"] == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (f"{HEAD}\n王五,1,1,x\n", "没有叫「王五」的在职销售"),
        (f"{HEAD}\n张三,1,1,x\n张三,2,2,x\n", "「张三」前面已经有一行"),
        (f"{HEAD}\n张三,多,少,x\n", "没有一列都是整数"),
    ],
)
def test_a_line_about_nobody_or_without_figures_stops_the_sheet(office, content, why):
    office.sends("冯运营", "指标.csv", content.encode())
    assert any(why in read(message) for message in office.sees("冯运营"))
    assert office.rows("figure") == []


def test_figures_are_for_whoever_may_import_customers(office):
    said = office.sends("郑市场", "指标.csv", SHEET.encode(), "dingtalk")[-1]
    assert "客户表和同事指标由销售运营或管理员导入" in read(said)
    assert office.rows("figure") == []


def test_a_rule_asks_the_figure_it_was_told_to(told):
    """The other system says 李四 is full, so 赵六 gets it."""
    told.says("冯运营", "/规则 改 分配规则 规则 有空：全部 → 待办<5")
    maps(told, "今日打卡次数")
    told.says("冯运营", "/规则 发布 分配规则 用另一个系统的数")
    told.says("王经理", "/线索 新建 云岭物流 华东 医疗 官网表单")
    assert told.rows("lead", company="云岭物流")[0]["owner_id"] == "zhangsan"


def test_a_wrong_field_is_named_before_it_is_published_and_in_every_why(told):
    """B24: mapped 1, open 4; both fields are named, and the one that fits."""
    card = maps(told, "今日打卡次数")
    assert "留意：待办取自「今日打卡次数」，和在手线索对不上" in card["text"]
    assert "张三 1（系统数到 4）" in card["text"]
    assert "field_mapping_suspect" in card["text"]
    assert "「当前待办数」对得上" in card["text"]
    told.says("冯运营", "/规则 发布 分配规则 接上另一个系统")
    assert "对不上" in told.says("王经理", "/规则 看 分配规则")[0]["text"]

    told.says("王经理", "/线索 新建 云岭物流 华东 医疗 官网表单")
    number = told.rows("lead", company="云岭物流")[0]["number"]
    [why] = told.says("王经理", f"/线索 为什么 {number}")
    assert "待办取自「今日打卡次数」" in why["text"]
    assert "张三 1（系统数到 4）" in why["text"]

    [mine] = told.says("冯运营", f"/线索 为什么 {number}")
    draft = told.presses("冯运营", mine, "待办改由系统数")[-1]
    assert "待办取自" in read(draft) + str(draft["fields"])
    told.says("冯运营", "/规则 发布 分配规则 接错了")
    assert "对不上" not in told.says("王经理", "/规则 看 分配规则")[0]["text"]
    assert "张三 1（系统数到 4）" in told.says("王经理", f"/线索 为什么 {number}")[0]["text"]


def test_the_right_field_is_published_without_a_word(told):
    assert "留意" not in maps(told, "当前待办数")["text"]


def test_a_field_nobody_has_reported_cannot_be_taken(told):
    card = maps(told, "昨日拜访数")
    assert "没有这个指标。有：今日打卡次数、当前待办数" in card["text"]
