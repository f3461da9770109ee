"""A process that hangs says so and ends; one that is only slow, stopped or idle does not."""

import asyncio
import threading
import time

import pytest

from bot import watchdog
from bot.watchdog import Watchdog
from engine.database import Database


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(watchdog, "TICK", 0.01)
    monkeypatch.setattr(watchdog, "SICK_SECONDS", 15)
    monkeypatch.setattr(watchdog, "DEAD_SECONDS", 40)


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/a.db")
    yield database
    database.close()


def watched(database, story):
    """Run `story(watchdog, ended)` under a watchdog that notes instead of ending us."""
    ended = []

    async def run():
        dog = Watchdog(database.writer, ended.append)
        async with dog.watching():
            await story(dog, ended)

    asyncio.run(run())
    return ended


async def until(met):
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110  nothing to wait for
            await asyncio.sleep(0.005)


def test_a_handler_that_never_returns_makes_the_process_sick_then_ends_it(database):
    gate = threading.Event()

    async def story(dog, ended):
        database.writer.submit(lambda _: gate.wait(5))
        await until(lambda: dog.hanging == "writer")
        assert ended == []
        await until(lambda: ended)

    assert watched(database, story) == ["writer"]
    gate.set()


def test_a_dead_event_loop_ends_the_process(database):
    async def story(_, ended):
        deadline = time.monotonic() + 5
        while not ended and time.monotonic() < deadline:
            time.sleep(0.01)  # noqa: ASYNC251  the loop hangs, that is the point

    assert watched(database, story) == ["loop"]


def test_when_all_threads_hang_in_look_ups_the_process_ends(database):
    gate = threading.Event()

    async def story(_, ended):
        hung = [asyncio.to_thread(gate.wait, 5) for _ in range(64)]
        waiting = asyncio.gather(*hung)
        await until(lambda: ended)
        gate.set()
        await waiting

    assert watched(database, story) == ["loop"]


def test_a_busy_process_and_an_idle_one_are_left_alone(database):
    async def story(dog, _):
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            await asyncio.wrap_future(database.writer.submit(lambda _: time.sleep(0.05)))
        await asyncio.sleep(0.6)
        assert dog.hanging == ""

    assert watched(database, story) == []


def test_a_database_that_cannot_be_reached_is_no_hanging_process(database, monkeypatch):
    """Twenty units that wait for a connection in vain, one after the other, are twenty answers."""

    class Unreachable:
        def begin(self):
            time.sleep(0.05)
            raise OSError

    monkeypatch.setattr(database.writer, "_engine", Unreachable())

    async def story(*_):
        units = [database.writer.submit(lambda _: None) for _ in range(20)]
        answers = await asyncio.gather(*map(asyncio.wrap_future, units), return_exceptions=True)
        assert {type(answer) for answer in answers} == {OSError}

    assert watched(database, story) == []
