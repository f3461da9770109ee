"""A lead moves on: the cards that came by themselves take no press any more (B14, N9)."""

from __future__ import annotations

import pytest

from tests.chat.lead_kit import NUMBER, his, live, say, state
from tests.chat.test_leads import new, open_lead, publish, the_card


def cards(office, person, word):
    """What somebody's phones show of the cards with this word in their title, by platform."""
    return {m["platform"]: m for m in office.sees(person) if word in m["title"]}


def test_said_in_words_a_step_settles_every_reminder_of_it(opened):
    """Regression: after 已联系 the reminder went on offering 已联系, to the owner and above."""
    opened.wait("73h")
    mine, theirs = cards(opened, "张三", "还没有联系"), cards(opened, "王经理", "还没有联系")
    assert set(mine) == set(theirs) == {"wecom", "dingtalk"}
    assert all("已联系" in live(m) for m in mine.values())
    say(opened, "已联系")
    for person in ("张三", "王经理"):
        assert cards(opened, person, "还没有联系") == {}
        settled = cards(opened, person, "已有进展")
        assert set(settled) == {"wecom", "dingtalk"}
        assert all(not live(m) and "已联系，张三" in m["text"] for m in settled.values())


@pytest.mark.parametrize(
    ("step", "more", "now"),
    [("无效", "空号", "无效，空号"), ("转交", "李四", "未打开，李四"), ("退回", "不做", "未分配")],
)
def test_whoever_had_it_sees_on_the_old_cards_where_it_went(opened, step, more, now):
    opened.wait("73h")
    say(opened, step, more, person="王经理")
    settled = cards(opened, "张三", "已有进展：长江精密")
    assert settled
    assert all(not live(m) and now in m["text"] for m in settled.values())


def test_pressed_on_the_reminder_the_reminder_becomes_the_lead(opened):
    opened.wait("73h")
    reminder = cards(opened, "张三", "还没有联系")["wecom"]
    opened.presses("张三", reminder, "已联系")
    [card] = [m for m in opened.sees("张三") if m["id"] == reminder["id"]]
    assert live(card)[0] == "有意向"
    assert cards(opened, "王经理", "还没有联系") == {}


def test_the_warning_before_the_pool_fits_how_far_the_lead_is_and_ends_with_the_next_step(called):
    """Regression: a lead that was called long ago was warned about with 已联系."""
    called.wait("289h")
    warning = cards(called, "张三", "快要收回")
    assert warning
    assert all(live(m)[:2] == ["下一步", "打开"] for m in warning.values())
    say(called, "下一步", "明天 送样品")
    assert cards(called, "张三", "快要收回") == {}


def test_what_goes_back_to_the_pool_leaves_no_card_to_press(called):
    """The warning is three days old by then: WeCom changes it when it is pressed."""
    called.wait("400h")
    assert state(called) == "pooled"
    if "wecom" in (warning := cards(called, "张三", "快要收回")):
        called.presses("张三", warning["wecom"], "下一步")
    assert cards(called, "张三", "快要收回") == {}
    assert not any(live(m) for m in cards(called, "张三", "已有进展").values())


def test_opening_a_lead_ends_what_was_said_of_its_not_being_opened(office):
    his(office)
    office.wait("6h")
    assert cards(office, "王经理", "还没有打开")
    open_lead(office)
    assert cards(office, "王经理", "还没有打开") == {}
    assert live(the_card(office, "张三", "长江精密"))


def test_a_free_lead_that_was_given_out_needs_nobody_any_more(office):
    publish(office, "来源白名单 展会扫码")
    new(office)
    office.wait("73h")
    assert cards(office, "冯运营", "线索没人接手")
    office.says("张三", f"/线索 认领 {NUMBER}")
    assert cards(office, "冯运营", "线索没人接手") == {}
    assert live(cards(office, "冯运营", "已有进展")["wecom"]) == []


def test_what_can_no_longer_change_brings_no_new_message_and_says_so_when_it_is_pressed(office):
    """WeCom lets nobody change a card after 72 hours."""
    publish(office, "来源白名单 展会扫码")
    new(office)
    office.wait("73h")
    stuck, before = cards(office, "冯运营", "没有分配")["wecom"], len(office.sees("冯运营"))
    office.says("张三", f"/线索 认领 {NUMBER}")
    assert len(office.sees("冯运营")) == before
    office.presses("冯运营", stuck, "为什么")
    [now_is] = [m for m in office.sees("冯运营") if m["id"] == stuck["id"]]
    assert (now_is["title"], live(now_is)) == ("已有进展：长江精密", [])


def test_why_says_who_changed_hands_after_the_rules_had_decided(office):
    """B22: whoever asks why it is 李四's hears of the transfer, and of the decision before it."""
    office.says("王经理", "/线索 新建 长江精密 华东 医疗 官网表单")
    [lead] = office.rows("lead")
    heir = {"zhangsan": "李四", "lisi": "张三"}[lead["owner_id"]]
    asked = f"/线索 为什么 {lead['number']}"
    assert "后来" not in office.says("王经理", asked)[0]["text"]
    office.says("王经理", f"/线索 转交 {lead['number']} {heir}")
    text = office.says("王经理", asked)[0]["text"]
    assert f"王经理转交了线索，给 {heir}" in text
    assert "按规则分配" in text
    office.says(heir, f"/线索 退回 {lead['number']} 客户不做了")
    assert f"{heir}退回了线索" in office.says("王经理", asked)[0]["text"]


def test_a_stand_in_opens_contacts_and_is_reminded_until_it_is_taken_back(office):
    office.says("王经理", "/线索 新建 长江精密 华东 医疗 官网表单")
    [lead] = office.rows("lead")
    owner = {"zhangsan": "张三", "lisi": "李四"}[lead["owner_id"]]
    other = {"张三": "李四", "李四": "张三"}[owner]
    show = f"/线索 详情 {lead['number']}"
    assert "没有找到线索" in office.says(other, show)[0]["text"]
    [lent] = office.says(owner, f"/委托 {other} 11-27")
    office.says(other, show)
    [clock] = office.rows("deadline", kind="lead_contact")
    assert (clock["owner"], office.rows("lead")[0]["state"]) == (lead["owner_id"], "opened")

    office.wait("73h")
    late = [m for m in office.sees(other) if "还没有联系" in m["title"]][-1]
    office.presses(other, late, "已联系")
    [lead] = office.rows("lead")
    assert (lead["state"], lead["late"]) == ("contacted", 1)
    [row] = office.happened(action="lead.contacted")
    assert row["actor"] != lead["owner_id"]

    office.presses(owner, lent, "提前收回")
    assert "没有找到线索" in office.says(other, show)[0]["text"]
