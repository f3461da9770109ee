"""Promises about time: each level once, never early, nothing of a closed or old one."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import holidays
from engine import deadlines, deadlines_due
from engine.calendar import Calendar
from engine.deadlines import Level, plan
from engine.unit import Unit
from tests.engine.deadline_kit import HOUR, KINDS, NOW, TWO

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar(SHANGHAI, holidays.days(2026))


def test_levels_come_at_their_moments_and_the_last_one_breaches(book):
    book.open(levels=(Level(-HOUR, "warn"), *TWO))
    due = NOW + 72 * HOUR
    second = timedelta(seconds=1)
    assert book.fire(due - HOUR - second) == []
    assert book.fire(due - HOUR) == [("a", "warn")]
    assert book.fire(due - second) == []
    assert book.fire(due) == [("a", "remind")]
    assert book.states() == ["pending"]
    assert book.fire(due + 24 * HOUR) == [("a", "copy")]
    assert book.states() == ["breached"]
    assert book.fire(due + 48 * HOUR) == []


def test_two_processes_that_read_the_same_deadlines_fire_each_once(books):
    for i in range(30):
        books[0].open(subject=f"s{i:02d}")
    due = NOW + 72 * HOUR
    reads = [book.due(due) for book in books]
    assert [len(read) for read in reads] == [30, 30]
    fired = []
    threads = [
        threading.Thread(target=lambda b=book, r=read: [fired.append(f) for f in b.fire(due, r)])
        for book, read in zip(books, reads, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fired) == [(f"s{i:02d}", "remind") for i in range(30)]


def test_levels_missed_together_are_told_once_as_the_last(book):
    book.open()
    assert book.fire(NOW + timedelta(days=30)) == [("a", "copy")]
    assert book.states() == ["breached"]


@pytest.mark.parametrize("act", [deadlines.cancel, deadlines.meet])
def test_closing_in_the_due_millisecond_wins_or_comes_after_but_never_both(books, act):
    first, second = books
    first.open()
    due = NOW + 72 * HOUR
    read = first.due(due)
    assert second.close(act, now=due)
    assert first.fire(due, read) == []

    first.open("b")
    assert first.fire(due) == [("b", "remind")]
    assert second.close(act, "b", now=due)
    assert first.fire(due + 48 * HOUR) == []


def test_moving_in_the_due_millisecond_leaves_one_effect_at_the_new_moment(books):
    first, second = books
    first.open()
    due, later = NOW + 72 * HOUR, NOW + 100 * HOUR
    read = first.due(due)
    assert second.run(deadlines.move, "contact", ("lead", "a"), plan(NOW, 100 * HOUR, TWO))
    assert first.fire(due, read) == []
    assert first.fire(later) == [("a", "remind")]
    assert first.fire(later) == []


def test_only_the_newest_of_two_moves_counts(book):
    book.open()
    for hours in (100, 10):
        assert book.run(deadlines.move, "contact", ("lead", "a"), plan(NOW, hours * HOUR, TWO))
    assert book.fire(NOW + 10 * HOUR) == [("a", "remind")]
    assert book.fire(NOW + 34 * HOUR) == [("a", "copy")]
    assert book.fire(NOW + 500 * HOUR) == []


def test_a_superseded_deadline_has_no_effect(book):
    book.open()
    due = NOW + 72 * HOUR
    read = book.due(due)
    book.open(at=NOW + HOUR)
    assert book.states() == ["pending", "superseded"]
    assert book.fire(due, read) == []
    assert book.fire(due + HOUR) == [("a", "remind")]


def test_met_in_time_and_met_late_are_told_apart(book):
    book.open("in time")
    book.open("late")
    due = NOW + 72 * HOUR
    assert book.close(deadlines.meet, "in time", now=due) == "met"
    assert book.close(deadlines.meet, "late", now=due + timedelta(microseconds=1)) == "met_late"
    assert book.close(deadlines.meet, "late", now=due) is None
    assert book.run(deadlines.was_met, "contact", ("lead", "late"))
    assert not book.run(deadlines.was_met, "unfinished", ("lead", "late"))


def test_nothing_happens_to_what_is_not_pending(book):
    assert not book.close(deadlines.cancel, now=NOW)
    assert not book.run(deadlines.move, "contact", ("lead", "a"), plan(NOW, HOUR, TWO))


@pytest.mark.parametrize("levels", [(), (Level(-3 * HOUR, "too early"),)])
def test_a_plan_without_a_level_or_with_one_before_its_start_is_refused(levels):
    with pytest.raises(ValueError, match="levels"):
        plan(NOW, 2 * HOUR, levels)


def test_a_deadline_of_nobody_is_refused(book):
    with pytest.raises(ValueError, match="owner"):
        book.open(owner="")


def test_working_time_is_counted_once_for_every_level():
    friday = datetime(2026, 11, 20, 17, 0, tzinfo=SHANGHAI)
    made = plan(friday, 2 * HOUR, (Level(HOUR, "late"), Level(timedelta(), "remind")), OFFICE)
    assert made.due_at.astimezone(SHANGHAI) == datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
    assert [act for _, act, _ in made.levels] == ["remind", "late"]
    assert not made.provisional
    assert plan(friday, 400 * HOUR, TWO, OFFICE).provisional


def test_everything_a_person_has_due_is_one_job(book):
    for subject in "abc":
        book.open(subject)
    book.open("d", owner="li")
    due = NOW + 72 * HOUR
    assert not book.sweep(due - HOUR)
    assert book.queued() == []
    book.sweep(due)
    assert sorted(book.queued()) == ["li", "zhang"]
    book.sweep(due + HOUR)
    assert sorted(book.queued()) == ["li", "zhang"], "they still wait"


def test_what_a_lost_job_has_left_gets_another_one(book):
    book.open()
    due = NOW + 72 * HOUR
    book.sweep(due)
    assert book.work(due) == 1
    book.sweep(due + HOUR)
    assert book.queued() == ["zhang"]


def test_kinds_nobody_here_knows_wait_for_who_does(book):
    book.open("new", kind="from_next_version")
    due = NOW + 72 * HOUR
    book.sweep(due)
    assert book.queued() == []
    assert book.fire(due) == []
    assert book.run(deadlines_due.next_at, KINDS, now=NOW) is None
    newer = (*KINDS, "from_next_version")
    book.sweep(due, newer)
    assert book.queued() == ["zhang"]
    assert book.fire(due, kinds=newer) == [("new", "remind")]


def test_a_backlog_is_taken_in_pieces_and_nobody_is_left_out(book, monkeypatch):
    monkeypatch.setattr(deadlines_due, "QUEUED", 4)
    for i in range(10):
        book.open(owner=f"p{i}", subject=f"s{i}")
    now, seen = NOW + 72 * HOUR, set()
    while book.sweep(now) or book.queued():
        assert len(book.queued()) <= 4
        seen |= set(book.queued())
        for owner in book.queued():
            book.fire(now, owner=owner)
        book.work(now)
        now += timedelta(microseconds=1)
    assert len(seen) == 10


def test_a_deadline_set_apart_fires_through_its_own_job_alone(book):
    book.open()
    due = NOW + 72 * HOUR
    [read] = book.due(due)
    book.run(deadlines_due.set_apart, [read], 7, now=due, at=due)
    assert book.due(due) == []
    book.sweep(due)
    assert book.queued() == [read.id]
    assert book.fire(due, [book.run(deadlines_due.one, read.id)]) == [("a", "remind")]
    assert book.fire(due + 24 * HOUR) == [("a", "copy")], "later levels come as ever"


def test_a_deadline_put_back_falls_due_again(book):
    book.open()
    due = NOW + 72 * HOUR
    [read] = book.due(due)
    book.run(deadlines_due.set_apart, [read], 7, now=due, at=due)
    book.run(deadlines_due.put_back, book.run(deadlines_due.one, read.id))
    assert book.fire(due) == [("a", "remind")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the other plans by data
def test_a_look_for_what_is_due_does_not_walk_what_is_open(book, monkeypatch):
    plans, drive = [], Unit.drive

    def explained(db, sql, parameters=()):
        if "next_at" in sql:
            steps = drive(db, f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
            plans.append(next(step[-1] for step in steps if "deadline" in step[-1]))
        return drive(db, sql, parameters)

    monkeypatch.setattr(Unit, "drive", explained)
    book.sweep(NOW)
    book.run(deadlines_due.next_at, KINDS, now=NOW)
    book.run(deadlines_due.any_due, KINDS, now=NOW)
    assert len(plans) == 3
    for plan_ in plans:
        assert plan_.startswith("SEARCH deadline USING")
        assert "ix_deadline_next (next_at" in plan_


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "move", "cancel", "meet", "fire", "read", "fire read"]),
        st.integers(0, 40),
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_a_level_comes_at_most_once_and_only_to_the_newest(book, steps):
    now, generation, expected, read = NOW, None, [], []
    subject = f"s{datetime.now(UTC).timestamp()}"
    for step, hours in steps:
        now += hours * HOUR
        if step == "open":
            book.open(subject, at=now, hours=24)
            generation, expected = now, ["remind", "copy"]
        elif step == "move":
            moved = book.run(
                deadlines.move, "contact", ("lead", subject), plan(now, 24 * HOUR, TWO)
            )
            assert moved == bool(expected)
            if moved:
                generation, expected = now, ["remind", "copy"]
        elif step in ("cancel", "meet"):
            act = deadlines.cancel if step == "cancel" else deadlines.meet
            assert bool(book.close(act, subject, now=now)) == bool(expected)
            expected = []
        elif step == "read":
            read = [one for one in book.due(now) if one.subject_id == subject]
        else:
            due = read if step == "fire read" else None
            acts = [act for one, act in book.fire(now, due) if one == subject]
            if acts:
                assert generation is not None
                come = {"remind": 24 * HOUR, "copy": 48 * HOUR}
                happened = [act for act in expected if now >= generation + come[act]]
                assert acts == happened[-1:]
                expected = expected[len(happened) :]
