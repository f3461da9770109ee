"""What comes of a lead, from chat: interested, or nothing in it (domain.md §3, B8)."""

from __future__ import annotations

import pytest

from tests.chat.lead_kit import NUMBER, PHONE, PLATFORMS, clocks, live, say, state, trail
from tests.chat.test_leads import lead, new, owner_of, publish, shown, texts, titles


def offered(field):
    """What a drop-down offers, without the place for nothing chosen yet."""
    return [one["text"] for one in field["options"] if "请选择" not in one["text"]]


@PLATFORMS
def test_a_customer_who_is_interested_is_noted_and_the_way_on_changes(called, platform):
    card = say(called, "详情", platform=platform)
    assert texts(card)[:2] == ["有意向", "转商机"]
    [card] = called.presses("张三", card, "有意向")
    assert (state(called), "有意向" in card["text"]) == ("qualified", True)
    assert texts(card)[0] == "转商机"
    assert "有意向" not in texts(card)
    assert trail(called, "lead.qualified")[0]["state"] == "qualified"


def test_nobody_is_interested_before_they_were_called(opened):
    assert "现在是「未联系」" in say(opened, "有意向")["text"]
    assert state(opened) == "opened"


@pytest.mark.parametrize(("person", "done"), [("王经理", True), ("陈总", True), ("李四", False)])
def test_the_people_above_may_say_so_and_nobody_else(called, person, done):
    answer = say(called, "有意向", person=person)
    assert (state(called) == "qualified") == done
    assert done or "没有找到线索" in answer["text"]
    assert owner_of(called) == "张三"


def test_interest_counts_as_followed_up_and_never_shortens_what_was_agreed(called):
    due = clocks(called)["lead_idle"]["due_at"]
    called.wait("24h")
    say(called, "有意向")
    assert due < clocks(called)["lead_idle"]["due_at"] < "2026-12-10"
    say(called, "待回访", "12-05")
    say(called, "有意向")
    assert clocks(called)["lead_idle"]["due_at"] > "2026-12-19"
    assert (state(called), lead(called)["protected_until"]) == ("qualified", None)


def test_more_can_be_done_than_a_card_has_room_for(called):
    card = say(called, "详情")
    assert len(texts(card)) == 6
    [rest] = called.presses("张三", card, "更多")
    assert texts(rest) == ["无效", "转交", "退回", "为什么给他"]


@PLATFORMS
def test_a_lead_with_nothing_in_it_is_nobodys_and_the_reason_is_kept_and_shown(opened, platform):
    [form] = opened.presses("张三", say(opened, "详情", platform=platform), "无效")
    assert NUMBER in form["text"]
    [pick] = form["inputs"]
    assert offered(pick) == ["空号", "不是目标客户", "重复", "没有需求", "同行"]
    [done] = opened.presses("张三", form, "提交", {"reason": "空号"})
    assert "已判无效：空号" in shown(done)
    row = lead(opened)
    assert (row["state"], row["owner_id"], row["owner_since"]) == ("invalid", None, None)
    assert [r["to_at"] for r in opened.rows("lead_ownership")] != [None]
    assert clocks(opened) == {}
    assert trail(opened, "lead.invalidated")[0]["invalid_reason"] == "空号"
    for person in ("张三", "王经理"):
        told = say(opened, "详情", person=person)
        assert "无效原因：空号" in told["text"]
        assert ("负责人：没有" in told["text"], live(told)) == (True, ["判错了，恢复"])


@PLATFORMS
def test_what_was_judged_wrongly_comes_back_to_whoever_had_it(opened, platform):
    say(opened, "无效", "空号")
    [back] = opened.presses("张三", say(opened, "详情", platform=platform), "判错了")
    assert "未打开" in back["text"]
    row = lead(opened)
    assert (row["state"], owner_of(opened), row["invalid_reason"]) == ("assigned", "张三", "")
    assert set(clocks(opened)) == {"lead_unopened", "lead_idle"}
    assert titles(opened, "张三").count("新线索：长江精密") <= 1, "who did it needs no card"
    assert len(trail(opened, "lead.reopened")) == 1
    [twice] = opened.says("张三", f"/线索 恢复 {NUMBER}")
    assert "「无效」的才能这样做" in twice["text"]


def test_somebody_above_may_bring_it_back_and_the_owner_hears_of_it(opened):
    say(opened, "无效", "空号")
    say(opened, "恢复", person="王经理")
    assert owner_of(opened) == "张三"
    assert any("王经理 恢复了它" in m["text"] for m in opened.sees("张三"))


