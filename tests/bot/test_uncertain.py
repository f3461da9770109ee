"""What may have arrived is never sent blindly again; a person decides, once."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.delivery import LADDER
from bot.inbox import LANE
from bot.notices import Notices
from bot.parcels import REPEATED
from bot.platforms.api import Undelivered
from engine import jobs
from engine.calendar_days import Calendars
from engine.jobs import LEFT_FOR
from engine.rulebook import Rulebook
from sales import people
from tests.bot.kit import desk

ADMIN = "guanliyuan"
OUTBOX = "outbox:wecom:ww"
HOUR = timedelta(hours=1)


def silence(*_):
    """The platform takes the request and never answers."""
    raise Undelivered(
        "channel_down", "ReadTimeout", retry_after=timedelta(seconds=1), ambiguous=True
    )


def refusal(*_):
    raise Undelivered("user_left", "60111")


class Mute:
    """A platform that notes what it was given and then behaves as told."""

    def __init__(self, desk, *behaviour):
        self.requests, self.behaviour = [], list(behaviour)
        self.send, desk.platform.send = desk.platform.send, self

    async def __call__(self, account, request):
        self.requests.append(request)
        if self.behaviour:
            self.behaviour.pop(0)()
        return await self.send(account, request)


def state(d):
    with d.database.reading() as db:
        return tuple(db.execute(text("SELECT state, reason FROM delivery ORDER BY id")).first())


def outbox(d):
    return d.one(f"SELECT state FROM job WHERE lane = '{OUTBOX}' ORDER BY id LIMIT 1")


def later(d, span):
    d.clock.jump(d.clock.now() + span)


async def climb(d):
    """Let every wait between two attempts pass."""
    for wait in LADDER:
        later(d, wait)
        await d.deliver()


def told(d, person=ADMIN):
    """The cards a person's phone was sent, as the service drew them."""
    return [json.loads(r["body"]) for who, r in d.platform.sent if who == person]


async def notices(d):
    """Look for what the administrators must know, and bring it to them."""
    later(d, timedelta(seconds=10))
    posted = await Notices(d.database, d.clock, Calendars(d.clock.zone), Rulebook()).look()
    await d.deliver()
    return posted


async def presses(d, ref, index, person=ADMIN):
    event = d.inbound(kind="press", ref=ref, key=f"1.{index}", account=person)
    answer = await d.inbox.receive(event)
    await d.deliver()
    return answer.content


