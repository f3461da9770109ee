"""Several leads of one customer become one: whose stays, who is asked, and who hears (A50, I14)."""

from __future__ import annotations

import pytest

from tests.chat.lead_kit import PHONE, live
from tests.chat.test_leads import new, publish, shown, the_card, titles

A, B = "LD-20261123-0001", "LD-20261123-0002"


def by_number(office):
    return {row["number"]: row for row in office.rows("lead")}


def pushed(office, person):
    return [m for m in office.sees(person) if m["title"].startswith("线索已合并")]


def two(office, first="张三", second="李四"):
    """Two leads of one customer, given out by hand because nobody may have both by the rules."""
    publish(office, "来源白名单 展会扫码")
    for name, owner in (("长江精密", first), ("扬子精工", second)):
        new(office, f"/线索 新建 {name} 华东 {PHONE}", "陈总")
        number = office.rows("lead")[-1]["number"]
        office.says("陈总", f"/线索 转交 {number} {owner}")


@pytest.fixture(name="worked")
def _worked(office):
    """A is 张三's and not opened; B, the younger, is 李四's, who has called and will call back."""
    two(office)
    office.says("李四", f"/线索 已联系 {B}")
    office.says("李四", f"/线索 下一步 {B} 11-30 送样品")
    office.says("李四", f"/线索 待回访 {B} 12-01")
    return office


def agreed(office, number=A, person="王经理"):
    """Asked, and said yes; what the question was."""
    [asks] = office.says(person, f"/线索 合并 {number}")
    office.presses(person, asks, "合并成一条")
    [question] = [m for m in office.sees(person) if m["id"] == asks["id"]]
    assert {row["state"] for row in office.rows("lead")} == {"assigned", "revisit"}, "not yet"
    office.presses(person, question, "确定")
    return question


@pytest.mark.parametrize("number", [A, B])
def test_the_lead_somebody_worked_on_stays_and_it_is_asked_whose_goes(worked, number):
    """Regression: the older lead stayed unopened; contact, protection and next step were gone."""
    question = str(agreed(worked, number)["raw"])
    assert f"李四 留下 {B}" in question
    assert f"张三 的 {A} 并进去" in question
    rows = by_number(worked)
    assert (rows[A]["state"], rows[A]["merged_into"]) == ("merged", rows[B]["id"])
    kept = rows[B]
    assert (kept["state"], kept["owner_id"], kept["next_step"]) == ("revisit", "lisi", "送样品")
    assert kept["protected_until"].startswith("2026-12-01T16:00")
    assert kept["contacted_at"]


def test_both_hear_of_it_and_whoever_lost_one_can_look_where_it_went(worked):
    agreed(worked)
    [lost], [kept] = pushed(worked, "张三"), pushed(worked, "李四")
    assert f"王经理 把您的 {A} 并入了 {B}，由 李四 跟进" in lost["text"]
    assert f"王经理 把 {A} 并入了您的 {B}" in kept["text"]
    assert pushed(worked, "王经理") == []
    [where] = worked.presses("张三", lost, "看详情")
    assert f"已合并到 {B}" in where["text"]
    [mine] = worked.presses("李四", kept, "看详情")
    assert "待回访" in mine["text"]


def test_the_number_that_was_merged_says_where_it_went_to_whoever_could_see_it(worked):
    """Regression: 王经理 got 没有找到."""
    agreed(worked)
    for person in ("张三", "王经理", "陈总", "冯运营"):
        [card] = worked.says(person, f"/线索 详情 {A}")
        assert f"已合并到 {B}" in card["text"], person
        assert set(live(card)) <= {"查看号码"}, person
    [his] = worked.says("李四", f"/线索 详情 {A}")
    assert f"已合并到 {B}" in his["text"], "it is part of his now"
    assert "没有找到线索" in worked.says("赵六", f"/线索 详情 {A}", "dingtalk")[0]["text"]
    [again] = worked.says("王经理", f"/线索 合并 {A}")
    assert f"已经并入 {B}" in again["text"]


def test_what_changed_after_the_question_is_asked_again(worked):
    [asks] = worked.says("王经理", f"/线索 合并 {A}")
    worked.presses("王经理", asks, "合并成一条")
    worked.says("王经理", f"/线索 转交 {A} 王经理")
    [question] = [m for m in worked.sees("王经理") if m["id"] == asks["id"]]
    worked.presses("王经理", question, "确定")
    assert by_number(worked)[A]["state"] == "assigned"
    [anew] = [m for m in worked.sees("王经理") if m["id"] == asks["id"]]
    assert "王经理 未打开" in str(anew["raw"])


def test_of_one_owner_nothing_is_asked_and_the_next_step_is_taken_over(office):
    two(office, second="张三")
    office.says("张三", f"/线索 下一步 {A} 11-30 送样品")
    office.says("张三", f"/线索 已联系 {B}")
    done = office.says("张三", f"/线索 合并 {A}")[-1]
    assert done["title"] == f"已合并到 {B}"
    kept = by_number(office)[B]
    assert (kept["state"], kept["next_step"], kept["next_on"]) == (
        "contacted", "送样品", "2026-11-30",
    )  # fmt: skip
    assert pushed(office, "张三") == []