def test_nobody_brings_back_what_is_somebody_elses(opened):
    say(opened, "无效", "空号")
    assert "权限" in say(opened, "恢复", person="李四")["text"]
    assert state(opened) == "invalid"


def test_what_nobody_had_comes_back_to_the_pool(office):
    publish(office, "来源白名单 展会扫码")
    new(office, "/线索 新建 长江精密 华东 医疗 官网表单")
    office.says("王经理", f"/线索 无效 {NUMBER} 同行")
    office.says("王经理", f"/线索 恢复 {NUMBER}")
    row = lead(office)
    assert (row["state"], row["owner_id"], row["invalid_reason"]) == ("pooled", None, "")
    assert set(clocks(office)) == {"lead_unassigned"}


def test_own_words_are_as_good_and_nobody_is_asked_about_it_any_more(opened):
    say(opened, "无效", "客户 已经\n搬走了")
    assert lead(opened)["invalid_reason"] == "客户 已经 搬走了"
    opened.wait("80h")
    told = titles(opened, "张三") + titles(opened, "王经理")
    assert not any("还没有" in title or "收回" in title for title in told)
    [mine] = opened.says("张三", "/线索 列表")
    assert "0 条" in shown(mine)


@pytest.mark.parametrize(
    ("reason", "why"),
    [("空", "2 到 30 个字"), ("长" * 31, "2 到 30 个字"), (f"打 {PHONE} 是空号", "不要写电话")],
)
def test_a_reason_that_cannot_be_kept_is_asked_for_again(opened, reason, why):
    answer = say(opened, "无效", reason)
    assert why in answer["text"]
    assert (state(opened), owner_of(opened)) == ("opened", "张三")
    assert PHONE not in answer["text"]


def test_the_reasons_to_pick_from_are_a_rule(opened):
    opened.says("冯运营", "/规则 改 无效原因 原因 关机、重复")
    opened.says("冯运营", "/规则 发布 无效原因 少几个")
    form = opened.says("张三", f"/线索 无效 {NUMBER}")[0]
    assert offered(form["inputs"][0]) == ["关机", "重复"]


@pytest.mark.parametrize("steps", ["", "已联系", "已联系 有意向", "已联系 待回访"])
def test_every_open_state_may_turn_out_invalid_and_only_once(opened, steps):
    for step in steps.split():
        say(opened, step, "12-01" if step == "待回访" else "")
    say(opened, "无效", "同行")
    assert state(opened) == "invalid"
    for step in ("无效 空号", "已联系", "有意向", "转商机", "退回 不做", "转交 李四"):
        word, _, more = step.partition(" ")
        again = say(opened, word, more)
        assert "现在是「无效」" in again["text"]


@pytest.mark.parametrize(
    ("person", "done"), [("冯运营", True), ("王经理", True), ("李四", False), ("郑市场", False)]
)
def test_the_pool_is_judged_by_who_gives_it_out(office, person, done):
    publish(office, "来源白名单 展会扫码")
    new(office)
    office.says("李四", "/线索 列表")
    answer = say(office, "无效", "没有需求", person, "dingtalk" if person == "郑市场" else "wecom")
    assert (state(office) == "invalid") == done
    assert done or "权限" in answer["text"]
    assert done != bool(clocks(office))


@pytest.mark.parametrize(
    ("person", "why"), [("冯运营", "只有本人和他的上级"), ("李四", "没有找到")]
)
def test_a_sellers_lead_is_judged_by_them_and_who_is_above(opened, person, why):
    assert why in say(opened, "无效", "没有需求", person)["text"]
    assert state(opened) == "opened"


def test_a_stand_in_goes_all_the_way_for_who_is_away(called):
    called.says("张三", "/委托 李四 11-27")
    say(called, "有意向", person="李四")
    say(called, "转商机", person="李四")
    assert {row["owner_id"] for row in called.rows("opportunity")} == {"zhangsan"}


def test_a_reason_goes_with_the_person_it_is_about(opened):
    say(opened, "无效", "王总换工作了")
    [asked] = opened.says("周合规", f"/隐私 删除 {PHONE}")
    opened.presses("周合规", asked, "删除：本人要求")
    assert lead(opened)["invalid_reason"] == ""


def test_what_became_an_opportunity_or_part_of_another_lead_is_not_judged_any_more(called):
    """Regression: a converted lead's card offered 无效, which nobody could press."""
    say(called, "转商机")
    assert (state(called), "无效" in live(say(called, "详情"))) == ("converted", False)
    assert "无效" not in live(say(called, "详情", person="王经理"))
