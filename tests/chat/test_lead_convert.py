"""A lead becomes an opportunity, from chat: once, whole, of the right customer (B8)."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from tests.chat.lead_kit import NUMBER, PHONE, PLATFORMS, claims, clocks, say, state, trail
from tests.chat.test_leads import fields, lead, new, owner_of, publish, shown, titles


@PLATFORMS
def test_a_lead_becomes_an_opportunity_with_its_customer_in_one_press(called, platform):
    [made] = called.presses("张三", say(called, "详情", platform=platform), "转商机")
    assert "商机已建：长江精密" in shown(made)
    assert fields(made)["来自线索"] == f"{NUMBER} · 官网表单"
    assert (fields(made)["客户"], fields(made)["带过来"]) == ("新建", "医疗、华东")
    [opportunity] = called.rows("opportunity")
    [customer] = called.rows("customer", name="长江精密")
    [contact] = called.rows("contact", id=lead(called)["contact_id"])
    assert (opportunity["source"], opportunity["owner_id"]) == ("lead", "zhangsan")
    assert (customer["industry"], customer["region"], customer["owner_id"]) == (
        "医疗", "华东", "zhangsan",
    )  # fmt: skip
    assert opportunity["customer_id"] == contact["customer_id"] == customer["id"]
    assert (state(called), owner_of(called)) == ("converted", "张三")
    assert lead(called)["opportunity_id"] == opportunity["id"]
    assert trail(called, "lead.converted")[0]["opportunity_id"] == opportunity["id"]
    assert clocks(called) == {}

    [card] = called.presses("张三", made, "看线索")
    assert fields(card)["商机"] == opportunity["number"]
    [card] = called.presses("张三", made, "看客户")
    assert fields(card)["联系人"] == "王* · 138****8111"
    assert PHONE in called.presses("张三", card, "查看号码")[-1]["text"]


def test_it_is_won_like_any_other_and_counts_for_the_rate(called):
    say(called, "转商机")
    [done] = called.says("张三", "/商机 结果 OPP-20261123-0001 赢")
    assert "赢单：长江精密" in shown(done)
    publish(called, "规则 医疗：行业=医疗 → 成单率>65%")
    new(called, "/线索 新建 黄河药业 华东 医疗 官网表单")
    assert owner_of(called) == "张三"


def test_whoever_does_it_the_opportunity_is_the_owners(called):
    say(called, "有意向")
    say(called, "转商机", person="王经理")
    assert {row["owner_id"] for row in called.rows("opportunity")} == {"zhangsan"}
    assert {row["actor"] for row in called.rows("audit", action="lead.converted")} == {"wangjingli"}


def test_its_owner_closes_it_whosever_the_customer_is(office):
    """The customer is 赵六's, whom 张三 does not see; the director made it one."""
    claims(office, "/线索 新建 南粤阀业有限公司 华东 医疗 官网表单")
    ask = say(office, "转商机", person="陈总")
    office.presses("陈总", ask, "就是它")
    [opportunity] = office.rows("opportunity")
    assert opportunity["owner_id"] == "zhangsan"
    [done] = office.says("张三", f"/商机 结果 {opportunity['number']} 输")
    assert "输单：南粤阀业" in shown(done)


def test_a_manager_closes_what_is_of_somebody_below(called):
    say(called, "转商机")
    [done] = called.says("王经理", "/商机 结果 OPP-20261123-0001 赢")
    assert "赢单：长江精密" in shown(done)


def test_pressed_twice_or_by_two_it_is_one(called):
    card = say(called, "详情")
    [made] = called.presses("张三", card, "转商机")
    assert "现在是「已转商机」" in say(called, "转商机", person="王经理")["text"]
    assert "现在是「已转商机」" in say(called, "转商机")["text"]
    assert len(called.rows("opportunity")) == len(called.rows("customer", name="长江精密")) == 1
    assert "OPP-20261123-0001" in made["text"]


def test_nothing_becomes_an_opportunity_before_the_customer_was_called(opened):
    assert "现在是「未联系」" in say(opened, "转商机")["text"]
    assert opened.rows("opportunity") == opened.rows("customer", name="长江精密") == []


@PLATFORMS
@pytest.mark.parametrize(("answer", "customers"), [("就是它", 1), ("仍要新建", 2)])
def test_a_customer_who_may_be_known_is_asked_about_first(office, platform, answer, customers):
    claims(office, f"/线索 新建 华东泵业有限公司 华东 医疗 官网表单 王总 {PHONE}")
    ask = say(office, "转商机", platform=platform)
    assert ask["title"] == "疑似同一客户"
    assert office.rows("opportunity") == []
    assert state(office) == "contacted"

    made = office.presses("张三", ask, answer)[-1]
    known = {row["id"]: row for row in office.rows("customer") if "华东泵业" in row["name"]}
    [opportunity] = office.rows("opportunity")
    assert (len(known), opportunity["customer_id"] in known) == (customers, True)
    assert fields(made)["客户"] == ("已有客户" if customers == 1 else "新建")
    office.wait("24h")
    assert not any("还差一步" in title for title in titles(office, "张三"))


def test_a_known_number_is_the_same_customer_whatever_it_is_called(called):
    """The customer of the first lead, found again by its number and not doubled."""
    say(called, "转商机")
    second = claims(called, f"/线索 新建 完全不同的名字 华东 教育 展会扫码 {PHONE}")
    [ask] = called.says("张三", f"/线索 转商机 {second}")
    assert ask["title"] == "疑似同一客户"
    assert "长江精密" in shown(ask)
    [made] = called.presses("张三", ask, "就是它")
    [customer] = called.rows("customer", name="长江精密")
    assert customer["industry"] == "医疗", "what is known stays"
    joined = [r["customer_id"] for r in called.rows("contact")]
    assert joined.count(customer["id"]) == 1, "a person is one contact of a customer"
    assert fields(made)["客户"] == "已有客户"


def test_the_list_to_take_away_says_what_came_of_each(called):
    say(called, "转商机")
    publish(called, "来源白名单 展会扫码")
    new(called, "/线索 新建 黄河药业 华东 医疗 官网表单")
    called.says("冯运营", "/线索 无效 LD-20261123-0002 同行")
    file = called.says("冯运营", "/线索 导出 全部 周会")[-1]
    rows = load_workbook(io.BytesIO(called.downloads(file))).active.iter_rows(values_only=True)
    _, headings, *found = rows
    told = [dict(zip(headings, row, strict=True)) for row in found]
    assert [(one["状态"], one["商机"], one["无效原因"]) for one in told] == [
        ("已转商机", "OPP-20261123-0001", None), ("无效", None, "同行"),
    ]  # fmt: skip


def test_a_leavers_leads_that_became_something_are_the_heirs_too(called):
    say(called, "转商机")
    called.says("管理员", "/同事 离职 张三 李四")
    called.presses("管理员", called.sees("管理员")[-1], "确认离职")
    assert owner_of(called) == "李四"
    assert "OPP-20261123-0001" in shown(say(called, "详情", person="李四"))
