"""At the allowed pace: a thousand reminders at once, urgent first, together where it can be."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from bot import delivery
from cards.model import Button, Card, Text
from engine import jobs
from engine.jobs import Urgency
from engine.writer import Stopped
from tests.bot.crowd import crowd

OPEN = "SELECT count(*) FROM job WHERE state < 2"
DEAD = "SELECT count(*) FROM job WHERE state = 3"
SEND, BATCH = "message/send", "batchSend"
NOTICE = Text("周五 17:30 请写本周总结。")
ANSWER = Text("您要的答案")


def reminder(n):
    return Card(title=f"线索 {n} 等您", buttons=(Button("已联系", "lead.contacted", {"lead": n}),))


def told(town, platform):
    """How often each person got the notice."""
    return dict(Counter(m.account for m in town.shown(platform)))


def played(story, url, **sizes):
    async def run():
        async with crowd(url, **sizes) as made:
            await story(made)

    asyncio.run(run())


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/jianliu.db"


def test_a_thousand_reminders_at_once_all_arrive_at_the_pace_of_both_platforms(url):
    async def story(town):
        people = town.everybody
        town.post([(reminder(n), people[n % len(people)]) for n in range(1000)],
                  urgency=Urgency.SOON)  # fmt: skip
        town.post([(NOTICE, to) for to in people], urgency=Urgency.LATER)
        await town.passes(timedelta(seconds=1))
        asker = town.on("dingtalk")[-1]
        town.post([(ANSWER, asker)])
        await town.passes(timedelta(seconds=0.25))
        assert {"content": ANSWER.text} in [m.wire for m in town.shown("dingtalk")[-3:]]
        took = await town.settled()
        assert took < timedelta(minutes=1)
        assert Counter(m.account for m in town.phones) == {
            to.account: 1000 // 336 + (n < 1000 % 336) + 1 + (to == asker)
            for n, to in enumerate(people)
        }
        assert town.wecom.messages.dropped == {}
        assert town.dingtalk.meter.turned_away == {}
        counted = town.dingtalk.meter.calls["2026-11"]
        assert town.rows("SELECT kind, used FROM usage") == [("calls", counted)]
        assert town.rows("SELECT DISTINCT state FROM delivery") == [("shown",)]
        assert len(town.calls(BATCH)) == 1 + -(-136 // 20)  # the answer, and the notice by twenty
        notices = [e for e in town.calls(SEND) if "周五" in e.raw]
        assert len(notices) == 1
        last = town.shown("dingtalk")[-136:]
        assert {m.wire.get("content") for m in last} == {NOTICE.text}, "the least urgent last"

    played(story, url, wecom=200, dingtalk=136)


def test_who_is_out_of_range_fails_alone_and_the_others_get_it_in_the_same_call(url):
    async def story(town):
        town.wecom.messages.unlicensed.add("wecom3")
        town.phones.members = [m for m in town.phones.members if m.id != "wecom4"]
        town.post([(NOTICE, to) for to in town.everybody], urgency=Urgency.LATER)
        await town.settled()
        assert told(town, "wecom") == {"wecom0": 1, "wecom1": 1, "wecom2": 1}
        assert len(town.calls(SEND)) == 1
        failed = "SELECT account, reason FROM delivery WHERE state = 'failed' ORDER BY account"
        assert town.rows(failed) == [(f"wecom{n}", "user_out_of_scope") for n in (3, 4)]
        assert town.rows(DEAD) == [(2,)]

    played(story, url, wecom=5)


def test_who_is_held_back_in_a_batch_is_tried_again_alone_and_nobody_gets_it_twice(url):
    async def story(town):
        town.dingtalk.org.flow_controlled.add("dingtalk2")
        town.post([(NOTICE, to) for to in town.everybody], urgency=Urgency.LATER)
        await town.deliver()
        assert sorted(told(town, "dingtalk")) == ["dingtalk0", "dingtalk1", "dingtalk3"]
        town.dingtalk.org.flow_controlled.clear()
        await town.passes(timedelta(minutes=2), step=timedelta(seconds=30))
        assert told(town, "dingtalk") == {to.account: 1 for to in town.everybody}
        assert [e.decoded["userIds"] for e in town.calls(BATCH)][1:] == [["dingtalk2"]]

    played(story, url, dingtalk=4)


def test_who_left_the_organisation_is_told_apart_from_the_batch(url):
    async def story(town):
        town.phones.members = [m for m in town.phones.members if m.id != "dingtalk1"]
        town.post([(NOTICE, to) for to in town.everybody], urgency=Urgency.LATER)
        await town.settled()
        assert sorted(told(town, "dingtalk")) == ["dingtalk0", "dingtalk2"]
        assert town.rows("SELECT account, reason FROM delivery WHERE state = 'failed'") == [
            ("dingtalk1", "user_left")
        ]

    played(story, url, dingtalk=3)


def test_a_batch_without_an_answer_is_repeated_as_it_was_and_arrives_once(url, monkeypatch):
    monkeypatch.setattr(delivery, "SEND_SECONDS", 0.1)

    async def story(town):
        await town.platforms["wecom"]._token.get()
        town.chaos.order("wecom", "timeout", 1)
        town.post([(NOTICE, to) for to in town.everybody], urgency=Urgency.LATER)
        await town.deliver()
        assert town.rows(OPEN) == [(3,)]
        await town.passes(timedelta(minutes=1), step=timedelta(seconds=20))
        assert told(town, "wecom") == {to.account: 1 for to in town.everybody}
        assert town.rows(OPEN) == [(0,)]
        assert len({e.raw.partition("\n")[2] for e in town.calls(SEND)}) == 1

    played(story, url, wecom=3)


def test_a_batch_whose_sender_is_killed_arrives_once(url, monkeypatch):
    async def story(town):
        settle = delivery.Courier._settle
        monkeypatch.setattr(delivery.Courier, "_settle", killed)
        town.post([(NOTICE, to) for to in town.everybody], urgency=Urgency.LATER)
        courier = town.couriers["wecom"]
        await courier.round()
        await asyncio.gather(*courier._carrying, return_exceptions=True)
        monkeypatch.setattr(delivery.Courier, "_settle", settle)
        await town.passes(timedelta(minutes=1), step=timedelta(seconds=40))
        town.database.writer.run(lambda db: jobs.reap(db, now=town.clock.now()))
        await town.passes(timedelta(seconds=10), step=timedelta(seconds=1))
        assert told(town, "wecom") == {to.account: 1 for to in town.everybody}
        assert town.rows(OPEN) == [(0,)]
        assert len({e.raw.partition("\n")[2] for e in town.calls(SEND)}) == 1

    played(story, url, wecom=3)


def killed(*_, **__):
    raise Stopped


def test_when_the_platform_says_too_fast_nobody_is_tried_until_it_may_be_over(url):
    async def story(town):
        await town.platforms["wecom"]._token.get()
        town.chaos.order("wecom", "429", 1)
        town.post([(ANSWER, town.everybody[0])])
        await town.deliver()
        town.post([(ANSWER, to) for to in town.everybody[1:]])
        await town.passes(timedelta(seconds=50), step=timedelta(seconds=10))
        assert len(town.calls(SEND)) == 1
        assert not town.due(), "what cannot go is put off, not late"
        await town.passes(timedelta(seconds=20), step=timedelta(seconds=1))
        assert told(town, "wecom") == {to.account: 1 for to in town.everybody}

    played(story, url, wecom=9)


def test_an_answer_overtakes_the_reminders_of_its_person_and_they_keep_their_order(url):
    async def story(town):
        [one] = town.everybody
        town.post([(Text(f"提醒 {n}"), one) for n in range(3)], urgency=Urgency.SOON)
        town.post([(ANSWER, one)])
        await town.settled()
        said = [m.wire["content"] for m in town.shown("wecom")]
        assert said == [ANSWER.text, "提醒 0", "提醒 1", "提醒 2"]

    played(story, url, wecom=1)
