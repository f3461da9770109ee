"""Slow work happens once in effect, is tried again, and is never lost in silence."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.inbox import CRASHES
from bot.platforms.api import Undelivered
from bot.slow import LEASE, WAITS, Parts, Slow
from engine import audit, errands, jobs
from engine.audit import Audit
from engine.model import table
from tests.bot.kit import desk


class Noted:
    """Work that does what the test says, and notes how it ended."""

    def __init__(self):
        self.failures, self.done, self.told, self.began = [], [], [], asyncio.Event()
        self.hold = None

    async def prepare(self, about, now):
        self.asked_at = now
        self.began.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.failures:
            raise self.failures.pop(0)
        return lambda db, now: self.done.append((about["what"], db.writes > 0, now)[:2])

    def gave_up(self, db, about, number, now):
        self.told.append((about["what"], number, (db, now)))


@asynccontextmanager
async def working(folder, works=None):
    async with desk(folder) as d:
        work = Noted()
        slow = Slow(d.database, d.clock, works or {"dig": work})
        yield d, slow, work
        await slow.drain()


class Digging:
    """Work in three parts, each a row of the trail; what the test sets happens before a part."""

    def __init__(self):
        self.before, self.told = {}, []

    async def prepare(self, about, _now):
        return Parts([self._dig] * (3 - about.get("dug", 0)), self._end)

    def _dig(self, db, about, now):
        part = about.get("dug", 0) + 1
        self.before.get(part, lambda: None)()
        audit.record(db, f"dug.{part}", ("hole", "1"), at=now)
        return {**about, "dug": part}

    def _end(self, _db, about, _now):
        self.told.append(about["dug"])

    def gave_up(self, _db, about, _number, _now):
        self.told.append(("gave up after", about["dug"]))


def dug(d):
    with d.database.reading() as db:
        rows = db.execute(select(table(Audit).c.action).order_by(table(Audit).c.seq)).scalars()
        return [one[-1] for one in rows if one.startswith("dug.")]


def fails():
    raise ZeroDivisionError


def ask(d, what="hole", work="dig", key="1"):
    return d.database.writer.run(
        lambda db: errands.ask(db, work, {"what": what}, key=key, now=d.clock.now())
    )


def state(d):
    return jobs.State(d.one("SELECT state FROM job WHERE lane = 'slow'"))


def promise(story):
    def test(tmp_path):
        asyncio.run(story(tmp_path))

    test.__name__ = story.__name__
    return test


async def try_to_the_end(d, slow):
    for wait in (*WAITS, timedelta()):
        await slow.round()
        d.clock.jump(d.clock.now() + wait)


@promise
async def test_what_is_asked_twice_is_done_once(folder):
    async with working(folder) as (d, slow, work):
        assert ask(d)
        assert not ask(d)
        await slow.round()
        await slow.round()
        assert work.done == [("hole", True)]
        assert state(d) is jobs.State.DONE


@promise
async def test_a_platform_that_is_away_is_asked_again_later_and_then_given_up(folder):
    async with working(folder) as (d, slow, work):
        ask(d)
        away = Undelivered("channel_down", "x", retry_after=timedelta(seconds=1))
        work.failures = [away] * (len(WAITS) + 1)
        await try_to_the_end(d, slow)
        assert work.done == []
        [(what, number, _)] = work.told
        assert (what, number) == ("hole", f"E{d.one('SELECT id FROM job')}")
        assert state(d) is jobs.State.DEAD


@promise
async def test_what_trying_again_does_not_change_is_given_up_at_once(folder):
    async with working(folder) as (d, slow, work):
        ask(d)
        work.failures = [Undelivered("config", "x")]
        await slow.round()
        assert len(work.told) == 1
        assert state(d) is jobs.State.DEAD


@promise
async def test_a_mistake_in_the_work_undoes_what_it_wrote_and_is_tried_again(folder):
    async with working(folder) as (d, slow, work):
        ask(d)
        work.failures = [ZeroDivisionError("no 13812345678")]
        await slow.round()
        assert "13812345678" not in d.one("SELECT last_error FROM job WHERE lane = 'slow'")
        d.clock.jump(d.clock.now() + WAITS[0])
        await slow.round()
        assert work.done == [("hole", True)]


@promise
async def test_whoever_was_too_slow_writes_nothing(folder):
    async with working(folder) as (d, slow, work):
        ask(d)
        work.hold = asyncio.Event()
        round_ = asyncio.create_task(slow.round())
        await work.began.wait()
        later = d.clock.now() + LEASE + timedelta(seconds=1)
        await asyncio.to_thread(d.database.writer.run, lambda db: jobs.reap(db, now=later))
        work.hold.set()
        await round_
        assert work.done == []  # another process has it, or will
        d.clock.jump(later)
        await slow.round()
        assert work.done == [("hole", True)]


@promise
async def test_what_takes_long_is_written_in_parts_and_others_write_between(folder):
    work = Digging()
    async with working(folder, {"dig": work}) as (d, slow, _):
        ask(d)
        beat = d.database.writer.beat
        await slow.round()
        assert (dug(d), work.told) == (["1", "2", "3"], [3])
        commits = (d.database.writer.beat - beat + 1) // 2
        assert commits >= 4, "the claim, and one for each part"
        assert state(d) is jobs.State.DONE


@promise
async def test_parts_that_were_written_are_not_written_again(folder):
    work = Digging()
    async with working(folder, {"dig": work}) as (d, slow, _):
        ask(d)
        work.before = {2: fails}
        await slow.round()
        assert (dug(d), work.told) == (["1"], [])
        d.clock.jump(d.clock.now() + WAITS[0])
        work.before = {}
        await slow.round()
        assert (dug(d), work.told) == (["1", "2", "3"], [3])


@promise
async def test_whoever_gives_up_half_way_says_how_far_it_came(folder):
    work = Digging()
    async with working(folder, {"dig": work}) as (d, slow, _):
        ask(d)
        work.before = {3: fails}
        await try_to_the_end(d, slow)
        assert (dug(d), work.told) == (["1", "2"], [("gave up after", 2)])
        assert state(d) is jobs.State.DEAD


@promise
async def test_whoever_lost_the_job_between_two_parts_writes_no_more(folder):
    work = Digging()
    async with working(folder, {"dig": work}) as (d, slow, _):
        ask(d)
        later = d.clock.now() + LEASE + timedelta(seconds=1)
        reap = threading.Thread(
            target=d.database.writer.run, args=(lambda db: jobs.reap(db, now=later),)
        )
        work.before = {1: reap.start}  # stands behind the part in the writer's queue
        await slow.round()
        assert (dug(d), work.told) == (["1"], [])
        d.clock.jump(later)
        await slow.round()
        assert (dug(d), work.told) == (["1", "2", "3"], [3])


@promise
async def test_a_job_ends_even_if_nobody_can_be_told(folder):
    work = Digging()
    work.gave_up = lambda *_: fails()
    async with working(folder, {"dig": work}) as (d, slow, _):
        ask(d)
        work.before = {1: fails}
        await try_to_the_end(d, slow)
        assert state(d) is jobs.State.DEAD


@promise
async def test_a_file_that_kills_the_process_dies_and_its_sender_is_told(folder):
    async with working(folder) as (d, slow, work):
        ask(d)
        for _ in range(CRASHES):
            now = d.clock.now()
            d.database.writer.run(
                lambda db, now=now: jobs.claim(db, "slow", now=now, lease=LEASE, limit=1)
            )
            d.clock.jump(now + LEASE + timedelta(minutes=1))
            later = d.clock.now()
            d.database.writer.run(lambda db, now=later: jobs.reap(db, now=now))
            d.clock.jump(later + timedelta(seconds=CRASHES))
        await slow.round()
        assert (work.done, len(work.told)) == ([], 1)
        assert state(d) is jobs.State.DEAD


@promise
async def test_work_of_a_newer_version_waits_for_it(folder):
    async with working(folder) as (d, slow, work):
        ask(d, work="fly")
        await slow.round()
        assert state(d) is jobs.State.OPEN
        d.clock.jump(d.clock.now() + jobs.LEFT_FOR + timedelta(minutes=1))
        await slow.round()
        assert state(d) is jobs.State.DEAD
        assert work.done == work.told == []


@pytest.mark.parametrize("count", [7])
def test_many_are_worked_off_a_few_at_a_time(tmp_path, count):
    async def story():
        async with working(tmp_path) as (d, slow, work):
            for one in range(count):
                ask(d, f"hole {one}", key=str(one))
            while await slow.round() == 0.0:
                pass
            assert len(work.done) == count

    asyncio.run(story())
