"""A lane under bad conditions: jobs that fail, kill, come twice or are taken away."""

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import lanes
from bot.clock import Clock
from bot.lanes import Lane
from engine import jobs
from engine.database import Database

SECOND = timedelta(seconds=1)


class Works:
    """A lane `works` whose jobs note their key; some fail, and some do more (`also`)."""

    def __init__(self, database, failing=(), also=lambda *_: None):
        self.database, self.clock = database, Clock("Asia/Shanghai")
        self.did, self.gone, self._failing, self._also = [], [], set(failing), also
        self.lane = Lane(database, self.clock, "works", self._work, self._gave_up)

    def _work(self, db, job, now):
        if job.key in self._failing:
            raise RuntimeError(f"no {job.key} today, call 13812345678")
        jobs.add(db, "effects", job.key, {}, due=now, now=now)
        self._also(job)
        self.did.append(job.key)

    def _gave_up(self, _db, job, error, _now):
        self.gone.append((job.key, error))

    def add(self, *keys):
        def do(db):
            now = self.clock.now()
            for key in keys:
                jobs.add(db, "works", key, {}, due=now, now=now)

        self.database.writer.run(do)

    def take_and_die(self, limit=50, *, suspects=None):
        """What a process leaves behind that is killed while it holds jobs; their keys."""

        def take(db):
            now = self.clock.now()
            lease = timedelta(seconds=30)
            return jobs.claim(db, "works", now=now, lease=lease, limit=limit, suspects=suspects)

        taken = self.database.writer.run(take)
        self.database.writer.run(lambda db: jobs.reap(db, now=self.clock.now(), orphaned=True))
        self.later(5 * SECOND)
        return [job.key for job in taken]

    def later(self, span):
        self.clock.jump(self.clock.now() + span)

    def rounds(self, count=1):
        async def do():
            return [await self.lane.round() for _ in range(count)]

        return asyncio.run(do())

    def rows(self, lane="works"):
        """(key, state, crashes, reason) of every job of a lane."""
        with self.database.reading() as db:
            asked = text(
                "SELECT key, state, crashes, last_error FROM job WHERE lane = :lane ORDER BY key"
            )
            return [tuple(row) for row in db.execute(asked, {"lane": lane})]

    def states(self):
        return {key: state for key, state, *_ in self.rows()}


@pytest.fixture
def works(database):
    return Works(database)


def test_a_round_runs_everything_that_is_due_each_once(works):
    keys = [f"{i:02d}" for i in range(lanes.AT_ONCE + 5)]
    works.add(*keys)
    assert works.rounds(2) == [0.0, 0.0]
    assert sorted(works.did) == keys
    assert [row[0] for row in works.rows("effects")] == keys
    assert works.rounds() == [lanes.IDLE]


def test_a_job_that_fails_leaves_its_neighbours_and_is_tried_again(database):
    works = Works(database, failing={"b"})
    works.add("a", "b", "c")
    works.rounds()
    assert sorted(set(works.did)) == ["a", "c"]
    assert [row[0] for row in works.rows("effects")] == ["a", "c"]
    works._failing.clear()
    works.rounds()
    assert "b" not in works.did, "not before its wait is over"
    works.later(lanes.WAITS[0])
    works.rounds()
    assert works.did[-1] == "b"


def test_a_job_that_keeps_failing_ends_as_a_dead_letter_with_its_reason(database):
    works = Works(database, failing={"a"})
    works.add("a")
    for wait in lanes.WAITS:
        works.rounds()
        assert works.gone == []
        works.later(wait)
    works.rounds()
    [(key, state, _, reason)] = works.rows()
    assert (key, state) == ("a", jobs.State.DEAD)
    assert reason == "RuntimeError: no a today, call 138****5678"
    assert works.gone == [("a", reason)]
    assert works.rows("effects") == []


def test_what_a_killed_process_held_runs_one_by_one_after_the_fresh_ones(works):
    works.add("a", "b")
    assert works.take_and_die() == ["a", "b"]
    works.add("new")
    works.rounds()
    assert works.did == ["new", "a"]
    works.rounds()
    assert works.did == ["new", "a", "b"]


def test_a_job_that_kills_its_process_dies_alone(works):
    works.add("innocent", "poison")
    works.take_and_die()
    works.rounds()
    for _ in range(3):
        assert works.take_and_die(1, suspects=True) == ["poison"]
    works.rounds()
    assert works.states() == {"innocent": jobs.State.DONE, "poison": jobs.State.DEAD}
    assert works.gone == [("poison", "crashed")]
    assert works.did == ["innocent"]


def test_who_lost_the_lease_changes_nothing(works):
    works.add("a")

    def take(db):
        now = works.clock.now()
        return jobs.claim(db, "works", now=now, lease=SECOND, limit=1)

    [zombie] = works.database.writer.run(take)
    works.later(10 * SECOND)
    works.database.writer.run(lambda db: jobs.reap(db, now=works.clock.now()))
    asyncio.run(works.lane._run(zombie))
    assert works.rows("effects") == []
    works.later(10 * SECOND)
    works.rounds()
    assert works.did == ["a"]


def test_two_processes_share_a_lane_and_run_each_job_once(database, database_url):
    other = database if database.embedded else Database(database_url)
    crew = [Works(database), Works(other)]
    keys = [f"{i:03d}" for i in range(200)]
    crew[0].add(*keys)
    threads = [threading.Thread(target=works.rounds, args=(10,)) for works in crew]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(crew[0].did + crew[1].did) == keys
    assert set(crew[0].states().values()) == {jobs.State.DONE}
    if other is not database:
        other.close()


def test_a_stop_finishes_what_has_begun_and_leaves_nothing_held(database):
    begun, gate = threading.Event(), threading.Event()

    def slow(job):
        begun.set()
        gate.wait(5)

    works = Works(database, also=slow)
    works.add("a", "b")

    async def story():
        running = asyncio.create_task(works.lane.run())
        await asyncio.to_thread(begun.wait, 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        gate.set()
        await works.lane.drain()

    asyncio.run(story())
    assert works.states() == {"a": jobs.State.DONE, "b": jobs.State.DONE}


def test_a_lane_wakes_for_new_work_and_for_what_falls_due(database):
    works = Works(database)

    async def until(met):
        async with asyncio.timeout(4):  # below IDLE
            while not met():  # noqa: ASYNC110  nothing tells
                await asyncio.sleep(0.005)

    async def story():
        running = asyncio.create_task(works.lane.run())
        await asyncio.sleep(0.05)
        works.add("now")
        works.lane.wake.set()
        await until(lambda: works.did == ["now"])
        soon = works.clock.now() + timedelta(milliseconds=100)
        database.writer.run(
            lambda db: jobs.add(db, "works", "soon", {}, due=soon, now=works.clock.now())
        )
        works.lane.wake.set()
        await until(lambda: works.did == ["now", "soon"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
