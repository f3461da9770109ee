"""`/消息 为什么没收到`: the record in words, and the button that mends it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from cards import outbox
from cards.model import Text
from engine import buckets
from engine.jobs import Urgency
from handlers import messages
from sales import people
from sales.people import Address
from sales.policy import NotAllowed

ASK = "/消息 为什么没收到"
LANE = "outbox:wecom:wwjianliudemo"


async def settled():
    """The finger does nothing; then the service has come to rest."""


def post(office, words, person="lisi", **how):
    """Something is said to somebody by itself."""
    service = office.demo.service
    to, now = Address(person, "wecom", "wwjianliudemo", person), service.clock.now()
    service.database.writer.run(lambda db: outbox.post(db, Text(words), [to], now=now, **how))
    office.finger(settled())


def copies(office, words, person="李四"):
    return sum(words == message["text"] for message in office.sees(person))


def test_what_has_arrived_is_shown_with_the_platforms_receipt(office):
    post(office, "周报请看")
    [card] = office.says("李四", ASK)
    assert card["title"] == "您最近的消息都送到了"
    assert "「周报请看」企业微信" in str(card)
    assert "已收下，回执" in str(card)
    assert "免打扰" in str(card)


def test_what_is_sent_again_arrives_again_and_stands_on_the_trail(office):
    post(office, "周报请看")
    [card] = office.says("李四", ASK)
    office.presses("李四", card, "再发一次 1")
    assert copies(office, "周报请看") == 2
    assert len(office.happened(action="message.resent")) == 1


def test_what_waits_says_until_when_and_needs_no_button(office):
    now = office.demo.service.clock.now()
    post(office, "下午的提醒", not_before=now + timedelta(hours=3), urgency=Urgency.SOON)
    [card] = office.says("李四", ASK)
    assert card["title"] == "您有 1 条消息没有送到"
    assert "定在 13:00 发" in str(card)
    assert [button["text"] for button in card["buttons"]] == ["再查一次"]


def test_what_waits_for_the_month_says_so(office):
    service = office.demo.service
    now, rate = service.clock.now(), service.couriers[0]._platform.rate

    def hold(db):
        buckets.level(db, LANE, rate, now=now)
        buckets.hold(db, LANE, rate, "quota_exhausted", until=now + timedelta(hours=1))

    service.database.writer.run(hold)
    post(office, "请看")
    assert office.says("李四", ASK) == []
    office.wait("61m")
    [waiting] = [m for m in office.sees("李四") if m["title"].startswith("您有")]
    assert "本月的调用次数用完了" in str(waiting)
    assert copies(office, "请看") == 1


def test_what_was_given_up_says_why_and_goes_out_when_it_is_mended(office):
    office.demo.wecom.messages.unlicensed.add("lisi")
    post(office, "请看")
    office.demo.wecom.messages.unlicensed.clear()
    [card] = office.says("李四", ASK)
    assert "没发出去，对方不在应用的可见范围" in str(card)
    office.presses("李四", card, "再发一次 1")
    assert copies(office, "请看") == 1
    assert office.rows("delivery", state="failed") == []
    assert office.rows("job", state="3") == []


def test_only_an_administrator_may_ask_about_a_colleague(office):
    post(office, "请看")
    [refused] = office.says("张三", f"{ASK} 李四")
    assert "需要管理员的权限" in refused["text"]
    [card] = office.says("管理员", f"{ASK} 李四")
    assert card["title"] == "李四最近的消息都送到了"


def test_nobody_sends_a_colleagues_message_again(office):
    post(office, "请看")
    [sent] = office.rows("delivery", account="lisi")
    database, now = office.demo.service.database, office.demo.service.clock.now()
    with database.reading() as db:
        who = people.known(db, "wecom", "wwjianliudemo", "zhangsan")
        with pytest.raises(NotAllowed):
            messages.resend(SimpleNamespace(db=db, who=who, now=now), delivery=sent["id"])


def test_a_number_in_clear_is_not_sent_again(office):
    [card] = office.says("李四", "/客户 恒信阀门")
    [number] = office.presses("李四", card, "查看号码")
    assert "13700137000" in number["text"]
    [report] = office.says("李四", ASK)
    assert "13700137000" not in str(report)
    texts = [button["text"] for button in report["buttons"]]
    assert texts == ["再发一次 2", "再查一次"], "only the customer's card"
