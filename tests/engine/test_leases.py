"""A lease has one holder; an old holder's late writes change nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from engine import leases
from engine.database import Database

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TTL = timedelta(seconds=3)


def acquire(database, who, now=NOW):
    return database.writer.run(lambda db: leases.acquire(db, "token", who, now=now, ttl=TTL))


def test_one_holds_it_until_the_lease_ends_then_the_next_epoch_begins(database):
    assert acquire(database, "a") == 1
    assert acquire(database, "b") is None
    assert acquire(database, "a") is None, "not even twice by the same"
    assert acquire(database, "b", NOW + TTL) == 2


def test_a_holder_who_renews_keeps_it(database):
    assert acquire(database, "a") == 1
    later = NOW + timedelta(seconds=2)
    assert database.writer.run(lambda db: leases.renew(db, "token", 1, now=later, ttl=TTL))
    assert acquire(database, "b", NOW + TTL) is None
    assert acquire(database, "b", later + TTL) == 2


def test_a_zombie_neither_renews_nor_releases_nor_passes_the_guard(database):
    acquire(database, "a")
    acquire(database, "b", NOW + TTL)

    def late(db):
        leases.release(db, "token", 1, now=NOW)
        return (
            leases.renew(db, "token", 1, now=NOW + 9 * TTL, ttl=TTL),
            leases.guard(db, "token", 1),
            leases.guard(db, "token", 2),
        )

    assert database.writer.run(late) == (False, False, True)
    assert acquire(database, "c", NOW + TTL) is None, "b still holds it"


def test_a_released_lease_is_free_at_once(database):
    epoch = acquire(database, "a")
    database.writer.run(lambda db: leases.release(db, "token", epoch, now=NOW))
    assert acquire(database, "b") == epoch + 1


@pytest.mark.pg
def test_of_many_processes_that_grab_at_once_one_gets_it(fresh_postgres):
    url = fresh_postgres()
    processes = [Database(url) for _ in range(4)]
    start = threading.Barrier(4)

    def grab(database):
        start.wait()
        return [acquire(database, "x", NOW + turn * TTL) for turn in range(10)]

    with ThreadPoolExecutor(4) as pool:
        won = [epoch for epochs in pool.map(grab, processes) for epoch in epochs if epoch]
    assert sorted(won) == list(range(1, len(won) + 1)), "no epoch twice"
    for database in processes:
        database.close()


@pytest.mark.pg
def test_while_a_guarded_unit_runs_nobody_takes_the_lease_over(fresh_postgres):
    url = fresh_postgres()
    holder, heir = Database(url), Database(url)
    acquire(holder, "a")
    guarded, gate = threading.Event(), threading.Event()

    def work(db):
        assert leases.guard(db, "token", 1)
        guarded.set()
        return gate.wait(5)

    writing = holder.writer.submit(work)
    guarded.wait(5)
    taking = heir.writer.submit(lambda db: leases.acquire(db, "token", "b", now=NOW + TTL, ttl=TTL))
    with pytest.raises(TimeoutError):
        taking.result(0.2)
    gate.set()
    assert writing.result(5)
    assert taking.result(5) == 2
    holder.close()
    heir.close()
