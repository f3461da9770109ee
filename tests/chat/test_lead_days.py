"""The days people agree on with customers: ahead, and protected as long as the rule says (B5)."""

from __future__ import annotations

import pytest

from tests.chat.lead_kit import clocks, live, say, state
from tests.chat.test_leads import lead, new, shown


@pytest.mark.parametrize("step", ["待回访", "下一步"])
@pytest.mark.parametrize("when", ["昨天", "11-22", "01-05"])
def test_a_day_that_is_over_is_refused_with_the_reason(called, step, when):
    """Regression: 待回访 昨天 was taken, and protected the lead until something past."""
    due = clocks(called)["lead_idle"]["due_at"]
    answer = say(called, step, f"{when} 送样品" if step == "下一步" else when)
    assert "已经过去了" in answer["text"]
    assert "2027-01-05" in answer["text"], "how to write a day of the next year"
    row = lead(called)
    assert (row["state"], row["protected_until"], row["next_on"]) == ("contacted", None, None)
    assert clocks(called)["lead_idle"]["due_at"] == due


def test_today_is_early_enough(called):
    assert "保护到 11-24 零点" in shown(say(called, "待回访", "今天"))
    assert "下一步：11-23 送样品" in shown(say(called, "下一步", "今天 送样品"))


def test_who_wants_longer_than_the_rule_hears_so_and_the_day_stays_as_agreed(called):
    """Regression: the protection was cut without a word, and the day of the call with it."""
    answer = shown(say(called, "待回访", "2027-01-05"))
    assert "保护到 12-08 零点" in answer
    assert "最多保护 14 天" in answer
    assert "2027-01-05" in answer
    row = lead(called)
    assert row["next_on"] == "2027-01-05"
    assert row["protected_until"].startswith("2026-12-07T16:00")
    assert "最多保护" not in shown(say(called, "待回访", "12-07"))


def test_another_day_can_be_agreed_on(called):
    """Regression: 待回访 of what was 待回访 was refused with 这一步不能做."""
    say(called, "待回访", "12-01")
    assert "待回访" in live(say(called, "详情")), "offered, too"
    assert "保护到 12-04 零点" in shown(say(called, "待回访", "12-03"))
    row = lead(called)
    assert (state(called), row["next_on"]) == ("revisit", "2026-12-03")
    assert row["protected_until"].startswith("2026-12-03T16:00")
    assert clocks(called)["lead_idle"]["due_at"] > "2026-12-18"


def test_what_comes_too_early_says_what_comes_first(office):
    """Regression: it said that this cannot be done, and not what to do."""
    new(office)
    owner = lead(office)["owner_id"]
    [name] = [p["name"] for p in office.http.get("/sim/api/people").json() if p["id"] == owner]
    [answer] = office.says(name, "/线索 待回访 LD-20261123-0001 12-01")
    assert "现在是「未打开」，「已联系」或「有意向」或「待回访」的才能这样做" in answer["text"]


def test_a_day_of_another_year_is_told_with_its_year(called):
    assert "下一步：2027-01-05 送样品" in shown(say(called, "下一步", "2027-01-05 送样品"))
    assert "下一步：12-01 送样品" in shown(say(called, "下一步", "12-01 送样品"))
