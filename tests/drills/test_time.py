"""Time itself: a million timers, races at the moment, wrong clocks, mornings missed (#16–#21)."""

import threading
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.clock import Clock
from bot.cron import Cron
from connectors import holidays
from engine import deadlines, deadlines_due
from engine.calendar import Calendar, Day, Quality
from engine.calendar_days import Calendars
from engine.database import Database
from engine.deadlines import Level, plan
from engine.deadlines_replan import replan
from engine.rulebook import Rulebook
from engine.slots import Policy
from tests.crash.corp import until
from tests.drills import many
from tests.drills.launched import KIND
from tests.drills.process import FORKS
from tests.drills.seed import SLOWER, chance, forms
from tests.drills.stage import named, slowest, stage
from tests.ready import upgrade
from tests.scheduler.kit import CHINA, Desk, effects, noting

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
REPS = [f"rep{n}" for n in range(8)]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("count", forms(20_000, 1_000_000))
def test_16_a_great_many_open_timers_cost_neither_time_nor_room(tmp_path, database_url, count):
    """p99 of a look below 20 ms, less than 200 MiB, while others are opened and cancelled."""
    with closing(Database(database_url)) as database:
        upgrade(database)
        now = datetime.now(UTC)
        owners = [f"p{n}" for n in range(2000)]
        many.open_many(database, count, owners=owners, due=now + timedelta(days=3), now=now)
        if not database.embedded:
            with database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    notes, changes = tmp_path / "notes", min(count // 40, 2000)
    looking = FORKS.Process(target=many.look_after, args=(database_url, notes, 200, changes))
    looking.start()
    looking.join()
    milliseconds, mebibytes = map(float, notes.read_text().split())
    assert milliseconds < 20 * SLOWER
    assert mebibytes < 200


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("count", forms(4000, 100_000))
def test_17_after_three_days_down_all_that_is_overdue_fires_once_and_nobody_waits(tmp_path, count):
    """People are answered while it drains, and hear of it in digests, not in thousands of cards."""
    with stage(tmp_path) as made:
        with closing(Database(made.corp.database)) as database:
            now = datetime.now(UTC)
            many.open_many(database, count, owners=REPS, due=now - timedelta(days=3), now=now)
        made.launch(port=made.corp.port)
        made.ready()
        made.submit_all(named("停三天", 40), lines=2, rate=20)
        until(lambda: made.count("deadline WHERE state = 'pending'") == 0, 600)
        made.settled(600)
        assert made.count("audit WHERE action = 'drill.fired'") == count
        assert made.count("deadline WHERE state = 'breached'") == count
        assert len(made.wire.sent) <= 40 + 3 * len(REPS) * (1 + count // len(REPS) // 1000)
        assert slowest(made.latencies) < 1 * SLOWER
        assert made.wrong() == []


@pytest.mark.parametrize("rounds", forms(20, 1000))
def test_18_a_deadline_closed_at_the_very_moment_it_fires_does_one_of_the_two(database_url, rounds):
    """Also moved, or opened anew: whatever fires belongs to the newest generation."""
    random = chance("18")
    with closing(Database(database_url)) as one:
        upgrade(one)
        other = one if one.embedded else Database(database_url)
        try:
            for n in range(rounds):
                race(one, other, f"s{n}", random.choice(["cancel", "meet", "move", "open"]))
        finally:
            other.close()


def race(one, other, subject, how):
    key, made = ("thing", subject), plan(NOW, timedelta(), [Level(timedelta(), "old")])
    anew = plan(NOW, HOUR, [Level(timedelta(), "new")])
    about = {"owner": subject, "about": "", "now": NOW}
    one.writer.run(lambda db: deadlines.open_(db, KIND, key, made, **about))
    due = one.writer.run(lambda db: deadlines_due.of_owner(db, subject, (KIND,), now=NOW, most=9))
    changes = {
        "cancel": lambda db: deadlines.cancel(db, KIND, key, now=NOW),
        "meet": lambda db: bool(deadlines.meet(db, KIND, key, now=NOW)),
        "move": lambda db: deadlines.move(db, KIND, key, anew),
        "open": lambda db: deadlines.open_(db, KIND, key, anew, **about),
    }
    start, won = threading.Barrier(2), {}

    def run(name, database, work):
        start.wait()
        won[name] = database.writer.run(work)

    threads = [
        threading.Thread(target=run, args=args)
        for args in (
            ("fired", one, lambda db: deadlines_due.fire(db, due, now=NOW)),
            ("changed", other, changes[how]),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fired = [level.act for level in won["fired"]]
    assert fired in ([], ["old"])
    if how != "open":
        assert bool(fired) != won["changed"], "one of the two, never both, never neither"
    later = NOW + 2 * HOUR
    waiting = one.writer.run(
        lambda db: deadlines_due.of_owner(db, subject, (KIND,), now=later, most=9)
    )
    new = one.writer.run(lambda db: deadlines_due.fire(db, waiting, now=later))
    expected = how == "open" or (how == "move" and won["changed"])
    assert [level.act for level in new] == ["new"] * expected


PATIENT = dict.fromkeys(("bot.inbox.LEASE", "bot.lanes.LEASE", "bot.delivery.LEASE"), MINUTE)
"""Longer than a loaded machine stands still, and far shorter than the clocks are apart."""


@pytest.mark.pg
def test_19_clocks_five_minutes_off_neither_remind_early_nor_end_a_lease(tmp_path, fresh_postgres):
    """One process five minutes fast, one five minutes slow: the database's clock counts."""
    url = fresh_postgres()
    with stage(tmp_path, url) as made:
        for ahead in (300.0, -300.0):
            made.launch("worker", ahead=ahead, constants=PATIENT)
        web = made.launch("web", constants=PATIENT)
        made.ready()
        with closing(Database(url)) as database:
            due = datetime.now(UTC) + 2 * SECOND
            many.open_many(database, 8, owners=REPS, due=due, now=due)
        made.submit_all(named("钟差", 16), to=[web])
        until(lambda: made.count("audit WHERE action = 'drill.fired'") == 8)
        assert datetime.now(UTC) >= due
        [(early,)] = made.ask("SELECT min(at) FROM audit WHERE action = 'drill.fired'")
        assert early >= due.timestamp() * 1e6
        made.settled()
        assert made.count("job WHERE crashes > 0") == 0, "no lease was ended early"
        assert made.wrong() == []


class Machine:
    """A machine whose wall clock may be set and which may sleep."""

    def __init__(self, wall):
        self.wall, self.ticks = wall, 0
        self.clock = Clock("Asia/Shanghai", wall=lambda: self.wall, ticks=lambda: self.ticks)

    def awake(self, span):
        self.wall += span
        self.ticks += span // timedelta(microseconds=1) * 1000


def test_19_a_clock_set_back_over_nine_or_asleep_at_nine_runs_it_once(tmp_path):
    with closing(Database(f"sqlite:///{tmp_path}/a.db")) as database:
        upgrade(database)
        machine = Machine(datetime(2026, 11, 23, 8, 30, tzinfo=CHINA))
        cron = Cron(database, machine.clock, Calendars(CHINA), Rulebook(), [noting()])

        def notice():
            machine.clock.anchor(database)
            database.writer.run(lambda db: cron.tick(db, machine.clock.now()))

        notice()
        machine.wall -= HOUR  # set back
        notice()
        machine.wall += HOUR + 10 * MINUTE
        notice()
        machine.wall += 25 * MINUTE  # asleep from 8:40 to 9:05; its ticks stood still
        notice()
        machine.wall -= HOUR
        notice()
        machine.awake(2 * HOUR)
        notice()
        with database.reading() as db:
            assert db.execute(text("SELECT count(*) FROM job")).scalar_one() == 1


@pytest.mark.parametrize(("policy", "ran"), [("latest", 1), ("all", 1), ("skip", 0)])
def test_20_nine_oclock_missed_is_caught_up_once_as_its_policy_says(database_url, policy, ran):
    """Down from 8:59 to 9:03, then two processes at once, one of which dies while it notices."""
    with closing(Database(database_url)) as database:
        upgrade(database)
        job = noting(policy=Policy(policy))
        one, other = Desk(database, job), Desk(database, job, ahead=2 * SECOND)
        one.notice("2026-11-23T08:59")
        for desk in (one, other):
            desk.at("2026-11-23T09:03")
        dies_while_noticing(one)
        other.notice()
        one.notice()
        other.work()
        one.work()
        assert effects(database) == ["11-23 09:00"] * ran
        one.notice("2026-11-24T09:00:00")
        one.work()
        assert effects(database) == ["11-23 09:00"] * ran + ["11-24 09:00"]


def dies_while_noticing(desk):
    """Killed at the very moment: the slot is stored and not committed."""

    def unit(db):
        desk.cron.tick(db, desk.clock.now())
        raise ConnectionError

    with pytest.raises(ConnectionError):
        desk.database.writer.run(unit)


def test_21_without_next_years_holidays_we_count_on_and_say_so_until_they_are_known(database_url):
    """Mon-Fri until then, marked; the notice moves exactly the deadlines that lie on its days."""
    guess = Calendar(CHINA, holidays.days(2026))
    december = datetime(2026, 12, 31, 16, 0, tzinfo=CHINA)
    assert guess.is_workday(date(2027, 1, 4))
    assert not guess.is_workday(date(2027, 1, 3))
    assert guess.notice_needed(date(2026, 12, 1)) == 2027
    with closing(Database(database_url)) as database:
        upgrade(database)

        def promise(subject, start, hours):
            made = plan(start, hours * HOUR, [Level(timedelta(), "now")], guess)
            database.writer.run(
                lambda db: deadlines.open_(
                    db, KIND, ("thing", subject), made, owner="li", about="", now=start
                )
            )
            return made

        across = promise("across", december, 3)
        promise("before", datetime(2026, 12, 1, 9, 0, tzinfo=CHINA), 3)
        promise("after", datetime(2027, 1, 11, 9, 0, tzinfo=CHINA), 3)
        assert across.provisional
        closed = {date(2027, 1, n): Day(False, "元旦", Quality.OFFICIAL) for n in (1, 4, 5)}
        known = Calendar(CHINA, {**holidays.days(2026), **closed})
        assert database.writer.run(lambda db: replan(db, list(closed), known)) == 1
        with database.reading() as db:
            rows = dict(db.execute(text("SELECT subject_id, due_at FROM deadline")).all())
        moved = known.add_working_time(december, 3 * HOUR).at
        assert rows["across"] == moved.timestamp() * 1e6 != across.due_at.timestamp() * 1e6
