"""The way in under bad conditions: slow storage, a broken database, lost leases."""

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot import inbox
from bot.platforms.api import Unavailable
from engine import jobs
from engine.files import Attachment
from engine.types import EPOCH, MICROSECOND
from tests.bot.kit import desk

LINE = "/商机 某阀门制造 北方泵业"
MADE = "SELECT count(*) FROM opportunity"


def test_an_event_that_could_not_be_stored_in_time_is_taken_when_it_comes_again(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(inbox, "ACK_SECONDS", 0.05)

    async def story():
        async with desk(tmp_path) as d:
            running, gate = threading.Event(), threading.Event()
            d.database.writer.submit(lambda _: running.set() or gate.wait(5), alone=True)
            await asyncio.to_thread(running.wait, 5)
            with pytest.raises(Unavailable):
                await d.inbox.receive(d.inbound(LINE, event="again"))
            gate.set()
            monkeypatch.setattr(inbox, "ACK_SECONDS", 5)
            await d.inbox.receive(d.inbound(LINE, event="again"))
            assert d.one(MADE) == 1

    asyncio.run(story())


def test_an_event_whose_storing_ends_too_late_is_run_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox, "ACK_SECONDS", 0.05)
    add = jobs.add

    def slow(*args, **kwargs):
        stored = add(*args, **kwargs)
        threading.Event().wait(0.2 if args[1] == "inbox" else 0)
        return stored

    async def story():
        async with desk(tmp_path) as d:
            monkeypatch.setattr(jobs, "add", slow)
            with pytest.raises(Unavailable):
                await d.inbox.receive(d.inbound(LINE))
            await d.until(lambda: d.one(MADE) == 1)

    asyncio.run(story())


def test_a_database_that_breaks_once_costs_a_moment_not_the_message(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            change, broken = type(d.inbox._units).change, []

            def breaks_once(self, db, event):
                if not broken:
                    broken.append(event)
                    raise OperationalError("statement", {}, Exception("connection lost"))
                return change(self, db, event)

            type(d.inbox._units).change = breaks_once
            try:
                await d.inbox.receive(d.inbound(LINE))
                assert d.one(MADE) == 0
                d.clock.jump(d.clock.now() + timedelta(seconds=1))
                assert await d.inbox.sweep() == 1
                assert d.one(MADE) == 1
            finally:
                type(d.inbox._units).change = change

    asyncio.run(story())


def test_a_message_that_keeps_crashing_ends_as_an_incident_the_person_hears_of(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            now = d.clock.now()
            payload = inbox._inbound.dump_python(d.inbound(LINE), mode="json")
            lease = timedelta(seconds=1)
            d.database.writer.run(
                lambda db: jobs.add(db, "inbox", "poison", payload, due=now, now=now, lease=lease)
            )
            for crash in range(1, 5):
                late = now + timedelta(minutes=crash)
                d.database.writer.run(lambda db, late=late: jobs.reap(db, now=late))
                if crash < 4:
                    d.database.writer.run(
                        lambda db, at=late + timedelta(seconds=5): jobs.claim(
                            db, "inbox", now=at, lease=lease, limit=1
                        )
                    )
            d.clock.jump(now + timedelta(minutes=9))
            await d.inbox.sweep()
            await d.deliver()
            [(who, request)] = d.platform.sent
            assert who == "zhangsan"
            assert "编号 E1" in request["body"]
            assert d.one(MADE) == 0

    asyncio.run(story())


@pytest.mark.parametrize(("line", "part"), [("/帮助", "look"), (LINE, "change")])
def test_what_no_future_can_hold_ends_as_an_incident_and_never_hangs(
    tmp_path, monkeypatch, line, part
):
    """A handler's bare `next` raises StopIteration; asyncio would refuse to hand it on."""

    def broken(*_):
        raise StopIteration

    async def story():
        async with desk(tmp_path) as d:
            now, lease = d.clock.now(), timedelta(seconds=1)
            payload = inbox._inbound.dump_python(d.inbound(line), mode="json")
            d.database.writer.run(
                lambda db: jobs.add(db, "inbox", "left", payload, due=now, now=now, lease=lease)
            )
            later = now + timedelta(minutes=1)
            d.database.writer.run(lambda db: jobs.reap(db, now=later))
            d.clock.jump(later + timedelta(seconds=5))
            monkeypatch.setattr(type(d.inbox._units), part, broken)
            async with asyncio.timeout(5):
                assert await d.inbox.sweep() == 1
                await d.inbox.drain()
            assert d.one("SELECT state FROM job WHERE lane = 'inbox'") == jobs.State.DEAD

    asyncio.run(story())


def test_a_look_up_that_takes_too_long_is_given_up_with_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox, "QUERY_SECONDS", 0.05)

    async def story():
        async with desk(tmp_path) as d:
            type(d.inbox._units).look, look = (
                lambda *_: threading.Event().wait(0.3),
                type(d.inbox._units).look,
            )
            asked = d.clock.now()
            try:
                await d.inbox.receive(d.inbound("/客户 某阀门"))
                await d.deliver()
            finally:
                type(d.inbox._units).look = look
            assert "编号" in d.platform.sent[0][1]["body"]
            ended = d.one("SELECT done_at FROM job WHERE lane = 'inbox'")
            # Operators are told of what ended since they were told last.
            assert ended - (asked - EPOCH) // MICROSECOND >= 50_000

    asyncio.run(story())


@pytest.mark.parametrize(
    ("sort", "kind", "answers"),
    [("user_modify_org", "event", 0), ("change_contact", "event", 0), ("image", "other", 1)],
)
def test_what_happens_to_a_person_is_not_answered_as_if_they_had_sent_it(
    tmp_path, sort, kind, answers
):
    async def story():
        async with desk(tmp_path) as d:
            await d.inbox.receive(d.inbound(sort, kind=kind))
            assert d.one("SELECT count(*) FROM card") == answers

    asyncio.run(story())


def test_a_stored_event_comes_back_with_what_was_sent_along(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            sent = d.inbound(kind="file", attachments=(Attachment("sheet", "r", "客户.xlsx"),))
            assert inbox._read(inbox._inbound.dump_python(sent, mode="json")) == sent

    asyncio.run(story())
