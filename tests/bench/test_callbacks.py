"""The benchmark itself, in a tiny form: it counts every row, and says so when one is missing."""

import pytest
import uvloop
from sqlalchemy import delete, select

from bot.bench import callbacks, company, product, start
from bot.bench.callbacks import Plan
from bot.bench.company import CUSTOMERS, App, RowsLost
from bot.bench.load import closed
from bot.bench.messages import REPEAT_AFTER, Supply
from engine.database import Database
from sales.opportunities import OPPORTUNITY, Opportunity
from tests.drills.seed import LONG

TINY = 150
"""Requests: enough that some repeat an earlier MsgId."""


def test_a_tiny_run_measures_all_three_servers_and_every_row_is_there(tmp_path):
    said = []
    report = callbacks.run(Plan(rounds=1, seconds=0.3, folder=tmp_path), said.append)
    facts = report.as_json()
    ours = facts["servers"]["jianliu"]
    assert facts["rows"]["opportunities"] == ours["different"] > 0
    assert facts["rows"]["customers"] == CUSTOMERS + 1 + ours["different"]
    assert set(facts["servers"]) == {"echo", "jianliu", "plain"}
    assert len(said) == 3
    assert len(facts["floors"]) == 5
    assert "**建流**" in report.words()
    assert list(tmp_path.iterdir()) == []


def test_repeated_message_ids_leave_no_row_and_a_missing_row_is_told(database_url, tmp_path):
    app = App.made()
    company.plant(database_url, app)
    batch = Supply(app).batch(TINY)
    with product.product(tmp_path, database_url, app, command=product.CROWD) as server:
        load = closed(server.port, iter(batch.requests), lines=8, seconds=60)
        done = uvloop.run(load)
    assert done.sent == TINY > batch.different(TINY)
    company.verify(database_url, batch.different(TINY))

    database = Database(database_url)
    with database.reading() as db:
        one = db.execute(select(OPPORTUNITY.id).limit(1)).scalar_one()
    lost = delete(Opportunity).where(OPPORTUNITY.id == one)
    database.writer.run(lambda db: db.execute(lost))
    database.close()
    with pytest.raises(RowsLost, match="opportunities"):
        company.verify(database_url, batch.different(TINY))


def test_a_batch_repeats_some_messages_under_new_signatures():
    batch = Supply(App.made()).batch(TINY)
    assert batch.different(REPEAT_AFTER) == REPEAT_AFTER
    assert batch.different(TINY) < TINY
    assert len(set(batch.requests)) == TINY
    assert set(Supply(App.made()).batch(10).numbers).isdisjoint(range(CUSTOMERS))


@pytest.mark.skipif(not LONG, reason="four cold starts: make drills")
def test_start_measures_a_first_and_a_second_start(tmp_path):
    report = start.run(start.Plan(rounds=1, settle=0, idle=0.1, folder=tmp_path), lambda _: None)
    assert set(report.facts) == {"no_database", "database"}
    assert all(found["seconds"] > 0 for found in report.facts.values())
