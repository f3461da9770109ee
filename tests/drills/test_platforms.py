"""Platforms in trouble: ambiguous answers, two hours down, limits, tokens (#10–#13)."""

import asyncio
from collections import Counter

import pytest

from engine.jobs import State
from tests.drills.seed import forms
from tests.drills.virtual import HOUR, MINUTE, SECOND, town

TROUBLES = ("down", "lost", "hang", "garbled", "busy", "limit")
AMBIGUOUS = {"lost", "hang", "garbled"}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_10_an_answer_that_says_nothing_is_asked_for_again_with_the_same_bytes(
    tmp_path, monkeypatch, trouble
):
    async def story():
        async with town(f"sqlite:///{tmp_path}/a.db") as t:
            if trouble == "hang":
                monkeypatch.setattr("bot.delivery.SEND_SECONDS", 1)
            t.wire.trouble = lambda _: trouble if len(t.wire.sent) <= 2 else None
            t.say("周报已发")
            await t.passes(MINUTE, steps=4)
            assert len(t.wire.sent) == 3
            assert len({sent.body for sent in t.wire.sent}) == 1
            assert t.shown() == ["周报已发"], "once, however often it was sent"
            assert t.states == {State.DONE: 1}
            assert t.attempts == [0 if trouble == "limit" else 2]

    asyncio.run(story())


@pytest.mark.parametrize("trouble", ["lost", "down"])
def test_10_only_what_may_have_arrived_is_uncertain_and_only_in_the_end(tmp_path, trouble):
    async def story():
        async with town(f"sqlite:///{tmp_path}/a.db") as t:
            t.wire.trouble = lambda _: trouble
            t.say("周报已发")
            await t.passes(2 * MINUTE, steps=20)
            assert t.states == {State.OPEN: 1}, "the ladder has not ended"
            await t.passes(HOUR, steps=4)
            uncertain = trouble in AMBIGUOUS or t.wire.sent[0].taken
            assert len(t.wire.sent) <= 7
            assert t.states in ({State.UNCERTAIN: 1}, {State.DEAD: 1})
            assert len(t.shown()) == uncertain

    asyncio.run(story())


@pytest.mark.parametrize("each", forms(15, 300))
def test_11_two_hours_without_the_platform_lose_nothing_and_keep_everybodys_order(tmp_path, each):
    """Nobody's queue is hammered meanwhile; afterwards it drains at the pace WeCom allows."""
    people = ("zhangsan", "lisi", "qiancaiwu", "wangjingli")

    async def story():
        async with town(f"sqlite:///{tmp_path}/a.db") as t:
            t.wire.trouble = lambda _: "down"
            for n in range(each):
                for person in people:
                    t.say(f"第 {n} 条", person)
            await t.passes(30 * SECOND, steps=240)
            assert len(t.wire.sent) <= 6 * len(people), "only who is first in line knocks"
            t.wire.trouble = lambda _: None
            await t.passes(30 * SECOND, steps=90)  # whoever has waited two hours knocks again
            await t.passes(10 * SECOND, steps=6 * each // 28)
            for person in people:
                assert t.shown(person) == [f"第 {n} 条" for n in range(each)]
            assert t.states == {State.DONE: each * len(people)}

    asyncio.run(story())


@pytest.mark.pg
@pytest.mark.parametrize("count", forms(70, 1200))
def test_12_four_processes_together_stay_below_what_one_person_may_get(fresh_postgres, count):
    """WeCom drops what is beyond thirty a minute without a word; nothing may be beyond."""

    async def story():
        async with town(fresh_postgres(), nodes=4) as t:
            for n in range(count):
                t.say(f"第 {n} 条")
            t.say("给别人的", "lisi")
            await t.deliver()
            assert t.shown("lisi") == ["给别人的"], "who has little waits for nobody"
            await t.passes(5 * SECOND, steps=12 * (count // 28 + 1) + 720 * (count // 980))
            assert t.shown() == [f"第 {n} 条" for n in range(count)], "all of them, in order"
            shown = [m.at for m in t.phones if m.account == "zhangsan"]
            for first, beyond in zip(shown, shown[30:], strict=False):
                assert beyond - first >= MINUTE
            assert set(t.attempts) == {0}

    asyncio.run(story())


@pytest.mark.pg
def test_12_a_limit_the_platform_names_costs_no_attempt(fresh_postgres):
    async def story():
        async with town(fresh_postgres(), nodes=4) as t:
            t.wire.trouble = lambda _: "limit" if len(t.wire.sent) <= 12 else None
            for person in ("zhangsan", "lisi", "qiancaiwu"):
                t.say("限流", person)
            await t.passes(MINUTE, steps=15)
            assert [t.shown(p) for p in ("zhangsan", "lisi", "qiancaiwu")] == [["限流"]] * 3
            assert set(t.attempts) == {0}
            assert len(t.wire.sent) <= 15, "nobody knocks while the door is shut"

    asyncio.run(story())


@pytest.mark.pg
def test_13_a_token_that_ends_early_is_fetched_once_by_four_processes(fresh_postgres):
    """Everybody finds out at the same moment; no message pays for it with an attempt."""

    async def story():
        people = ("zhangsan", "lisi", "qiancaiwu", "wangjingli", "chenzong", "zhouhegui")
        async with town(fresh_postgres(), nodes=4) as t:
            for round_ in range(3):
                for person in people:
                    t.say(f"第 {round_} 轮", person)
                t.chaos.order("wecom", "token_expired", int(round_ == 1))
                await t.passes(MINUTE)
            fetched = Counter(t.wire.paths)["/cgi-bin/gettoken"]
            assert fetched == 2, "once at the beginning and once when it ended"
            assert set(t.attempts) == {0}
            assert t.states == {State.DONE: 3 * len(people)}

    asyncio.run(story())
