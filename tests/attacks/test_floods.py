"""D33: one person, or one attacker, cannot fill the disk, the audit trail or anybody's phone."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot import rates
from bot.floods import TOO_FAST
from bot.rates import Rate, Rates, Verdict
from bot.web import rejections

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
USUAL = Rate(per_minute=30, burst=20)
ZHANG = ("wecom", "ww", "zhangsan")


def at(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def strict(office):
    """The office with the rate of a real deployment."""
    limits = office.demo.service.rates
    usual, limits.rate = limits.rate, USUAL
    yield office
    limits.rate = usual


def notices(office, person):
    return [m for m in office.sees(person) if TOO_FAST.text in m["text"]]


def sizes(office):
    return {t: len(office.rows(t)) for t in ("job", "audit", "card", "delivery", "opportunity")}


def test_d33_two_hundred_commands_leave_one_notice_and_little_else(strict):
    for _ in range(30):
        strict.says("张三", "/帮助")
    before = sizes(strict)
    for n in range(170):
        assert strict.says("张三", f"/商机 某阀门制造 北方泵业{n}号") == []
    assert len(notices(strict, "张三")) == 1
    assert sizes(strict) == before
    assert strict.says("李四", "/帮助")


def test_d33_after_the_pause_the_person_is_heard_again(strict):
    for _ in range(25):
        strict.says("张三", "/帮助")
    strict.wait("2m")
    assert strict.says("张三", "/帮助")
    assert len(notices(strict, "张三")) == 1


def test_d33_a_flood_of_presses_is_a_flood(strict):
    [card] = strict.says("张三", "/帮助")
    for _ in range(60):
        strict.presses("张三", card, "/商机")
    assert len(notices(strict, "张三")) == 1


def test_d33_a_flood_on_the_page_is_told_on_the_page(strict):
    limits = strict.demo.service.rates
    limits.rate = Rate(per_minute=1, burst=0)
    tenant = strict.demo.service.settings.wecom.corp_id
    pressed = strict.demo.service._receive
    from bot.platforms.api import Inbound

    event = Inbound("wecom", tenant, "h5/x", "zhangsan", NOW, "press", inline=True)
    assert strict.finger(pressed(event)).content == TOO_FAST
    assert notices(strict, "张三") == []


def test_d33_what_the_platform_itself_reports_is_never_dropped(strict):
    from bot.platforms.api import Inbound

    receive = strict.demo.service._receive
    before = len(strict.rows("job"))
    events = [
        Inbound("dingtalk", "dingcorpdemo", f"org{n}", "zhangsan", NOW, "event", "user_modify_org")
        for n in range(60)
    ]

    async def all_of_them():
        await asyncio.gather(*map(receive, events))

    strict.finger(all_of_them())
    assert len([j for j in strict.rows("job") if ":org" in j["key"]]) == 60
    assert len(strict.rows("job")) >= before + 60


def test_d33_a_platforms_repetition_is_not_counted_and_not_judged_again():
    limits = Rates(Rate(per_minute=30, burst=2))
    for _ in range(50):
        assert limits.judge(ZHANG, "one", NOW) is Verdict.TAKE
    assert limits.judge(ZHANG, "two", NOW) is Verdict.TAKE
    assert limits.judge(ZHANG, "three", NOW) is Verdict.NOTICE
    assert limits.judge(ZHANG, "two", at(1)) is Verdict.TAKE
    assert limits.judge(ZHANG, "three", at(200)) is Verdict.DROP


def test_d33_thirty_a_minute_for_ever_is_no_flood():
    limits = Rates(USUAL)
    verdicts = {limits.judge(ZHANG, str(n), at(2 * n)) for n in range(600)}
    assert verdicts == {Verdict.TAKE}


def test_d33_accounts_of_two_platforms_and_companies_are_apart():
    limits = Rates(Rate(per_minute=1, burst=1))
    others = (ZHANG, ("dingtalk", "ww", "zhangsan"), ("wecom", "w2", "zhangsan"))
    assert {limits.judge(one, "same", NOW) for one in others} == {Verdict.TAKE}


@given(
    st.lists(st.tuples(st.integers(-5, 30), st.integers(0, 300)), max_size=300),
    st.builds(Rate, per_minute=st.integers(1, 60), burst=st.integers(1, 30)),
)
def test_d33_never_more_than_the_burst_and_what_time_brings(steps, rate):
    """Whatever the clock does, backwards too; and at most one notice in a pause."""
    limits, moment, ahead, taken = Rates(rate), 0, 0, set()
    told = []
    for step, key in steps:
        moment += step
        ahead += max(0, step)
        verdict = limits.judge(ZHANG, str(key), at(moment))
        if verdict is Verdict.TAKE:
            taken.add(key)
        if verdict is Verdict.NOTICE:
            told.append(moment)
    assert len(taken) <= rate.burst + ahead * rate.per_minute / 60 + 1
    assert all(b - a >= 60 for a, b in pairwise(told))


def test_d33_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(rates, "MOST_ACCOUNTS", 100)
    limits = Rates(USUAL)
    for n in range(1000):
        limits.judge(("wecom", "ww", str(n)), "x", NOW)
    for n in range(1000):
        limits.judge(ZHANG, str(n), at(n))
    assert len(limits._buckets) == 100
    assert len(limits._buckets[ZHANG].known) == rates.MOST_EVENTS


def test_d33_judging_costs_microseconds():
    limits = Rates(Rate(1e9, 1e9))
    began = time.process_time()
    for n in range(10_000):
        limits.judge(("wecom", "ww", str(n % 100)), str(n), NOW)
    assert time.process_time() - began < 1.0


def test_d33_ten_thousand_bad_signatures_leave_one_line_and_no_row(office):
    rejections._told.clear()
    before = sizes(office)
    counted = forged(office)
    query = {"msg_signature": "0" * 40, "timestamp": str(int(time.time())), "nonce": "1"}
    body = "<xml><ToUserName>wwjianliudemo</ToUserName><Encrypt>eA==</Encrypt></xml>"
    flood = 300  # of ten thousand: the rest is the same
    with capture_logs() as logs:
        for _ in range(flood):
            answer = office.http.post("/wecom/callback", params=query, content=body)
            assert (answer.status_code, answer.text) == (401, "signature")
    assert sizes(office) == before
    assert forged(office) == counted + flood
    lines = [one for one in logs if one["event"] == "callback.rejected"]
    assert 1 <= len(lines) <= 3


def forged(office):
    name = 'jianliu_callbacks_rejected_total{platform="wecom",reason="signature"}'
    found = [line for line in office.http.get("/metrics").text.splitlines() if name in line]
    return float(found[0].split()[-1]) if found else 0.0
