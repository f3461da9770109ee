"""Slots: every moment of a regular job is stored once and run by one."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import pytest

from engine import jobs, retention, runs, slots
from engine.database import Database
from engine.retention import Kept
from engine.slots import Outcome, Policy, Rule, Turn
from tests.ready import upgrade

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def every(step, origin=NINE):
    """The moments origin + n * step."""

    def between(after, until):
        first = -((origin - after) // step)
        moments = (origin + n * step for n in range(first - 1, (until - origin) // step + 1))
        return [moment for moment in moments if after < moment <= until]

    return between


def rule(policy=Policy.LATEST, step=DAY, max_age=None):
    return Rule("morning", policy, every(step), max_age)


def tick(database, asked, now):
    return database.writer.run(lambda db: slots.tick(db, asked, now))


def known(database):
    """(moment, outcome) of every slot, oldest first."""
    with database.reading() as db:
        found = db.execute(slots.SLOT.select().order_by(slots.SLOT.c.slot_at))
        return [(row.slot_at, row.outcome) for row in found]


def armed(database):
    """The moments that wait to be run."""
    with database.reading() as db:
        rows = db.execute(jobs.JOB.select().order_by(jobs.JOB.c.id)).all()
    return [slots.turn("morning", row.payload).slot for row in rows]


def test_a_new_job_starts_from_now_and_does_not_catch_up_on_history(database):
    assert tick(database, rule(), NINE + MINUTE) == 0
    assert tick(database, rule(), NINE + DAY - MINUTE) == 0
    assert known(database) == [(NINE + MINUTE, "begun")]
    assert tick(database, rule(), NINE + DAY) == 1
    assert armed(database) == [NINE + DAY]


def test_a_moment_is_stored_once_however_often_it_is_noticed(database):
    tick(database, rule(), NINE)
    for late in range(5):
        tick(database, rule(), NINE + DAY + late * MINUTE)
    assert armed(database) == [NINE + DAY]


@pytest.mark.parametrize(
    ("policy", "max_age", "run"),
    [
        (Policy.LATEST, None, [3]),
        (Policy.LATEST, timedelta(hours=1), []),
        (Policy.ALL, None, [1, 2, 3]),
        (Policy.ALL, timedelta(days=1, hours=4), [2, 3]),
        (Policy.SKIP, None, []),
    ],
)
def test_three_days_down_are_treated_as_the_job_says(database, policy, max_age, run):
    asked = rule(policy, max_age=max_age)
    tick(database, asked, NINE)
    assert tick(database, asked, NINE + 3 * DAY + timedelta(hours=3)) == len(run)
    assert armed(database) == [NINE + n * DAY for n in run]
    skipped = [slot for slot, outcome in known(database) if outcome == "skipped"]
    assert skipped == [NINE + n * DAY for n in (1, 2, 3) if n not in run]


@pytest.mark.parametrize("policy", list(Policy))
def test_a_moment_noticed_in_time_runs_whatever_the_policy(database, policy):
    tick(database, rule(policy), NINE)
    assert tick(database, rule(policy), NINE + DAY + timedelta(seconds=45)) == 1


def test_a_month_of_missed_minutes_is_noticed_at_once_and_leaves_few_rows(database):
    asked = rule(step=MINUTE)
    tick(database, asked, NINE)
    assert tick(database, asked, NINE + 30 * DAY) == 1
    assert armed(database) == [NINE + 30 * DAY]
    assert len(known(database)) == slots.RECORDED + 1


def test_work_that_waited_for_its_turn_too_long_is_passed_over(database):
    asked = rule(max_age=timedelta(hours=2))

    def wanted(slot, now, **turn):
        with database.reading() as db:
            return not slots.passed_over(db, asked, Turn("morning", slot, **turn), now)

    tick(database, asked, NINE)
    tick(database, asked, NINE + DAY)
    assert wanted(NINE + DAY, NINE + DAY + MINUTE)
    assert not wanted(NINE + DAY, NINE + DAY + timedelta(hours=3))
    tick(database, asked, NINE + 2 * DAY)
    assert not wanted(NINE + DAY, NINE + DAY + MINUTE), "a newer one is there"
    assert wanted(NINE + DAY, NINE + 2 * DAY, part=2), "what has begun goes on"
    assert wanted(NINE + DAY, NINE + 2 * DAY, asked=True), "somebody wants this very one"


def test_a_slot_tells_what_came_of_it(database):
    asked = rule()
    began = NINE + DAY + MINUTE
    turn = Turn("morning", NINE + DAY)
    tick(database, asked, NINE)
    tick(database, asked, NINE + DAY)

    def end(outcome, detail, seconds):
        database.writer.run(
            lambda db: slots.end(
                db, turn, outcome, detail,
                began=began + timedelta(seconds=seconds - 1),
                ended=began + timedelta(seconds=seconds),
            )
        )  # fmt: skip

    def record(since=NINE):
        with database.reading() as db:
            return runs.record(db, "morning", since=since)

    end(Outcome.WAITING, "", 1)
    assert (record().newest, record().last) == (NINE + DAY, None)
    end(Outcome.FAILED, "x" * 300, 9)
    run = record().last
    assert (run.slot, run.outcome, len(run.detail)) == (NINE + DAY, "failed", 200)
    assert run.took == timedelta(seconds=9), "from the first try to the end"
    assert record().failed
    assert (record().failures, record(NINE + 2 * DAY).failures) == (1, 0)
    with database.reading() as db:
        assert runs.one(db, "morning", NINE + DAY) == run
        assert runs.one(db, "morning", NINE + 9 * DAY) is None


def test_clocks_that_disagree_by_seconds_store_every_minute_once(database_url):
    """Four schedulers, on PostgreSQL with a connection each, on SQLite with the one writer."""
    asked = rule(Policy.ALL, step=MINUTE)
    with ExitStack() as opened:
        first = opened.enter_context(closing(Database(database_url)))
        upgrade(first)
        tick(first, asked, NINE)

        def schedule(mine, offset):
            for second in range(0, 310, 7):
                tick(mine, asked, NINE + timedelta(seconds=second + offset))

        everybody = [
            first if first.embedded else opened.enter_context(closing(Database(database_url)))
            for _ in range(4)
        ]
        with ThreadPoolExecutor() as pool:
            list(pool.map(schedule, everybody, (0, 4, -4, 1)))
        assert sorted(armed(first)) == [NINE + n * MINUTE for n in range(1, 6)]


def test_old_slots_go_but_the_newest_of_a_job_stays(database):
    yearly = Rule("yearly", Policy.ALL, every(365 * DAY))
    tick(database, rule(), NINE)
    tick(database, yearly, NINE)
    for day in (1, 50, 100):
        tick(database, rule(), NINE + day * DAY)
    before, kept = known(database), Kept(30 * DAY, 7 * DAY, 7 * DAY, 90 * DAY)
    assert (
        database.writer.run(lambda db: retention.sweep_slots(db, kept, now=NINE + 141 * DAY)) == 51
    )
    young = [row for row in before if row[0] >= NINE + 51 * DAY]
    assert known(database) == [(NINE, "begun"), *young]
    tick(database, yearly, NINE + 366 * DAY)
    assert (NINE + 365 * DAY, "waiting") in known(database), "it was not taken for a new job"
