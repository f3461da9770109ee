"""`jianliu dlq`: what an operator types and reads about messages that did not arrive."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli import app
from bot.simulator import seed
from cards import outbox
from cards.model import Text
from engine import jobs
from engine.database import Database
from sales.people import Address
from tests.ready import upgrade

LANE = outbox.lane("wecom", "ww")
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
LEASE = timedelta(seconds=30)


@pytest.fixture
def url(database_url):
    """The demo company with one dead message, one uncertain one, one dead event and one done."""

    def work(db):
        seed.plant(db, {"wecom": "ww", "dingtalk": "ding"}, NOW)
        for account in ("zhangsan", "lisi", "wangjingli"):
            to = Address(account, "wecom", "ww", account)
            outbox.post(db, Text(f"您好，{account}"), [to], now=NOW)
        first, second, third = jobs.claim(db, LANE, now=NOW, lease=LEASE, limit=9)
        jobs.bury(db, first, "user_left: 60111", now=NOW)
        jobs.doubt(db, second, "channel_down: ReadTimeout", now=NOW)
        jobs.finish(db, third, now=NOW)
        heard = {"platform": "wecom", "tenant": "ww", "account": "lisi", "text": "/商机 甲 乙"}
        event = jobs.add(db, "inbox", "e", heard, due=NOW, now=NOW, lease=LEASE)
        jobs.bury(db, event, "crashed", now=NOW)
        state = text("UPDATE delivery SET state = 'failed' WHERE account = 'zhangsan'")
        db.execute(state)

    with closing(Database(database_url)) as database:
        upgrade(database)
        database.writer.run(work)
    return database_url


@pytest.fixture
def jianliu(url, tmp_path, monkeypatch):
    """Run `jianliu dlq …`; its exit code and its JSON."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        done = CliRunner().invoke(app, ["dlq", *map(str, words)], catch_exceptions=False)
        return done.exit_code, json.loads(done.stdout) if "--json" in words else done.output

    return run


def states(url):
    with closing(Database(url)) as database, database.reading() as db:
        rows = db.execute(text("SELECT id, state FROM job ORDER BY id"))
        return [tuple(row) for row in rows]


def test_the_list_says_who_what_and_why(jianliu):
    code, said = jianliu("list", "--json")
    assert code == 0
    letters = {letter["id"]: letter for letter in said["letters"]}
    assert len(letters) == 3
    assert (letters[1]["who"], letters[1]["what"]) == ("张三", "您好，zhangsan")
    assert (letters[2]["uncertain"], letters[2]["reason"]) == (True, "channel_down")
    assert letters[4]["ended_at"] == "2026-11-23T10:00:00+08:00"
    _, words = jianliu("list", "--lane", "inbox")
    assert words.strip() == "4 11-23 10:00 死信 收到的消息 李四 /商机 甲 乙：处理时程序崩溃"


def test_a_replayed_message_is_sent_again_as_the_same_delivery(jianliu, url):
    assert jianliu("replay", 1, 4, "--json") == (0, {"done": 2, "not_found": 0})
    assert states(url) == [(1, 0), (2, 5), (3, 2), (4, 0)]
    with closing(Database(url)) as database, database.reading() as db:
        waiting = "SELECT state FROM delivery WHERE account = 'zhangsan'"
        assert db.execute(text(waiting)).scalar_one() == "waiting"
        audit = text("SELECT action, channel, subject_id FROM audit WHERE channel = 'cli'")
        assert [tuple(row) for row in db.execute(audit)] == [
            ("dead_letter.replay", "cli", "1"), ("dead_letter.replay", "cli", "4"),
        ]  # fmt: skip


def test_dropping_everything_of_a_lane_leaves_the_others(jianliu, url):
    assert jianliu("drop", "--all", "--lane", LANE, "--json") == (0, {"done": 2, "not_found": 0})
    assert states(url) == [(1, 4), (2, 4), (3, 2), (4, 3)]
    assert jianliu("drop", 1, "--json") == (1, {"done": 0, "not_found": 1})


def test_what_is_not_a_dead_letter_is_left_alone(jianliu, url):
    code, words = jianliu("replay", 3, 99)
    assert code == 1
    assert "2 件没有这个编号，或已经处理过" in words
    assert states(url)[2] == (3, 2)


@pytest.mark.parametrize("words", [(), ("1", "--all")])
def test_ids_or_all_but_not_neither_and_not_both(jianliu, words):
    code, _ = jianliu("replay", *words)
    assert code == 2
