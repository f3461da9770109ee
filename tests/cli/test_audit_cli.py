"""`jianliu audit`: the whole chain against the heads kept in a file (B15, D31)."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.heads import Heads, append, read
from engine import audit
from engine.audit import Head
from engine.audit_guard import guard, unguard
from engine.database import Database
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROWS = 5


class Clock:
    def now(self):
        return NOW


def note(database, count=ROWS):
    for number in range(count):
        database.writer.run(lambda db, n=number: audit.record(db, f"did.{n}", ("t", "1"), at=NOW))


@pytest.fixture
def company(tmp_path, monkeypatch):
    """A folder with a database, its file of heads, and the command line in it."""
    monkeypatch.chdir(tmp_path)
    database = Database("sqlite:///jianliu.db")
    upgrade(database)
    note(database)
    Heads(database, Clock(), Path("jianliu.db.heads")).keep()
    note(database)
    yield database
    database.close()


def forge(database, statement):
    with database.engine.begin() as connection:
        for one in (*unguard("sqlite"), statement, *guard("sqlite")):
            connection.exec_driver_sql(one)


def verify(*options):
    result = CliRunner().invoke(app, ["audit", "verify", "--json", *options])
    return result.exit_code, json.loads(result.stdout)


def test_an_honest_trail_passes_beside_a_running_service(company):
    code, facts = verify()
    assert (code, facts["whole"], facts["rows"], facts["heads"]) == (0, True, 2 * ROWS, 1)


def test_the_first_bad_row_is_named(company):
    forge(company, "UPDATE audit SET actor = 'x' WHERE seq = 4")
    assert verify() == (1, {"whole": False, "seq": 4, "how": "changed"})


def test_a_tail_cut_before_a_kept_head_is_seen(company):
    forge(company, "DELETE FROM audit WHERE seq > 3")
    assert verify() == (1, {"whole": False, "seq": 4, "how": "cut"})


def test_heads_can_come_from_anywhere(company, tmp_path):
    elsewhere = tmp_path / "copy.heads"
    append(elsewhere, Head(7, "0" * 64), NOW)
    assert verify("--heads", str(elsewhere)) == (1, {"whole": False, "seq": 7, "how": "changed"})


def test_a_line_torn_by_a_crash_hides_no_other(tmp_path):
    file = tmp_path / "torn.heads"
    append(file, Head(1, "a"), NOW)
    with file.open("a") as torn:
        torn.write('{"at": "2026')
        torn.write("\n")
    append(file, Head(2, "b"), NOW)
    assert list(read(file)) == [Head(1, "a"), Head(2, "b")]


def test_a_head_that_has_not_moved_is_written_once(company):
    heads = Heads(company, Clock(), Path("again.heads"))
    heads.keep()
    heads.keep()
    assert len(list(read(Path("again.heads")))) == 1


def test_nobody_of_the_name_is_said(company):
    result = CliRunner().invoke(app, ["audit", "show", "谁"])
    assert (result.exit_code, "没有「谁」" in result.stderr) == (1, True)


def test_without_a_database_the_reason_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["audit", "verify"])
    assert (result.exit_code, "数据库文件" in result.stderr) == (1, True)


def test_after_a_restore_the_trail_is_whole_and_the_old_heads_are_kept(company, tmp_path):
    def jianliu(*words):
        result = CliRunner().invoke(app, [*words])
        assert result.exit_code == 0, result.output

    jianliu("backup", "kept.backup")
    note(company)
    Heads(company, Clock(), Path("jianliu.db.heads")).keep()
    company.close()
    jianliu("restore", "kept.backup", "--yes")
    code, facts = verify()
    assert (code, facts["rows"], facts["heads"]) == (0, 2 * ROWS, 0)
    [old] = tmp_path.glob("jianliu.db.heads.before-restore-*")
    assert verify("--heads", str(old)) == (1, {"whole": False, "seq": 2 * ROWS + 1, "how": "cut"})
