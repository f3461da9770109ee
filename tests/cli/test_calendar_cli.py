"""`jianliu calendar`: the notice comes in whole or not at all, and says what it changed."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.clock import Clock
from bot.commands.calendar import app
from connectors import holidays
from engine.calendar import Calendar
from engine.database import Database
from engine.deadlines import Level, open_, plan
from tests.connectors.notices import notice

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def calendar(tmp_path, monkeypatch):
    """Run the command in an empty folder with its own database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", f"sqlite:///{tmp_path}/jianliu.db")
    monkeypatch.setattr(Clock, "now", lambda _: NOW)
    return lambda *words, given=None: CliRunner().invoke(app, words, given, catch_exceptions=False)


@pytest.fixture
def file(tmp_path):
    """The notice for 2027 as somebody saved it."""
    path = tmp_path / "通知.txt"
    path.write_bytes(notice(2027).encode("gb18030"))
    return path


def rows(folder, question):
    database = Database(f"sqlite:///{folder}/jianliu.db")
    with database.reading() as db:
        found = [tuple(row) for row in db.execute(text(question))]
    database.close()
    return found


def test_a_dry_run_tells_all_and_writes_nothing_then_the_import_does_and_again_changes_nothing(
    calendar, file, tmp_path
):
    dry = json.loads(calendar("import", str(file), "--dry-run", "--json").stdout)
    assert (dry["year"], dry["dry_run"], dry["settled"]) == (2027, True, 365)
    assert dry["changed"][:2] == ["2026-12-31", "2027-01-01"]
    assert dry["covered_until"] == "2027-12-31"
    stored = "SELECT count(*), max(day) FROM calendar_day"
    assert rows(tmp_path, stored) == [(730, "2026-12-31")]
    audited = "SELECT action, subject_id FROM audit"
    assert rows(tmp_path, audited) == []

    done = json.loads(calendar("import", str(file), "--json").stdout)
    assert done == dry | {"dry_run": False}
    assert rows(tmp_path, stored) == [(1095, "2027-12-31")]
    again = json.loads(calendar("import", str(file), "--json").stdout)
    assert (again["changed"], again["settled"]) == ([], 0)
    assert rows(tmp_path, audited) == [("calendar.imported", "2027")]


def test_the_import_says_in_words_what_changed_and_until_when_it_is_sure(calendar):
    said = calendar("import", "-", given=notice(2027)).stdout
    assert "已导入：国务院办公厅关于2027年部分节假日安排的通知" in said
    assert "休息：2026年12月31日（周四）至1月1日（周五）、2月5日（周五）、" in said
    assert "上班：1月3日（周日）、" in said
    assert "正式安排到 2027-12-31" in said


def test_the_company_has_the_last_word_about_a_day(calendar, file):
    said = calendar("set", "2027-01-04", "off", "--name", "年会").stdout
    assert said == "2027年1月4日（周一）休息（年会）\n"
    done = calendar("import", str(file))
    assert "公司自己定的日子没有动：1月4日（周一）" in done.stdout
    shown = json.loads(calendar("show", "2027", "--json").stdout)
    assert {"day": "2027-01-04", "is_workday": False, "name": "年会", "quality": "manual"} in shown[
        "days"
    ]


def test_a_year_is_shown_by_its_holidays_or_as_a_guess(calendar):
    lines = calendar("show").stdout.splitlines()
    assert lines[0] == "2026年：248 个工作日"
    assert lines[4] == "劳动节：5月1日（周五）至5月5日（周二）休息；5月9日（周六）上班"
    guess = calendar("show", "2027").stdout
    assert "365 天还没有正式安排" in guess
    assert "暂定" in guess


def test_a_part_of_a_notice_is_taken_as_a_part(calendar):
    whole = notice(2027)
    done = calendar("import", "-", "--json", given=whole[: whole.index("七、")])
    found = json.loads(done.stdout)
    assert (found["missing"], found["covered_until"]) == (["国庆节"], "2027-01-03")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (notice(2027).replace("（周五）", "（周六）").encode(), "写的是周六"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("元旦：放假".encode() * 100_000, "太大"),
        (b"", "--year"),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_changes_nothing(calendar, tmp_path, content, words):
    (tmp_path / "n.txt").write_bytes(content)
    done = calendar("import", "n.txt", "--json")
    assert done.exit_code == 1
    assert words in json.loads(done.stdout)["errors"][0]
    assert not (tmp_path / "jianliu.db").exists()


def test_misuse_is_2(calendar):
    assert calendar("import", "nowhere.txt").exit_code == 2
    assert calendar("set", "24.12.2026", "off").exit_code == 2


def test_a_database_in_use_is_left_alone(calendar, file, tmp_path):
    running = Database(f"sqlite:///{tmp_path}/jianliu.db")
    done = calendar("import", str(file))
    running.close()
    assert done.exit_code == 1
    assert "正被另一个建流进程使用" in done.stderr


def test_an_import_counts_the_deadlines_anew_that_lie_on_its_days(calendar, file, tmp_path):
    calendar("show")
    start = datetime(2026, 12, 31, 8, tzinfo=UTC)  # 16:00 in Shanghai, New Year not known yet
    assumed = Calendar(ZoneInfo("Asia/Shanghai"), holidays.days(2026))
    made = plan(start, timedelta(hours=3), [Level(timedelta(), "remind")], assumed)
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    database.writer.run(lambda db: open_(db, "k", ("s", "1"), made, owner="p", about="", now=start))
    database.close()
    stored = "SELECT due_at, provisional FROM deadline"
    [before] = rows(tmp_path, stored)
    assert before[1] == 1

    done = calendar("import", str(file))
    assert "1 个按工作时间的时限重新算过" in done.stdout
    [after] = rows(tmp_path, stored)
    assert (after[0] > before[0], after[1]) == (True, 0)
