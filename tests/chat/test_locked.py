"""A decided card is locked wherever it is held: on both platforms, at everybody who was told."""

from __future__ import annotations

import pytest

from cards import outbox
from cards.model import Button, Card
from sales import people
from sales.people import Address

FLOW = "flow/999999"
BACK = {"wecom": "dingtalk", "dingtalk": "wecom"}


def shown(office, platform, title):
    return [m for m in office.sees("张三") if m["platform"] == platform and title in m["title"]]


@pytest.fixture
def twins(office):
    """A question 张三 holds on both platforms."""
    office.says("张三", "/请假 11-25 11-27")
    [leave] = office.rows("absence", person_id="zhangsan")
    tenants = office.demo.service.settings.tenants()
    accounts = {"wecom": "zhangsan", "dingtalk": "staff_zhangsan"}
    to = [Address("zhangsan", p, tenants[p], accounts[p]) for p in accounts]
    undo = Button("取消请假", "away.cancel_leave", {"start": leave["from_at"]})
    card = Card("请假还要吗？", key=FLOW, buttons=(undo,))
    service = office.demo.service

    def ask(db):
        assert people.usual_address(db, "zhangsan") is not None
        outbox.post(db, card, to, now=service.clock.now())

    service.database.writer.run(ask)
    office.wait("1m")
    return {p: shown(office, p, "请假还要吗")[0] for p in accounts}


@pytest.mark.parametrize("pressed", ["wecom", "dingtalk"])
def test_n9_a_card_decided_on_one_platform_locks_its_twin_on_the_other(office, twins, pressed):
    office.presses("张三", twins[pressed], "取消请假")
    for message in twins.values():
        [now] = [m for m in office.sees("张三") if m["id"] == message["id"]]
        assert "已办好" in str(now["raw"]), message["platform"]
        assert [b["text"] for b in now["buttons"] if b["enabled"]] == []


def test_a_twin_whose_code_has_expired_is_answered_by_a_short_new_message(office, twins):
    office.wait("73h")
    office.presses("张三", twins["dingtalk"], "取消请假")
    [old] = [m for m in office.sees("张三") if m["id"] == twins["wecom"]["id"]]
    assert old["title"] == "请假还要吗？", "WeCom lets nobody change it any more"
    told = office.sees("张三")[-1]
    assert (told["platform"], told["kind"]) == ("wecom", "text")
    assert "请假已取消" in told["text"]
    office.finger(office.demo.wecom.press(office.demo.phones.message(old["id"]), "1.0", {}))
    assert "请假已取消" in str(office.sees("张三"))
