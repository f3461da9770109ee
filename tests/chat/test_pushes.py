"""The menu of what comes by itself: 稍后, 今天不再提醒, 为什么找我, on both platforms."""

from __future__ import annotations

import pytest

PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
LINE = "/商机 恒信 西部机电"
WAITS = "西部机电 的登记还差一步：选介绍人"


def reminders(office):
    return [m for m in office.sees("张三") if m["title"] == WAITS]


@pytest.fixture
def reminded(office, platform):
    """张三 has left a line half done on this platform; it is Monday 14:00 and he is reminded."""
    office.says("张三", LINE, platform)
    office.wait("4h")
    [reminder] = reminders(office)
    return reminder


def menu(office, message, entry):
    """A tap on an entry of the menu, as the phone sends it; what was answered last."""
    held = office.demo.phones.message(message["id"])
    fake = office.demo.wecom if message["platform"] == "wecom" else office.demo.dingtalk
    version = message["buttons"][0]["action"].partition(".")[0]
    office.finger(fake.press(held, f"{version}.{entry}", {}))
    return office.sees("张三")[-1]["text"]


@PLATFORMS
def test_why_me_is_answered_with_the_reason_it_was_sent_for(office, platform, reminded):
    assert "这件事是您发起的" in menu(office, reminded, "why")
    [row] = office.happened(action="read.push.why")
    assert (row["actor"], row["channel"]) == ("zhangsan", platform)


@PLATFORMS
def test_later_says_when_and_brings_the_card_again_after_two_working_hours(
    office, platform, reminded
):
    assert "11-23 16:00 再提醒您一次（2 小时以后，按工作时间算）" in menu(office, reminded, "later")
    office.wait("119m")
    assert len(reminders(office)) == 1
    office.wait("2m")
    _, second = reminders(office)
    assert (second["platform"], second["at"][11:16]) == (platform, "16:00")
    assert [b["text"] for b in second["buttons"]][:2] == ["接着办", "不登记了"]
    assert [row["action"] for row in office.happened(action="push.postponed")] != []


@PLATFORMS
def test_what_was_settled_meanwhile_does_not_come_again(office, platform, reminded):
    question = next(m for m in office.sees("张三") if "是哪一家" in m["title"])
    menu(office, reminded, "later")
    office.presses("张三", question, "1.")
    [locked] = [m for m in office.sees("张三") if m["id"] == reminded["id"]]
    assert "已办完" in str(locked["raw"])
    before = len(office.sees("张三"))
    office.wait("3h")
    assert len(office.sees("张三")) == before


@PLATFORMS
def test_no_more_today_keeps_its_other_reminders_away_until_tomorrow(office, platform, reminded):
    menu(office, reminded, "later")
    assert "今天不再提醒，明天照常" in menu(office, reminded, "mute")
    office.wait("3h")
    assert len(reminders(office)) == 1, "nothing more on Monday, not even what was put off"
    office.wait("24h")  # the last reminder, on Tuesday 13:30
    assert len(reminders(office)) == 2
    [row] = office.happened(action="push.muted")
    assert row["actor"] == "zhangsan"


def test_only_its_own_topic_is_muted(office):
    office.says("张三", LINE)
    office.says("张三", "/商机 恒信 东部机电")
    office.wait("4h")
    one, other = (m for m in office.sees("张三") if "的登记还差一步" in m["title"])
    menu(office, one, "mute")
    menu(office, other, "later")
    office.wait("121m")
    titles = [m["title"] for m in office.sees("张三")]
    assert titles.count(other["title"]) == 2
    assert titles.count(one["title"]) == 1


def test_the_morning_card_and_the_operators_notice_say_why_they_came(office):
    office.says("张三", LINE)
    office.wait("23h")
    morning = next(m for m in office.sees("张三") if "件事等您" in m["title"])
    assert "工作日早上" in menu(office, morning, "why")


def test_nobody_opens_the_menu_of_somebody_elses_card(office):
    from dataclasses import replace

    office.says("张三", LINE)
    office.wait("4h")
    [reminder] = reminders(office)
    held = office.demo.phones.message(reminder["id"])
    office.finger(office.demo.wecom.press(replace(held, account="lisi"), "1.mute", {}))
    assert "不是发给您的" in office.sees("李四")[-1]["text"]
    assert office.rows("mute") == []


def test_a_card_somebody_asked_for_has_no_menu(office):
    [pick] = office.says("张三", LINE)
    held = office.demo.phones.message(pick["id"])
    office.finger(office.demo.wecom.press(held, "1.later", {}))
    assert office.happened(action="push.postponed") == []
