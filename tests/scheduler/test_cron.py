"""Regular jobs: each moment is run once, by one, and everybody can see what came of it."""

import asyncio
from datetime import datetime, timedelta

import pytest

from cards.health import JOB_NAMES
from engine import jobs, runs, slots
from engine.slots import Policy
from scheduler.all import jobs as regular_jobs
from scheduler.api import More, job
from scheduler.runner import Timed
from tests.scheduler.kit import CHINA, Desk, effects, leave, noting


def test_a_run_its_effect_and_its_outcome_are_there_together(database):
    desk = Desk(database, noting())
    desk.notice("2026-11-23T08:59")
    desk.notice("2026-11-23T09:00")
    assert desk.slots("noting") == {"11-23 09:00": ("waiting", "")}
    desk.work()
    assert effects(database) == ["11-23 09:00"]
    assert desk.slots("noting") == {"11-23 09:00": ("done", "记了 1 行")}
    desk.notice("2026-11-23T09:00:30")
    desk.work()
    assert effects(database) == ["11-23 09:00"]


def test_two_that_notice_and_work_at_once_run_it_once(database):
    """Their clocks differ by four seconds; one is killed between noticing and working."""
    early, late = (Desk(database, noting(), ahead=timedelta(seconds=s)) for s in (4, -4))
    early.notice("2026-11-23T08:59")
    early.notice("2026-11-23T08:59:57")
    late.notice("2026-11-23T08:59:57")
    late.notice("2026-11-23T09:00:05")
    late.work()
    early.work()
    early.notice("2026-11-23T09:00:30")
    assert effects(database) == ["11-23 09:00"]


@pytest.mark.parametrize(
    ("policy", "run"),
    [
        (Policy.LATEST, ["11-27 09:00"]),
        (Policy.ALL, ["11-24 09:00", "11-25 09:00", "11-26 09:00", "11-27 09:00"]),
        (Policy.SKIP, []),
    ],
)
def test_after_three_days_down_a_job_does_what_its_policy_says(database, policy, run):
    """It went down right after Tuesday's moment was noticed, before anything was run."""
    desk = Desk(database, noting(policy=policy, max_age=timedelta(days=9)))
    desk.notice("2026-11-23T10:00")
    desk.notice("2026-11-24T09:00")
    desk.notice("2026-11-27T15:00")
    desk.work()
    expected = run or ["11-24 09:00"]
    assert effects(database) == expected
    outcomes = {moment: outcome for moment, (outcome, _) in desk.slots("noting").items()}
    assert outcomes == {
        f"11-{day} 09:00": "done" if f"11-{day} 09:00" in expected else "skipped"
        for day in (24, 25, 26, 27)
    }


def test_a_clock_that_is_set_back_repeats_nothing_and_one_that_leaps_misses_nothing(database):
    desk = Desk(database, noting())
    desk.notice("2026-11-23T08:59")
    for moment in ("2026-11-23T09:00", "2026-11-23T08:00", "2026-11-23T09:00", "2026-11-24T09:10"):
        desk.notice(moment)
        desk.work()
    assert effects(database) == ["11-23 09:00", "11-24 09:00"]


def test_a_timer_that_goes_off_a_little_early_waits_for_the_business_clock(database):
    desk = Desk(database, noting())
    desk.notice("2026-11-23T08:59")
    desk.at("2026-11-23T08:59:59.800")
    asyncio.run(desk.cron._fire())
    assert desk.slots("noting") == {"11-23 09:00": ("waiting", "")}


def test_a_moment_too_old_when_its_turn_comes_is_skipped(database):
    desk = Desk(database, noting(max_age=timedelta(hours=2)))
    desk.notice("2026-11-23T08:59")
    desk.notice("2026-11-23T09:00")
    desk.at("2026-11-23T11:30")
    desk.work()
    assert effects(database) == []
    assert desk.slots("noting") == {"11-23 09:00": ("skipped", "")}


def test_a_failing_job_shows_its_reason_without_secrets_and_stops_nobody(database):
    @job("0 9 * * *", name="broken")
    def fail(tick):
        leave(tick, "half")
        raise RuntimeError("no reply from 13812345678, secret=abc123")

    desk = Desk(database, fail, noting())
    desk.notice("2026-11-23T08:59")
    desk.notice("2026-11-23T09:00")
    for minute in range(5):
        desk.at(f"2026-11-23T09:{minute * 3:02d}")
        desk.work()
        if minute == 0:
            assert desk.slots("broken") == {"11-23 09:00": ("waiting", "")}, "it is tried again"
    [(outcome, detail)] = desk.slots("broken").values()
    assert outcome == "failed"
    assert detail == "RuntimeError: no reply from 138****5678, secret=***"
    assert effects(database) == ["11-23 09:00"]
    with database.reading() as db:
        record = runs.record(db, "broken", since=desk.clock.now() - timedelta(days=7))
    assert (record.failed, record.failures) == (True, 1)