def pieces(office):
    """张三 has typed one customer twice; the card of it."""
    for name in ("甲器械", "乙仪表"):
        office.says("张三", f"/线索 新建 {name} 华东 {PHONE}")
    return the_card(office, "王经理", "2 条线索是同一个客户")


def test_what_the_others_wanted_is_all_kept(office):
    for name, need in (("甲器械", "想买泵"), ("乙仪表", "要维保"), ("丙电子", "问价格")):
        office.says("张三", f"/线索 新建 {name} 华东 {need} {PHONE}")
    office.presses("王经理", the_card(office, "王经理", "3 条线索"), "合并成一条")
    [kept] = [row for row in office.rows("lead") if row["state"] != "merged"]
    assert all(need in kept["need"] for need in ("想买泵", "要维保", "问价格"))


def test_the_card_that_asked_to_merge_is_over_for_everybody_once_it_is_done(office):
    """Regression: it could be pressed again, and said 没有找到线索 with an internal id."""
    card = pieces(office)
    theirs = the_card(office, "冯运营", "2 条线索是同一个客户")
    office.presses("王经理", card, "合并成一条")
    for person, one in (("王经理", card), ("冯运营", theirs)):
        [now_is] = [m for m in office.sees(person) if m["id"] == one["id"]]
        assert (now_is["title"], live(now_is)) == (f"已合并到 {A}", []), person
    assert not any("条线索是同一个客户" in title for title in titles(office, "王经理"))


def test_no_internal_id_is_ever_said(office):
    new(office, "/线索 新建 南海动力 华南 制造 官网表单", "陈总")
    inner = office.rows("lead")[0]["id"]
    [answer] = office.says("张三", f"/线索 详情 {inner}")
    assert "没有找到这条线索" in answer["text"]
    assert inner not in shown(answer)
    assert inner[:20] not in shown(answer)


def test_nobody_is_asked_to_merge_what_they_may_not(office):
    """Regression: 王经理 was pushed one of 陈总's two leads, the other is 赵六's."""
    new(office, f"/线索 新建 南海动力 华南 制造 官网表单 {PHONE}", "陈总")
    new(office, f"/线索 新建 长江精密 华东 官网表单 {PHONE}", "陈总")
    assert by_number(office)[A]["owner_id"] == "zhaoliu"
    assert not any("同一个客户" in title for title in titles(office, "王经理"))
    office.presses("冯运营", the_card(office, "冯运营", "2 条线索是同一个客户"), "合并成一条")
    assert by_number(office)[B]["state"] == "merged"


def test_rows_of_a_sheet_are_not_somebody_splitting_a_customer(office):
    """A50 is about one rep; the import says itself which rows are alike."""
    sheet = f"公司,区域,电话\n甲器械,华东,{PHONE}\n乙仪表,华东,{PHONE}\n"
    office.sends("冯运营", "线索.csv", sheet.encode())
    office.presses("冯运营", office.sees("冯运营")[-1], "导入")
    office.wait("1m")
    assert [row["number"] for row in office.rows("lead")] == [A, B]
    assert not any(
        "同一个客户" in t for p in ("王经理", "冯运营", "陈总") for t in titles(office, p)
    )


@pytest.fixture(name="alike")
def _alike(office):
    """Two leads nothing proves to be of one customer; 张三 has both."""
    for name in ("长江精密", "扬子工业"):
        new(office, f"/线索 新建 {name} 华东 官网表单", "陈总")
    for number in (A, B):
        office.says("陈总", f"/线索 转交 {number} 张三")
    return office


def test_who_knows_that_two_are_one_customer_names_both_and_is_asked_once_more(alike):
    [asks] = alike.says("王经理", f"/线索 合并 {A} {B}")
    assert asks["title"] == "2 条线索合并成一条"
    assert "扬子工业" in asks["text"]
    alike.presses("王经理", asks, "合并成一条")
    assert {row["state"] for row in alike.rows("lead")} == {"assigned"}, "not yet"
    [question] = [m for m in alike.sees("王经理") if m["id"] == asks["id"]]
    assert "不能再分开" in str(question["raw"])
    alike.presses("王经理", question, "确定")
    rows = by_number(alike)
    assert (rows[B]["state"], rows[B]["merged_into"]) == ("merged", rows[A]["id"])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"{A} {A}", f"两个编号都是 {A}"),
        (f"{A} LD-20261123-0099", "没有找到线索"),
    ],
)
def test_what_cannot_be_merged_says_why(alike, said, told):
    [answer] = alike.says("王经理", f"/线索 合并 {said}")
    assert told in answer["text"]
    assert {row["state"] for row in alike.rows("lead")} == {"assigned"}


def test_nobody_merges_what_is_somebody_elses_business_by_naming_it(alike):
    alike.says("陈总", f"/线索 转交 {B} 赵六")
    [answer] = alike.says("王经理", f"/线索 合并 {A} {B}")
    assert "没有找到" in answer["text"]
    assert by_number(alike)[B]["state"] == "assigned"
