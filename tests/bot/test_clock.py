"""Many machines, one time: a wrong, set or suspended wall clock changes nothing."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.clock import Clock
from engine import jobs
from engine.database import Database
from tests.ready import upgrade

SECOND = timedelta(seconds=1)


class Machine:
    """A machine whose wall clock may be set and whose monotonic clock we turn."""

    def __init__(self, ahead=timedelta()):
        self.wall = datetime.now(UTC) + ahead
        self.ticks = 0

    def clock(self):
        return Clock("Asia/Shanghai", wall=lambda: self.wall, ticks=lambda: self.ticks)

    def passes(self, span, *, wall=None):
        self.ticks += span // timedelta(microseconds=1) * 1000
        self.wall += span if wall is None else wall


@pytest.fixture
def postgres(fresh_postgres):
    database = Database(fresh_postgres())
    yield database
    database.close()


@pytest.mark.pg
@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=-5), timedelta(days=-2)])
def test_a_node_whose_wall_clock_is_wrong_tells_the_databases_time(postgres, ahead):
    clock = Clock("Asia/Shanghai", wall=lambda: datetime.now(UTC) + ahead)
    with capture_logs() as logs:
        clock.anchor(postgres)
        clock.anchor(postgres)
    assert abs(clock.now() - datetime.now(UTC)) < SECOND
    assert abs(clock.skew - ahead) < SECOND
    assert [line["event"] for line in logs] == ["clock.wall_is_wrong"], "said once"


@pytest.mark.pg
def test_two_nodes_agree_whatever_their_walls_say(postgres):
    fast, slow = (
        Clock("Asia/Shanghai", wall=lambda span=span: datetime.now(UTC) + span)
        for span in (timedelta(hours=1), timedelta(hours=-1))
    )
    fast.anchor(postgres)
    slow.anchor(postgres)
    assert abs(fast.now() - slow.now()) < SECOND


@pytest.mark.pg
def test_a_node_that_is_five_minutes_ahead_ends_nobodys_lease_early(postgres):
    upgrade(postgres)
    right, ahead = (
        Clock("Asia/Shanghai", wall=lambda span=span: datetime.now(UTC) + span)
        for span in (timedelta(), timedelta(minutes=5))
    )
    right.anchor(postgres)
    ahead.anchor(postgres)
    lease, now = timedelta(seconds=30), right.now()
    add = partial(jobs.add, lane="inbox", key="e", payload={}, due=now, now=now, lease=lease)
    postgres.writer.run(add)
    assert postgres.writer.run(lambda db: jobs.reap(db, now=ahead.now())) == []
    late = ahead.now() + timedelta(seconds=31)
    assert postgres.writer.run(lambda db: jobs.reap(db, now=late)) == ["inbox"]


def test_setting_the_wall_clock_does_not_move_time_until_the_anchor_is_asked():
    machine = Machine()
    clock = machine.clock()
    before = clock.now()
    machine.passes(SECOND, wall=timedelta(hours=-1))
    assert clock.now() - before == SECOND


def test_a_right_clock_is_never_touched(database):
    """An anchor that agrees within its own uncertainty moves nothing, so time never jitters."""
    clock = Clock("Asia/Shanghai")
    last = clock.now()
    for _ in range(50):
        clock.anchor(database)
        assert clock.now() >= last - timedelta(milliseconds=1)
        last = clock.now()


def test_a_machine_that_slept_catches_up_with_the_next_anchor(tmp_path):
    machine, database = Machine(), Database(f"sqlite:///{tmp_path}/a.db")
    clock = machine.clock()
    machine.passes(timedelta(), wall=timedelta(minutes=10))
    assert clock.now() == machine.wall - timedelta(minutes=10)
    clock.anchor(database)
    assert clock.now() == machine.wall
    database.close()


def test_the_demos_jump_stays_on_top_of_real_time(database):
    clock = Clock("Asia/Shanghai")
    there = datetime(2027, 1, 1, tzinfo=UTC)
    clock.jump(there)
    clock.anchor(database)
    assert abs(clock.now() - there) < SECOND
    assert abs(clock.real() - datetime.now(UTC)) < SECOND
