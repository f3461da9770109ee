"""Presses that are forged, repeated, late or all at once: one effect, and everybody is told."""

import asyncio

import pytest

PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
AT_ONCE = 8


def fake(office, platform):
    return office.demo.wecom if platform == "wecom" else office.demo.dingtalk


def pick(office, platform):
    [card] = office.says("张三", "/商机 恒信 西部机电", platform)
    return office.demo.phones.message(card["id"])


@PLATFORMS
@pytest.mark.parametrize(
    "values",
    [
        {"introducer": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "confirmed": "true"},
        {"same_as": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
        {"action": "operations.drop", "letters": "[1]"},
        {"owner_id": "lisi", "is_admin": "true", "stage": "won"},
    ],
)
def test_d16_what_a_press_brings_along_is_ignored(office, platform, values):
    message = pick(office, platform)
    office.finger(fake(office, platform).press(message, "1.1", values))
    [opportunity] = office.rows("opportunity")
    [customer] = office.rows("customer", name="西部机电")
    assert (opportunity["owner_id"], opportunity["stage"]) == ("zhangsan", "open")
    assert opportunity["introducer_id"] == office.rows("customer", name="恒信阀门")[0]["id"]
    assert customer["owner_id"] == "zhangsan"


@PLATFORMS
@pytest.mark.parametrize("key", ["1.7", "2.0", "0.0", "1.form", "1", "", "drop", "1.０"])
def test_d16_a_key_that_is_not_on_the_card_does_nothing(office, platform, key):
    message = pick(office, platform)
    office.finger(fake(office, platform).press(message, key, {}))
    assert office.rows("opportunity") == []


@PLATFORMS
def test_d17_a_second_press_changes_nothing_and_shows_what_was_decided(office, platform):
    message = pick(office, platform)
    for key in ("1.0", "1.1", "1.0"):
        office.finger(fake(office, platform).press(message, key, {}))
    [opportunity] = office.rows("opportunity")
    shown = [m for m in office.sees("张三") if opportunity["number"] in m["text"]]
    assert shown
    assert len(office.happened(action="opportunity.created")) == 1


def test_d17_what_was_dropped_cannot_be_taken_up_by_its_old_card(office):
    [card] = office.says("张三", "/商机 恒信 西部机电")
    office.wait("4h")
    reminder = office.sees("张三")[-1]
    office.presses("张三", reminder, "不登记了")
    assert len(office.happened(action="errand.dropped")) == 1
    office.finger(office.demo.wecom.press(office.demo.phones.message(card["id"]), "1.0", {}))
    assert office.rows("opportunity") == []


@PLATFORMS
def test_d18_eight_presses_at_the_same_moment_have_one_winner(office, platform):
    message = pick(office, platform)

    async def all_at_once():
        await asyncio.gather(*(
            fake(office, platform).press(message, f"1.{i % 2}", {}) for i in range(AT_ONCE)
        ))  # fmt: skip

    office.finger(all_at_once())
    assert len(office.rows("opportunity")) == 1
    assert len(office.happened(action="opportunity.created")) == 1
