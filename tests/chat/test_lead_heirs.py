"""Somebody leaves: who has their leads hears of it and begins with their own clocks (B13, B79)."""

from __future__ import annotations

from tests.chat.lead_kit import NUMBER, clocks, live, say, state
from tests.chat.test_directory import leaves
from tests.chat.test_leads import lead, new, owner_of, publish, shown, the_card, titles


def goes(office, leaver="张三", heir="李四"):
    office.says("管理员", f"/同事 离职 {leaver} {heir}")
    office.presses("管理员", office.sees("管理员")[-1], "确认离职")


def test_the_heir_hears_and_begins_anew_with_what_nobody_has_called(opened):
    """Regression: 72 hours ran on 自打开算起 for somebody who had not looked and was not told."""
    opened.wait("20h")
    goes(opened)
    assert (owner_of(opened), state(opened)) == ("李四", "assigned")
    assert set(clocks(opened)) == {"lead_unopened", "lead_idle"}
    assert {row["owner"] for row in clocks(opened).values()} == {"lisi"}
    card = the_card(opened, "李四", "新线索：长江精密")
    assert "张三 离职，交接给您的" in card["text"]
    opened.wait("60h")
    assert any("还没有打开" in t for t in titles(opened, "王经理")), "who is above hears, too"
    assert not any("还没有联系" in t for t in titles(opened, "李四"))
    say(opened, "详情", person="李四")
    assert clocks(opened)["lead_contact"]["due_at"] > "2026-11-28"


def test_what_was_contacted_goes_on_where_it_is(called):
    due = clocks(called)["lead_idle"]["due_at"]
    called.wait("24h")
    goes(called)
    row = lead(called)
    assert (owner_of(called), row["state"]) == ("李四", "contacted")
    assert row["contacted_at"]
    [clock] = clocks(called).values()
    assert (clock["kind"], clock["owner"], clock["due_at"]) == ("lead_idle", "lisi", due)
    card = the_card(called, "李四", "新线索：长江精密")
    assert "已联系" not in live(card), "nothing is offered that was done"
    assert "已联系" in called.presses("李四", card, "打开")[-1]["text"]


def test_of_many_the_heir_hears_on_one_card(opened):
    new(opened, "/线索 新建 黄河药业 华东 医疗 官网表单")
    say(opened, "已联系")
    before = len(opened.sees("李四"))
    goes(opened)
    [told] = opened.sees("李四")[before:]
    assert told["title"] == "新线索 2 条"
    assert "张三 离职，交接给您的" in told["text"]
    assert "2 条" in shown(opened.presses("李四", told, "一条一条看")[0])


def test_the_leavers_cards_take_no_press_any_more(opened):
    goes(opened)
    mine = [m for m in opened.sees("张三") if "长江精密" in m["title"]]
    assert mine
    assert not any(live(m) for m in mine if m["title"].startswith("新线索"))


def test_found_gone_in_the_directory_the_superior_hears_in_the_morning(opened):
    leaves(opened, "张三")
    leaves(opened, "张三", platform="dingtalk")
    opened.wait("24h")
    assert (owner_of(opened), state(opened)) == ("王经理", "assigned")
    card = the_card(opened, "王经理", "新线索：长江精密")
    assert "张三 离职，交接给您的" in card["text"]


def test_handed_to_somebody_on_leave_it_is_done_and_said(opened):
    """The lead would lie there, and whoever gave it would not know."""
    opened.says("李四", "/请假 11-23 11-25")
    answer = shown(say(opened, "转交", "李四"))
    assert "李四 今天请假，11-2" in answer
    assert (owner_of(opened), state(opened)) == ("李四", "assigned")
    opened.says("李四", f"/线索 转交 {NUMBER} 张三")
    assert "请假" not in shown(opened.says("王经理", f"/线索 转交 {NUMBER} 张三")[0])


def test_a_lead_of_the_pool_is_waited_for_by_whoever_follows_its_keeper(office):
    publish(office, "来源白名单 展会扫码")
    new(office)
    goes(office, "王经理", "陈总")
    assert {row["owner"] for row in clocks(office).values()} == {"chenzong"}
