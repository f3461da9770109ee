"""The way out: one bad card holds up nobody, the newest face always arrives."""

import asyncio
import contextlib
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot import delivery
from bot.inbox import CRASHES
from bot.platforms.api import Receipt, Undelivered
from cards import outbox
from cards.model import Card, load
from engine import jobs
from engine.database import Database
from engine.jobs import State
from sales.people import Address
from tests.bot.kit import desk
from tests.ready import upgrade

PICK = "/商机 恒信 西部机电"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


async def shown(d):
    """The message that shows the pick card."""
    await d.inbox.receive(d.inbound(PICK))
    await d.deliver()
    return d.platform.sent[-1][1]["ref"]


def press(d, ref, key="1.0", token=""):
    return d.inbox.receive(d.inbound(kind="press", ref=ref, key=key, reply_token=token))


def cards_raise(d, error):
    """From here on a text can be drawn and a card cannot."""
    render = d.platform.render

    def raises(content, slot, **_):
        if isinstance(content, Card):
            raise error
        return render(content, slot)

    d.platform.render = raises


def test_a_card_that_cannot_be_drawn_holds_up_nobody(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            cards_raise(d, ZeroDivisionError)
            await d.inbox.receive(d.inbound(PICK))
            await d.inbox.receive(d.inbound("你好", account="lisi"))
            await d.deliver()
            assert [who for who, _ in d.platform.sent] == ["lisi"]
            assert d.one("SELECT reason FROM delivery WHERE state = 'failed'") == "card_invalid"

    asyncio.run(story())


class Killed(BaseException):
    """The process is gone: nothing of what it was doing is committed or cleaned up."""


def test_a_card_that_kills_whoever_draws_it_is_given_up_and_takes_nobody_along(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            cards_raise(d, Killed)
            await d.inbox.receive(d.inbound(PICK))
            await d.inbox.receive(d.inbound("你好", account="lisi"))
            for _ in range(2 * CRASHES):
                with contextlib.suppress(Killed):
                    await d.deliver()
                d.clock.jump(d.clock.now() + timedelta(minutes=1))
                d.database.writer.run(lambda db: jobs.reap(db, now=d.clock.now()))
            assert [who for who, _ in d.platform.sent] == ["lisi"]
            assert d.one("SELECT reason FROM delivery WHERE state = 'failed'") == "crashed"
            assert d.one(f"SELECT crashes FROM job WHERE state = {State.DEAD}") == CRASHES

    asyncio.run(story())


def test_a_message_whose_senders_are_killed_goes_out_in_the_end(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            send, lives = d.platform.send, iter(range(2 * CRASHES))

            async def killed(account, request):
                if next(lives, None) is not None:
                    raise Killed
                return await send(account, request)

            d.platform.send = killed
            await d.inbox.receive(d.inbound(PICK))
            for _ in range(2 * CRASHES + 1):
                await d.courier.round()
                await asyncio.gather(*d.courier._carrying, return_exceptions=True)
                d.clock.jump(d.clock.now() + timedelta(minutes=1))
                d.database.writer.run(lambda db: jobs.reap(db, now=d.clock.now()))
                d.clock.jump(d.clock.now() + timedelta(minutes=1))
            assert len(d.platform.sent) == 1

    asyncio.run(story())


def test_what_was_claimed_when_the_service_stops_is_still_sent(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            await d.inbox.receive(d.inbound(PICK))
            gate = threading.Event()
            d.database.writer.submit(lambda _: gate.wait(5))
            running = asyncio.create_task(d.courier.run())
            await asyncio.sleep(0)  # the first round has begun and waits for the writer
            await asyncio.sleep(0)
            running.cancel()
            gate.set()
            await asyncio.gather(running, return_exceptions=True)
            await d.courier.drain()
            assert len(d.platform.sent) == 1

    asyncio.run(story())


def test_an_update_token_that_arrives_during_an_update_is_kept(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            ref = await shown(d)
            update = d.platform.update

            async def meanwhile(account, receipt, request):
                await press(d, ref, token="T2")
                return await update(account, receipt, request)

            d.platform.update = meanwhile
            await press(d, ref, token="T1")
            await d.deliver()
            assert d.one(f"SELECT token FROM delivery WHERE id = '{ref}'") == "T2"

    asyncio.run(story())


def test_what_can_no_longer_be_changed_is_sent_anew_and_the_old_message_still_answers(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            ref = await shown(d)

            async def refuses(*_):
                raise Undelivered("not_updatable", "60140")

            d.platform.update = refuses
            await press(d, ref)
            await d.deliver()
            await d.deliver()
            assert "商机已建" in d.platform.sent[-1][1]["body"]
            before = len(d.platform.sent)
            await press(d, ref)
            await d.deliver()
            await d.deliver()
            assert len(d.platform.sent) == before + 1
            assert "商机已建" in d.platform.sent[-1][1]["body"]

    asyncio.run(story())


def test_quick_presses_on_what_can_no_longer_be_changed_bring_one_new_message(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            ref = await shown(d)
            before = len(d.platform.sent)

            async def refuses(*_):
                raise Undelivered("not_updatable", "60140")

            d.platform.update = refuses
            for _ in range(4):
                await press(d, ref)
            d.clock.jump(d.clock.now() + timedelta(seconds=1))
            for _ in range(6):
                await d.deliver()
            assert len(d.platform.sent) == before + 1
            assert d.one("SELECT count(*) FROM job WHERE state < 2") == 0

    asyncio.run(story())


def test_a_call_that_never_ends_is_given_up_and_repeated_with_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "SEND_SECONDS", 0.05)

    async def story():
        async with desk(tmp_path) as d:
            calls = []

            async def trickles(account, request):
                calls.append(request)
                if len(calls) == 1:
                    await asyncio.sleep(5)
                return Receipt("m")

            d.platform.send = trickles
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            d.clock.jump(d.clock.now() + timedelta(seconds=10))
            await d.deliver()
            assert len(calls) == 2
            assert calls[0] == calls[1]
            assert d.one("SELECT state FROM delivery") == "shown"

    asyncio.run(story())


def test_a_message_the_platform_refuses_for_good_is_dead_with_its_reason(tmp_path):
    async def story():
        async with desk(tmp_path) as d:

            async def gone(*_):
                raise Undelivered("user_left", "60111")

            d.platform.send = gone
            await d.inbox.receive(d.inbound("你好"))
            await d.deliver()
            with d.database.reading() as db:
                found = db.execute(text("SELECT state, reason FROM delivery")).one()
            assert tuple(found) == ("failed", "user_left")

    asyncio.run(story())


def test_two_equal_texts_are_two_messages(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            for _ in range(2):
                await d.inbox.receive(d.inbound("你好"))
                await d.deliver()
            refs = {request["ref"] for _, request in d.platform.sent}
            assert len(refs) == 2

    asyncio.run(story())


@pytest.mark.pg
def test_two_processes_that_change_one_card_give_it_two_faces_and_send_the_last(
    fresh_postgres, monkeypatch
):
    url, create = fresh_postgres(), outbox._create
    to = Address("p1", "wecom", "ww", "zhangsan")
    tried, held, gate = threading.Event(), threading.Event(), threading.Event()

    def post(db, title):
        outbox.post(db, Card(title=title, key="flow/1"), [to], now=NOW)

    def overtaken(db, person_id, key, body, now):
        made = create(db, person_id, key, body, now)
        if load(body).title == "B":
            tried.set()
            held.wait(5)
        return made

    monkeypatch.setattr(outbox, "_create", overtaken)
    with contextlib.closing(Database(url)) as first, contextlib.closing(Database(url)) as second:
        upgrade(first)
        first.writer.run(lambda db: post(db, "0"))
        other = second.writer.submit(lambda db: post(db, "B"))
        tried.wait(5)
        one = first.writer.submit(lambda db: (post(db, "A"), held.set(), gate.wait(5)))
        while not asked(first, "SELECT 1 FROM pg_locks WHERE NOT granted"):
            time.sleep(0.005)
        gate.set()
        one.result()
        other.result()
        [(version, body)] = asked(first, "SELECT version, body FROM card")
        assert (version, load(body).title) == (3, "B")
        [(waiting,)] = asked(first, "SELECT key FROM job WHERE state = 0")
        assert waiting.endswith("/3")


def asked(database, question):
    with database.reading() as db:
        return db.execute(text(question)).all()