def test_long_work_is_done_in_parts_and_goes_on_where_it_stopped(database):
    broken = [True]

    @job("0 9 * * *", name="long")
    def long(tick):
        done = tick.so_far.get("done", 0) + 1
        leave(tick, f"part {done}")
        if done == 2 and broken:
            raise OSError("killed")
        return More({"done": done}) if done < 3 else f"{done} 份"

    desk = Desk(database, long)
    desk.notice("2026-11-23T08:59")
    desk.notice("2026-11-23T09:00")
    desk.work()
    assert effects(database) == ["part 1"]
    broken.clear()
    desk.at("2026-11-23T09:00:10")
    desk.work()
    assert effects(database) == ["part 1", "part 2", "part 3"]
    assert desk.slots("long") == {"11-23 09:00": ("done", "3 份")}
    with database.reading() as db:
        last = runs.record(db, "long", since=desk.clock.now()).last
    assert last.took > timedelta(seconds=9), "from the first part to the last"


def test_work_of_a_job_this_version_does_not_know_waits_for_one_that_does(database):
    new, old = Desk(database, noting(), noting(name="newer")), Desk(database, noting())
    new.notice("2026-11-23T08:59")
    new.notice("2026-11-23T09:00")
    old.notice("2026-11-23T09:01")
    old.work()
    assert old.slots("newer") == {"11-23 09:00": ("waiting", "")}
    new.at("2026-11-23T09:02")
    new.work()
    assert old.slots("newer") == {"11-23 09:00": ("done", "记了 1 行")}


def test_a_job_that_died_with_its_process_is_run_once_by_the_next(database):
    desk = Desk(database, noting())
    desk.notice("2026-11-23T08:59")
    desk.notice("2026-11-23T09:00")
    lease = timedelta(seconds=30)
    now = desk.clock.now()
    database.writer.run(
        lambda db: jobs.claim(db, slots.lane("noting"), now=now, lease=lease, limit=1)
    )
    desk.work()
    assert effects(database) == []
    desk.at("2026-11-23T09:01")
    database.writer.run(lambda db: jobs.reap(db, now=desk.clock.now()))
    desk.work()
    assert effects(database) == ["11-23 09:00"]


@pytest.mark.parametrize("weekday", ["1-5", "0", "mon-5", "*/2", "mon,2", "MON-FRI"])
def test_weekdays_by_number_are_refused_where_they_are_written(weekday):
    with pytest.raises(ValueError, match=r"by-number: weekdays are written by name"):
        job(f"0 9 * * {weekday}", name="by-number")


@pytest.mark.parametrize(
    ("expression", "name"), [("0 9 * *", "four"), ("0 0 9 * * *", "six"), ("0 9 * * *", "Caps")]
)
def test_what_is_no_rule_is_refused_where_it_is_written(expression, name):
    with pytest.raises(ValueError, match=name):
        job(expression, name=name)


@pytest.mark.parametrize("expression", ["61 9 * * *", "0 9 * * yes", "x 9 * * *"])
def test_a_rule_that_names_no_moment_stops_the_start(database, expression):
    with pytest.raises(ValueError, match=r".+"):
        Desk(database, noting(expression))


def test_two_jobs_of_one_name_stop_the_start(database):
    with pytest.raises(ValueError, match="share a name"):
        Desk(database, noting(), noting())


def test_weekday_names_mean_what_they_say():
    timed = Timed(noting("0 9 * * mon-fri"), CHINA)
    moments = timed.between(_china("2026-11-20T09:00"), _china("2026-11-24T09:00"))
    assert moments == [_china("2026-11-23T09:00"), _china("2026-11-24T09:00")]


def test_every_job_of_the_product_has_moments_and_a_name_people_know():
    made = [Timed(one, CHINA) for one in regular_jobs()]
    assert all(timed.next(_china("2026-11-23T10:00")) for timed in made)
    assert {timed.job.name for timed in made} == set(JOB_NAMES)


def _china(text):

    return datetime.fromisoformat(text).replace(tzinfo=CHINA)
