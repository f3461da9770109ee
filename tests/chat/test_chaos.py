"""Every fault of `/sim/api/chaos`, met through chat: nothing is lost, nobody is told twice."""

from __future__ import annotations

import threading

import pytest

from bot.simulator.chaos import FAULTS

LINE = "/商机 某阀门制造 北方泵业"
ON_THE_WAY_OUT = ("timeout", "5xx", "429", "down", "token_expired", "ip_denied", "over_quota")


@pytest.fixture
def order(office, monkeypatch):
    """Orders a fault; what hangs then is given up soon, and hangs no longer than needed."""

    def order(platform, fault):
        if fault == "timeout":
            monkeypatch.setattr("bot.delivery.SEND_SECONDS", 0.5)
            monkeypatch.setattr("bot.simulator.wecom.fake.STALL", 1.0)
            monkeypatch.setattr(office.demo.dingtalk.org, "stall", 1.0)
        office.fault(platform, fault, 1 if fault == "down" else 2)

    return order


def about(office, words, platform):
    """The cards on 张三's phone that speak of `words`."""
    return [m for m in office.sees("张三") if m["platform"] == platform and words in m["title"]]


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
@pytest.mark.parametrize("fault", ON_THE_WAY_OUT)
def test_an_answer_arrives_once_whatever_the_platform_did_to_it(office, order, platform, fault):
    order(platform, fault)
    office.says("张三", LINE, platform)
    office.wait("3h")
    assert len(about(office, "北方泵业", platform)) == 1
    assert len(office.rows("opportunity")) == 1
    assert office.rows("job", state="3") == []


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
@pytest.mark.parametrize("fault", ON_THE_WAY_OUT)
def test_a_press_counts_once_and_its_card_changes_whatever_the_platform_did(
    office, order, platform, fault
):
    """One of two similar customers is picked while the platform is in trouble."""
    [card] = office.says("张三", "/商机 恒信 西部机电", platform)
    order(platform, fault)
    press(office, card, platform)
    office.wait("3h")
    assert len(office.rows("opportunity")) == 1
    assert len(about(office, "西部机电", platform)) == 1
    assert office.rows("job", state="3") == []


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_what_comes_twice_is_done_once_line_and_press_alike(office, platform):
    office.fault(platform, "duplicate", 2)
    [card] = office.says("张三", "/商机 恒信 西部机电", platform)
    press(office, card, platform)
    assert len(office.rows("opportunity")) == 1
    assert len(about(office, "西部机电", platform)) == 1


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_lines_that_overtake_each_other_are_each_answered_once(office, platform):
    office.fault(platform, "reorder")
    lines = [f"/商机 某阀门制造 批量{n}号客户" for n in (1, 2)]
    saying = [threading.Thread(target=office.says, args=("张三", x, platform)) for x in lines]
    for thread in saying:
        thread.start()
    for thread in saying:
        thread.join()
    assert len(office.rows("opportunity")) == 2
    for n in (1, 2):
        assert len(about(office, f"批量{n}号客户", platform)) == 1


def test_every_fault_has_its_place_here():
    assert {*ON_THE_WAY_OUT, "duplicate", "reorder"} == set(FAULTS)


def press(office, card, platform):
    """Pick the first candidate of a card."""
    first = next(b for b in card["buttons"] if b["enabled"])
    office.presses("张三", card, first["action"])
