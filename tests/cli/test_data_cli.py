"""`jianliu backup`, `restore` and `db copy`: what an operator types and reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url, text
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import Clock
from bot.simulator import seed
from cards import outbox
from cards.model import Text
from engine.database import Database
from sales.people import Address
from tests import postgres_kit
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
PEOPLE = "SELECT count(*) FROM person"


@pytest.fixture
def jianliu(tmp_path, monkeypatch):
    """Run a command in an empty folder with its own database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Clock, "now", lambda _: NOW)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", f"sqlite:///{tmp_path}/jianliu.db")
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words, given=None: CliRunner().invoke(
        app, [str(word) for word in words], given, catch_exceptions=False
    )


def plant(url):
    """The demo company, and one message that waits to be sent."""

    def work(db):
        seed.plant(db, {"wecom": "ww", "dingtalk": "ding"}, NOW)
        outbox.post(db, Text("您好"), [Address("zhangsan", "wecom", "ww", "zhangsan")], now=NOW)

    with closing(Database(url)) as database:
        upgrade(database)
        database.writer.run(work)


@pytest.fixture
def company(tmp_path):
    plant(f"sqlite:///{tmp_path}/jianliu.db")


def ask(url, question):
    with closing(Database(url)) as database, database.reading() as db:
        return db.execute(text(question)).scalar_one()


@pytest.mark.usefixtures("company")
def test_a_backup_is_named_by_the_business_day_and_comes_back(jianliu, tmp_path):
    url = os.environ["JIANLIU_DATABASE_URL"]
    people = ask(url, PEOPLE)
    made = jianliu("backup")
    assert made.exit_code == 0, made.output
    assert (tmp_path / "jianliu-20261123-1000.backup").is_file()
    with closing(Database(url)) as database:
        database.writer.run(lambda db: db.execute(text("DELETE FROM identity")))
    done = jianliu("restore", "jianliu-20261123-1000.backup", "--yes")
    assert done.exit_code == 0, done.output
    assert "1 条消息" in done.output
    assert "dlq list" in done.output
    assert ask(url, PEOPLE) == people
    assert ask(url, "SELECT count(*) FROM identity") > 0
    [aside] = tmp_path.glob("*.before-restore-*")
    assert aside.name in done.output
    assert ask(f"sqlite:///{aside}", "SELECT count(*) FROM identity") == 0


@pytest.mark.usefixtures("company")
def test_a_restore_asks_first_and_no_means_no(jianliu, tmp_path):
    jianliu("backup", "kept")
    before = (tmp_path / "jianliu.db").read_bytes()
    asked = jianliu("restore", "kept", given="n\n")
    assert asked.exit_code == 1
    assert "2026-11-23 10:00" in asked.output
    assert (tmp_path / "jianliu.db").read_bytes() == before


@pytest.mark.usefixtures("company")
def test_a_running_service_can_be_backed_up_but_not_replaced_or_moved(jianliu, tmp_path):
    holder = (
        "import sys; from engine.database import Database; held = Database(sys.argv[1]);"
        "print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, os.environ["JIANLIU_DATABASE_URL"]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as service:  # fmt: skip
        service.stdout.readline()
        assert jianliu("backup", "kept").exit_code == 0
        move = ("db", "copy", "--to", "postgresql+psycopg://nowhere/x")
        for words in (("restore", "kept", "--yes"), move, ("migrate",)):
            refused = jianliu(*words)
            assert refused.exit_code == 1
            assert "正被另一个建流进程使用" in refused.output
        service.stdin.close()
    assert not list(tmp_path.glob("*.before-restore-*"))


def test_problems_are_said_in_words(jianliu, tmp_path):
    assert "没有找到" in jianliu("backup").output
    (tmp_path / "note.txt").write_text("不是备份")
    assert "不是建流的备份文件" in jianliu("restore", "note.txt", "--yes").output
    assert jianliu("restore", "nowhere", "--yes").exit_code == 2
    assert "没有找到" in jianliu("db", "copy", "--to", "postgresql+psycopg://nowhere/x").output
    plant(os.environ["JIANLIU_DATABASE_URL"])
    assert jianliu("db", "copy", "--to", "sqlite:///x.db").exit_code == 2
    (tmp_path / "file").touch()
    failed = jianliu("backup", "file/kept", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["errors"]


@pytest.mark.pg
@pytest.mark.usefixtures("company")
def test_the_move_to_postgres_is_proved_table_by_table(jianliu, fresh_postgres):
    to = fresh_postgres()
    done = jianliu("db", "copy", "--to", to, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["equal"]
    rows = {table["table"]: table["rows"] for table in told["tables"]}
    assert ask(to, PEOPLE) == rows["person"] > 0
    again = jianliu("db", "copy", "--to", to)
    assert again.exit_code == 1
    assert "不是空的" in again.output


@pytest.mark.pg
@pytest.mark.usefixtures("company")
def test_a_move_that_differs_leaves_nothing(jianliu, fresh_postgres):
    to = fresh_postgres()
    with closing(Database(to)) as target:
        upgrade(target)
        with target.engine.begin() as connection:
            connection.execute(text(
                "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN NEW.region := '华西'; RETURN NEW; END $$"
            ))  # fmt: skip
            connection.execute(text(
                "CREATE TRIGGER spoil BEFORE INSERT ON person FOR EACH ROW"
                " EXECUTE FUNCTION spoil()"
            ))  # fmt: skip
    done = jianliu("db", "copy", "--to", to)
    assert done.exit_code == 1
    assert "person：" in done.output
    assert "不一致" in done.output
    assert ask(to, PEOPLE) == 0
    assert ask(to, "SELECT count(*) FROM customer") == 0


@pytest.mark.pg
def test_postgres_is_kept_by_its_own_programs_and_restored_into_an_empty_database(
    jianliu, fresh_postgres, empty_postgres, monkeypatch, tmp_path
):
    old, new = fresh_postgres(), empty_postgres
    plant(old)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", old)
    monkeypatch.setenv("PATH", f"{postgres_kit.binaries()}:{os.environ['PATH']}")
    made = jianliu("backup", "kept", "--json")
    assert made.exit_code == 0, made.output
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0
    refused = jianliu("restore", "kept", "--yes")
    assert "不是空的" in refused.output
    monkeypatch.setenv("JIANLIU_DATABASE_URL", new)
    done = jianliu("restore", "kept", "--yes", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "uncertain": 1,
        "erased": 0,
        "aside": None,
        "heads_aside": None,
    }
    assert ask(new, PEOPLE) == ask(old, PEOPLE)
    assert ask(new, "SELECT state FROM delivery") == "uncertain"
    assert ask(old, "SELECT state FROM delivery") == "waiting"


def test_without_pg_dump_it_says_what_to_install(jianliu, monkeypatch, tmp_path):
    url = make_url("postgresql+psycopg://bot:hush@127.0.0.1/jianliu")
    monkeypatch.setenv("JIANLIU_DATABASE_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("PATH", str(tmp_path))
    done = jianliu("backup")
    assert done.exit_code == 1
    assert "pg_dump" in done.output
    assert "hush" not in done.output
    assert not list(tmp_path.glob(".jianliu*"))