def test_a_message_nobody_answered_for_is_uncertain_after_the_last_attempt(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            mute = Mute(d, *[silence] * 7)
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            await climb(d)
            assert state(d) == ("uncertain", "channel_down")
            assert outbox(d) == jobs.State.UNCERTAIN
            assert len(mute.requests) == 7
            assert all(request == mute.requests[0] for request in mute.requests), "same bytes"

    asyncio.run(story())


def test_one_silent_attempt_among_failed_ones_is_enough_for_doubt(tmp_path):
    def down(*_):
        raise Undelivered("channel_down", "ConnectError", retry_after=timedelta(seconds=1))

    async def story():
        async with desk(tmp_path) as d:
            Mute(d, down, silence, *[down] * 5)
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            await climb(d)
            assert state(d) == ("uncertain", "channel_down")

    asyncio.run(story())


def test_a_message_that_surely_did_not_arrive_is_dead_not_uncertain(tmp_path):
    def down(*_):
        raise Undelivered("channel_down", "ConnectError", retry_after=timedelta(seconds=1))

    async def story():
        async with desk(tmp_path) as d:
            Mute(d, *[down] * 7)
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            await climb(d)
            assert state(d) == ("failed", "channel_down")
            assert outbox(d) == jobs.State.DEAD

    asyncio.run(story())


@pytest.mark.parametrize(("away", "sent"), [(REPEATED / 2, True), (REPEATED * 2, False)])
def test_what_a_dead_process_was_sending_is_repeated_only_while_the_platform_checks(
    tmp_path, away, sent
):
    async def story():
        async with desk(tmp_path) as d:
            stuck = asyncio.Event()

            async def dies(*_):
                await stuck.wait()

            d.platform.send, send = dies, d.platform.send
            await d.inbox.receive(d.inbound("你好"))
            await d.courier.round()
            for task in d.courier._carrying:
                task.cancel()  # killed while it waits for the answer
            await asyncio.gather(*d.courier._carrying, return_exceptions=True)

            d.platform.send = send
            later(d, away)
            d.database.writer.run(lambda db: jobs.reap(db, now=d.clock.now()))
            await d.deliver()
            assert bool(d.platform.sent) is sent
            assert state(d)[0] == ("shown" if sent else "uncertain")

    asyncio.run(story())


def test_a_process_that_was_stopped_before_it_sent_does_not_send_when_it_wakes(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("bot.delivery.START_SECONDS", -1)  # it slept since the claim

    async def story():
        async with desk(tmp_path) as d:
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            assert d.platform.sent == []
            assert outbox(d) == jobs.State.LEASED, "it comes back with its lease"

    asyncio.run(story())


def test_the_administrator_hears_of_it_once_an_hour_and_can_send_again(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            Mute(d, *[silence] * 7)
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            await climb(d)
            assert await notices(d) == 1
            [card] = told(d)
            assert card["title"] == "有 1 条消息不确定是否送达"
            assert card["facts"][0][1].startswith("张三 · 没听懂「你好」")
            assert "两次" in card["quote"]
            assert await notices(d) == 0, "nothing new"

            ref = d.platform.sent[-1][1]["ref"]
            assert (await presses(d, ref, 0)).title == "已重新安排 1 件"
            assert d.one("SELECT count(*) FROM delivery WHERE state = 'shown'") >= 2
            assert [who for who, _ in d.platform.sent].count("zhangsan") == 1
            assert (await presses(d, ref, 0)) is None, "the card is closed"
            assert d.one("SELECT count(*) FROM audit WHERE action = 'dead_letter.replay'") == 1

    asyncio.run(story())


def test_within_the_hour_more_of_them_wait_for_the_next_card(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            for number in range(3):
                Mute(d, refusal)
                await d.inbox.receive(d.inbound("你好", account=["zhangsan", "lisi"][number % 2]))
                await d.deliver()
                later(d, timedelta(minutes=1))
                await notices(d)
            assert [card["title"] for card in told(d)] == ["有 1 条消息没有送达"]
            later(d, HOUR)
            await notices(d)
            assert told(d)[-1]["title"] == "有 2 条消息没有送达"
            assert await notices(d) == 0

    asyncio.run(story())


def test_a_notice_that_does_not_arrive_is_not_reported_for_ever(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            Mute(d, refusal, refusal)
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            assert await notices(d) == 1
            assert d.one("SELECT count(*) FROM job WHERE state = 3") == 2, "the notice is dead too"
            later(d, HOUR)
            assert await notices(d) == 0

    asyncio.run(story())


def test_two_who_decide_at_once_decide_once(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            Mute(d, refusal)
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            await d.inbox.receive(d.inbound("/死信", account=ADMIN))
            await d.deliver()
            listed = d.platform.sent[-1][1]
            assert json.loads(listed["body"])["title"] == "最近 1 封死信"
            one = await presses(d, listed["ref"], 0)
            assert ("原因", "对方没有账号或已离职") in one.facts
            with d.database.reading() as db:
                number = db.execute(text("SELECT id FROM job WHERE state = 3")).scalar_one()
            from cards import dead_letters

            dropped = d.database.writer.run(
                lambda db: dead_letters.drop(db, [number], now=d.clock.now())
            )
            assert dropped == 1
            ref = d.platform.sent[-1][1]["ref"]
            event = d.inbound(kind="press", ref=ref, key="2.0", account=ADMIN)
            answer = await d.inbox.receive(event)
            assert answer.content.title == "已经有人处理过了"
            assert outbox(d) == jobs.State.CANCELLED

    asyncio.run(story())


def test_what_one_administrator_decides_locks_the_card_of_the_others(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            admin = {"role": "admin"}
            d.database.writer.run(
                lambda db: people.change(db, "chenzong", admin, now=d.clock.now())
            )
            Mute(d, refusal)
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            assert await notices(d) == 2
            refs = {who: r["ref"] for who, r in d.platform.sent if who in {ADMIN, "chenzong"}}
            await presses(d, refs["chenzong"], 0, "chenzong")
            locked = [json.loads(request["body"]) for *_, request in d.platform.updated]
            assert [(card["done"], card["facts"]) for card in locked] == [
                ("已处理", [["处理人", "陈总"]])
            ] * 2
            assert {who for who, *_ in d.platform.updated} == refs.keys()

    asyncio.run(story())


def test_only_administrators_see_dead_letters(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            answer = await d.inbox.receive(d.inbound("/死信"))
            assert "管理员的权限" in answer.content.text

    asyncio.run(story())


def test_an_incident_is_done_again_under_its_own_key(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            change, broken = type(d.inbox._units).change, [True]

            def fails(self, db, event):
                if broken:
                    raise ZeroDivisionError
                return change(self, db, event)

            type(d.inbox._units).change = fails
            try:
                await d.inbox.receive(d.inbound("/商机 某阀门制造 北方泵业", event="e"))
                assert await notices(d) == 1
                assert told(d)[0]["facts"] == [["1", "张三 · /商机 某阀门制造 北方泵业 · 程序出错"]]
                broken.clear()
                await presses(d, d.platform.sent[-1][1]["ref"], 0)
                await d.inbox.sweep()
            finally:
                type(d.inbox._units).change = change
            await d.deliver()
            assert d.one("SELECT count(*) FROM opportunity") == 1
            again = await d.inbox.receive(d.inbound("/商机 某阀门制造 北方泵业", event="e"))
            assert again.duplicate

    asyncio.run(story())


NEWER = (
    {"kind": "voice"},  # a kind of event this version does not know
    {"mood": "good"},  # a fact it does not know
)


@pytest.mark.parametrize("change", NEWER)
def test_an_event_of_a_newer_version_waits_for_it_through_a_rolling_deploy(tmp_path, change):
    async def story():
        async with desk(tmp_path) as d:
            now = d.clock.now()
            from bot.inbox import _inbound

            payload = _inbound.dump_python(d.inbound("你好"), mode="json") | change
            d.database.writer.run(lambda db: jobs.add(db, LANE, "new", payload, due=now, now=now))
            for _ in range(3):
                assert await d.inbox.sweep() == 1
                assert await d.inbox.sweep() == 0, "given back with a delay"
                later(d, timedelta(minutes=10))
            assert d.one("SELECT state FROM job WHERE key = 'new'") == jobs.State.OPEN
            later(d, LEFT_FOR)
            await d.inbox.sweep()
            assert d.one("SELECT state FROM job WHERE key = 'new'") == jobs.State.DEAD
            assert d.one("SELECT last_error FROM job WHERE key = 'new'") == "unreadable"

    asyncio.run(story())


def test_a_button_of_a_newer_version_waits_and_in_the_end_the_person_hears_of_it(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            await d.inbox.receive(d.inbound("/商机 恒信 西部机电"))
            await d.deliver()
            ref = d.platform.sent[-1][1]["ref"]
            d.database.writer.run(
                lambda db: db.execute(
                    text("UPDATE card SET body = replace(body, 'opportunity.create', 'x.y')")
                )
            )
            await d.inbox.receive(d.inbound(kind="press", ref=ref, key="1.0"))
            assert d.one("SELECT state FROM job ORDER BY id DESC LIMIT 1") == jobs.State.OPEN
            later(d, LEFT_FOR)
            await d.inbox.sweep()
            await d.deliver()
            assert "编号" in told(d, "zhangsan")[-1]["text"]

    asyncio.run(story())


def test_a_card_of_a_newer_version_is_not_buried_by_an_older_worker(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            await d.inbox.receive(d.inbound("/帮助"))
            body = d.one("SELECT body FROM card")
            change = text("UPDATE card SET body = :body")
            d.database.writer.run(lambda db: db.execute(change, {"body": '{"chart": 1}'}))
            await d.deliver()
            assert outbox(d) == jobs.State.OPEN
            d.database.writer.run(lambda db: db.execute(change, {"body": body}))
            later(d, timedelta(minutes=1))
            await d.deliver()
            assert state(d)[0] == "shown"

    asyncio.run(story())
