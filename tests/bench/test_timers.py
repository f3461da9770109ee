"""The benchmark of the deadlines, in a tiny form: rows as the product writes them, all counted."""

import asyncio

import pytest
from sqlalchemy import text

from bot.bench import errands, sweeping, timers
from bot.bench.errands import COPIES, FEW, PEOPLE
from bot.bench.sweeping import Desk, RowsLost
from bot.bench.timers import Plan
from bot.clock import Clock

ROWS, LOOKS, CROWD = 1500, 2, 500


@pytest.fixture
def clock():
    return Clock("Asia/Shanghai", ticks=lambda: 0)


@pytest.fixture
def moments(database, clock):
    return errands.plant(database, clock, ROWS, "ww", sweeping.thick(LOOKS, 0, CROWD))


def measured(database, clock, moments):
    desk = Desk(database, clock, moments, lambda _: None)
    return asyncio.run(desk.measure(LOOKS, 0, CROWD))


def ask(database, question):
    with database.reading() as db:
        return db.execute(text(question)).one()


def test_every_deadline_waits_for_somebody_on_whose_phone_the_question_is(
    database, clock, moments
):  # fmt: skip
    assert len(moments) == ROWS // COPIES
    assert min(moments) > clock.now()
    waiting = """
        SELECT count(*), count(DISTINCT d.subject_id), count(DISTINCT d.owner) FROM deadline d
        JOIN card c ON c.person_id = d.owner AND c.key = d.subject_id
        JOIN delivery v ON v.card_id = c.id AND v.account = d.owner AND v.state = 'shown'
        JOIN identity i ON i.person_id = d.owner AND i.account = v.account AND i.tenant = 'ww'
        WHERE d.state = 'pending' AND d.fired = 0"""
    assert ask(database, waiting) == (ROWS, ROWS, ROWS - CROWD)
    assert ask(database, "SELECT count(*) FROM job") == (0,)


def test_what_fell_due_is_said_once_and_nothing_stays_due(database, clock, moments):
    found = measured(database, clock, moments)
    assert len(found.nothing) == len(found.new) == LOOKS
    assert {n: len(took) for n, took in found.grouped.items()} == {PEOPLE: 12, FEW: 12}
    fired = (LOOKS * COPIES + CROWD,)
    assert ask(database, "SELECT count(*) FROM deadline WHERE fired > 0") == fired
    assert ask(database, "SELECT count(*) FROM job WHERE lane = 'timer' AND state <> 2") == (0,)
    digests = "SELECT count(*) FROM card WHERE body LIKE '%件事到时间了%'"
    assert ask(database, digests) == (FEW,)


def test_a_reminder_that_is_missing_fails_the_run(database, clock, moments):
    left = text("UPDATE person SET status = 'left' WHERE id = 'p1000'")
    database.writer.run(lambda db: db.execute(left))
    with pytest.raises(RowsLost, match="199"):
        measured(database, clock, moments)


def test_the_whole_run_reports_every_series_and_floor_and_leaves_no_file(tmp_path):
    plan = Plan(rows=6000, looks=2, rounds=1, settle=0, idle=0.1, folder=tmp_path)
    said = []
    report = timers.run(plan, said.append)
    facts = report.as_json()
    assert facts["rows"] == plan.rows
    assert set(facts["series"]) == {
        "nothing_due", "newly_due", "grouped", "grouped_few", "handled", "digested"
    }  # fmt: skip
    assert all(found["worst_ms"] > 0 for found in facts["series"].values())
    assert len(facts["floors"]) == 5
    assert len(said) == 6
    assert "136 人" in report.words()
    assert list(tmp_path.iterdir()) == []
