"""A button with a question asks once more before it acts, in the card itself, on both platforms."""

from __future__ import annotations

import pytest

from cards import outbox
from cards.model import Text
from sales.people import Address

PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])


@pytest.fixture
def letter(office, platform):
    """A message to nobody has failed for good; whoever looks after that has its card."""
    service = office.demo.service
    tenant = service.settings.tenants()["wecom"]
    nobody = Address("", "wecom", tenant, "nobody")
    service.database.writer.run(
        lambda db: outbox.post(db, Text("你好"), [nobody], now=service.clock.now())
    )
    office.says("管理员", "/同事 改 陈总 角色 管理员")  # who has accounts on both platforms
    office.wait("1m")
    said = office.says("陈总", "/死信", platform)  # the notice may come at the same moment
    listed = next(m for m in said if "封死信" in m["title"])
    changed = office.presses("陈总", listed, "1.")
    return next(m for m in changed if m["id"] == listed["id"])


def face(office, message):
    [now] = [m for m in office.sees("陈总") if m["id"] == message["id"]]
    return now


@PLATFORMS
def test_nothing_is_dropped_before_the_question_was_answered(office, platform, letter):
    office.presses("陈总", letter, "不发了")
    asks = face(office, letter)
    assert [b["text"] for b in asks["buttons"]] == ["确定不发了", "返回"]
    assert "放下以后就找不回来了" in str(asks["raw"])
    assert office.happened(action="dead_letter.drop") == []

    office.presses("陈总", asks, "返回")
    again = face(office, letter)
    assert [b["text"] for b in again["buttons"]][:2] == ["重发", "不发了"]

    office.presses("陈总", again, "不发了")
    office.presses("陈总", face(office, letter), "确定")
    assert len(office.happened(action="dead_letter.drop")) == 1
    assert face(office, letter)["buttons"][0]["text"] == "已处理"


@PLATFORMS
def test_while_it_asks_no_other_button_of_the_card_acts(office, platform, letter):
    office.presses("陈总", letter, "不发了")
    asks = face(office, letter)
    version = asks["buttons"][0]["action"].partition(".")[0]
    fake = office.demo.wecom if platform == "wecom" else office.demo.dingtalk
    office.finger(fake.press(office.demo.phones.message(letter["id"]), f"{version}.0", {}))
    assert office.happened(action="dead_letter.replay") == []


@PLATFORMS
def test_a_double_tap_on_the_first_button_is_no_answer_to_the_question(office, platform, letter):
    fake = office.demo.wecom if platform == "wecom" else office.demo.dingtalk
    held = office.demo.phones.message(letter["id"])
    key = next(b["action"] for b in letter["buttons"] if b["text"] == "不发了")
    office.finger(fake.press(held, key, {}))
    office.finger(fake.press(held, key, {}))
    assert office.happened(action="dead_letter.drop") == []
    assert face(office, letter)["buttons"][0]["text"] == "确定不发了"
