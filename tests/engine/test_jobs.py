"""Durable work: stored once, leased to one, fenced, ordered per receiver, never lost."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from engine import jobs
from engine.database import Database
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def add(db, key, *, lane="outbox", due=NOW, order_key="", lease=None):
    return jobs.add(db, lane, key, {"n": 1}, due=due, now=NOW, order_key=order_key, lease=lease)


def claim(database, *, lane="outbox", now=NOW, limit=10):
    return database.writer.run(lambda db: jobs.claim(db, lane, now=now, lease=LEASE, limit=limit))


def test_an_intent_is_stored_once(database):
    first = database.writer.run(lambda db: add(db, "a"))
    again = database.writer.run(lambda db: add(db, "a"))
    assert first is not None
    assert again is None
    assert len(claim(database)) == 1


def test_a_lease_that_ran_out_can_no_longer_change_anything(database):
    [zombie] = (database.writer.run(lambda db: add(db, "a")), claim(database))[1]
    later = NOW + timedelta(minutes=1)
    database.writer.run(lambda db: jobs.reap(db, now=later))
    [heir] = claim(database, now=later)

    assert not database.writer.run(lambda db: jobs.finish(db, zombie, now=later))
    assert not database.writer.run(lambda db: jobs.bury(db, zombie, "x", now=later))
    assert database.writer.run(lambda db: jobs.finish(db, heir, now=later))
    assert not database.writer.run(lambda db: jobs.finish(db, heir, now=later))


def test_one_receiver_gets_one_message_at_a_time_in_order(database):
    for key, who in (("1", "zhang"), ("2", "zhang"), ("3", "li")):
        database.writer.run(lambda db, key=key, who=who: add(db, key, order_key=who))
    first = claim(database)
    assert [job.key for job in first] == ["1", "3"]
    assert claim(database) == []

    database.writer.run(lambda db: jobs.finish(db, first[0], now=NOW))
    assert [job.key for job in claim(database)] == ["2"]


def test_no_more_is_claimed_than_asked_for_whatever_the_database_believes(database):
    def add_all(db, name):
        for number in range(120):
            add(db, f"{name}{number}", order_key=f"{number}")

    database.writer.run(lambda db: add_all(db, "old"))
    database.writer.run(lambda db: db.execute(text("DELETE FROM job")))
    database.writer.run(lambda db: db.execute(text("ANALYZE")))  # it believes there are none
    database.writer.run(lambda db: add_all(db, "new"))
    assert len(claim(database, limit=5)) == 5


def test_a_message_that_backs_off_is_not_overtaken(database):
    database.writer.run(lambda db: add(db, "1", order_key="zhang"))
    [job] = claim(database)
    soon = NOW + timedelta(seconds=5)
    database.writer.run(lambda db: jobs.retry(db, job, "busy", due=soon))
    database.writer.run(lambda db: add(db, "2", order_key="zhang"))
    assert claim(database) == []
    assert [job.key for job in claim(database, now=soon)] == ["1"]


def test_a_message_held_back_by_a_rate_limit_is_not_overtaken_either(database):
    database.writer.run(lambda db: add(db, "1", order_key="zhang"))
    [job] = claim(database)
    soon = NOW + timedelta(seconds=5)
    database.writer.run(lambda db: jobs.retry(db, job, "429", due=soon, spent=False))
    database.writer.run(lambda db: add(db, "2", order_key="zhang"))
    assert claim(database) == []
    assert database.writer.run(lambda db: jobs.next_due(db, "outbox", now=NOW)) == soon
    assert [job.key for job in claim(database, now=soon)] == ["1"]


def test_a_job_number_never_comes_again(database):
    first = database.writer.run(lambda db: add(db, "a", lease=LEASE))
    database.writer.run(lambda db: db.execute(text("DELETE FROM job")).rowcount)
    assert database.writer.run(lambda db: add(db, "b", lease=LEASE)).id > first.id


def test_a_message_for_tomorrow_does_not_hold_up_todays(database):
    tomorrow = NOW + timedelta(days=1)
    database.writer.run(lambda db: add(db, "digest", due=tomorrow, order_key="zhang"))
    database.writer.run(lambda db: add(db, "now", order_key="zhang"))
    assert [job.key for job in claim(database)] == ["now"]
    assert database.writer.run(lambda db: jobs.next_due(db, "outbox", now=NOW)) == tomorrow


def test_a_rate_limit_does_not_spend_an_attempt(database):
    database.writer.run(lambda db: add(db, "1"))
    [job] = claim(database)
    database.writer.run(lambda db: jobs.retry(db, job, "429", due=NOW, spent=False))
    [again] = claim(database)
    assert again.attempts == 0
    assert again.token > job.token


def test_a_message_that_crashes_us_is_counted_and_takes_nobody_along(database):
    database.writer.run(lambda db: add(db, "poison", lane="inbox"))
    database.writer.run(lambda db: add(db, "letter"))
    now = NOW
    for crash in range(1, 4):
        [job] = claim(database, lane="inbox", now=now + timedelta(seconds=crash))
        assert job.crashes == crash - 1
        claim(database, now=now)
        now += timedelta(minutes=1)
        database.writer.run(lambda db, now=now: jobs.reap(db, now=now))
    assert claim(database, lane="inbox", now=now) == [], "it waits, so that others go first"
    [suspect] = claim(database, lane="inbox", now=now + timedelta(seconds=3))
    assert suspect.crashes == 3
    assert [job.key for job in claim(database, now=now)] == ["letter"]


def test_cancelling_by_prefix_spares_the_neighbours(database):
    for key in ("d1/1", "d1/2", "d10/1", "d2/1"):
        database.writer.run(lambda db, key=key: add(db, key))
    assert database.writer.run(lambda db: jobs.cancel(db, "outbox", "d1/")) == 2
    assert [job.key for job in claim(database)] == ["d10/1", "d2/1"]


@pytest.mark.pg
def test_a_process_that_hangs_in_its_unit_does_not_hold_up_the_others(fresh_postgres):
    url = fresh_postgres()
    hung, healthy = Database(url), Database(url)
    upgrade(hung)
    jobs_held = [hung.writer.run(lambda db, k=k: add(db, k, lease=LEASE)) for k in "ab"]
    begun, gate = threading.Event(), threading.Event()

    def hangs(db):
        jobs.finish(db, jobs_held[0], now=NOW)
        begun.set()
        gate.wait(5)

    hanging = hung.writer.submit(hangs)
    begun.wait(5)
    late = NOW + 2 * LEASE
    taken = healthy.writer.submit(lambda db: jobs.reap(db, now=late)).result(3)
    assert taken == ["outbox"], "the other one; the locked row is looked at again next time"
    gate.set()
    hanging.result(5)
    hung.close()
    healthy.close()
