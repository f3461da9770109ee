"""The smart bot's chat, beside the app's: the same people, the same business, no public address."""

from __future__ import annotations

import time

import pytest

from tests.office import Office

BOT = "wecom_bot"


@pytest.fixture
def phone(office: Office) -> Office:
    """The office once the bot is connected."""
    deadline = time.monotonic() + 10
    while not office.demo.service.bot.platform.line.connected:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return office


def test_an_errand_is_done_in_the_bots_chat(phone: Office) -> None:
    *_, asked = phone.says("张三", "/商机 恒信 西部机电", BOT)
    assert (asked["platform"], asked["kind"]) == (BOT, "template_card")
    (done,) = phone.presses("张三", asked, "2.")
    assert (done["id"], done["title"]) == (asked["id"], "商机已建：西部机电")
    assert len(phone.rows("opportunity")) == 1
    (row,) = phone.rows("audit", action="opportunity.created")
    assert (row["channel"], row["actor"]) == (BOT, "zhangsan")


def test_both_chats_know_the_same_person_and_the_same_customers(phone: Office) -> None:
    *_, by_bot = phone.says("李四", "/客户 恒信阀门", BOT)
    *_, by_app = phone.says("李四", "/客户 恒信阀门", "wecom")
    assert (by_bot["platform"], by_app["platform"]) == (BOT, "wecom")
    assert by_bot["title"].split()[0] == by_app["title"].split()[0] == "恒信阀门"


def test_who_enters_the_chat_is_greeted_once_a_day(phone: Office) -> None:
    greeting, answer = phone.says("张三", "你好啊", BOT)
    assert greeting["title"] == "您可以这样用建流"
    assert (answer["kind"], "没听懂" in answer["text"]) == ("markdown", True)
    assert len(phone.says("张三", "你好啊", BOT)) == 1


def test_a_reminder_comes_where_the_errand_was_begun(phone: Office) -> None:
    phone.says("张三", "/商机 恒信 西部机电", BOT)
    phone.wait("4h")
    reminder = phone.sees("张三")[-1]
    assert (reminder["platform"], reminder["title"]) == (BOT, "西部机电 的登记还差一步：选介绍人")


def test_a_form_opens_from_the_card_and_comes_back_as_a_new_one(phone: Office) -> None:
    *_, card = phone.says("张三", "/商机", BOT)
    url = card["raw"]["card_action"]["url"]
    assert phone.demo.service.public_url in url
    assert all(not button["text"].startswith("打开填写") for button in card["buttons"])
    asked = {"person": "张三", "message": card["id"], "url": url}
    assert phone.http.post("/sim/api/open", json=asked).status_code == 200
    page = phone.http.get(url, follow_redirects=True)
    assert (page.status_code, "<form" in page.text) == (200, True)


def test_a_press_on_a_face_that_is_gone_does_nothing_twice(phone: Office) -> None:
    *_, asked = phone.says("张三", "/商机 恒信 西部机电", BOT)
    phone.presses("张三", asked, "1.")
    assert phone.presses("张三", asked, "1.1") == []
    assert phone.sees("张三")[-1]["title"] == "商机已建：西部机电"
    assert len(phone.rows("opportunity")) == 1


@pytest.mark.parametrize("fault", ["duplicate", "timeout"])
def test_a_misbehaving_gateway_changes_nothing_for_the_person(phone: Office, fault: str) -> None:
    phone.says("张三", "你好啊", BOT)
    phone.fault(BOT, fault)
    asked = phone.says("张三", "/商机 恒信 西部机电", BOT)
    assert [one["title"] for one in asked] == ["「恒信」是哪一家？"]
    phone.wait("1m")
    assert len([one for one in phone.sees("张三") if one["title"] == "「恒信」是哪一家？"]) == 1
