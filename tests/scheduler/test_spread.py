"""A job that writes to many people spreads its messages, the same way every day."""

from datetime import datetime, timedelta

import pytest

from engine.calendar import Calendar
from engine.rulebook import Rulebook
from scheduler.api import Tick
from tests.scheduler.kit import CHINA

PEOPLE = [f"person-{n}" for n in range(2000)]
SLOT = datetime.fromisoformat("2026-11-23T08:50:00+08:00")


def tick(*, late=timedelta(), days=0, spread=timedelta(minutes=35)):
    slot = SLOT + timedelta(days=days)
    return Tick(None, slot, slot + late, Calendar(CHINA), Rulebook(), spread, {})


def moments(at):
    return [at.moment_for(person) for person in PEOPLE]


def test_everybody_is_written_to_between_0850_and_0925_and_nobody_at_nine():
    due = moments(tick())
    assert min(due) >= SLOT
    assert max(due) < SLOT + timedelta(minutes=35)
    assert {moment.minute for moment in due} == {*range(50, 60), *range(1, 25)}


def test_no_minute_gets_much_more_than_its_share():
    by_minute = [moment.minute for moment in moments(tick())]
    assert max(map(by_minute.count, set(by_minute))) < 2 * len(PEOPLE) / 34


def test_a_person_has_the_same_time_every_day_whenever_the_run_begins_within_a_minute():
    today, tomorrow = moments(tick()), moments(tick(days=1, late=timedelta(seconds=40)))
    assert [moment + timedelta(days=1) for moment in today] == tomorrow


def test_a_late_run_spreads_from_then_on_and_avoids_the_full_hour_too():
    late = tick(late=timedelta(hours=2, minutes=5, seconds=30))
    due = moments(late)
    assert min(due) >= late.now - timedelta(minutes=1)
    assert not {moment.minute for moment in due} & {0, 30}
    assert max(map(due.count, set(due))) < 10


def test_writing_to_many_without_a_span_is_a_mistake():
    with pytest.raises(ValueError, match="spread"):
        tick(spread=timedelta()).moment_for("person-1")
