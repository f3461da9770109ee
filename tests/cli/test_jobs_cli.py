"""`jianliu jobs`: what runs when, what came of it, and running a job by hand."""

import json
from contextlib import closing

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli import app
from engine.database import Database
from scheduler.all import jobs as regular_jobs
from tests.cli.test_cli import rows


@pytest.fixture
def jianliu(tmp_path, monkeypatch):
    """The command in an empty folder with its own database, in this process: it is quicker."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", f"sqlite:///{tmp_path}/jianliu.db")

    def run(*words):
        done = CliRunner().invoke(app, words)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


@pytest.fixture
def migrated(jianliu):
    assert jianliu("migrate").exit_code == 0


def change(folder, statement):
    with closing(Database(f"sqlite:///{folder}/jianliu.db")) as database:
        database.writer.run(lambda db: db.execute(text(statement)).rowcount)


@pytest.mark.usefixtures("migrated")
def test_every_job_is_listed_in_words_with_its_next_moment(jianliu):
    done = jianliu("jobs")
    assert done.exit_code == 0
    assert "morning  每日待办\n    每天 08:50，下次 " in done.stdout
    assert "upkeep  收走过期的东西\n    每小时第 7 分，下次 " in done.stdout
    listed = json.loads(jianliu("jobs", "--json").stdout)["jobs"]
    assert [one["name"] for one in listed] == sorted(job.name for job in regular_jobs())
    assert {one["last"] for one in listed} == {None}
    assert all(one["next"].endswith("+08:00") for one in listed)


def test_without_a_database_it_says_what_to_do_and_makes_none(jianliu, tmp_path):
    done = jianliu("jobs")
    assert done.exit_code == 1
    assert "jianliu migrate" in done.stderr
    assert not (tmp_path / "jianliu.db").exists()


def test_a_slot_is_run_by_hand_at_once_and_only_once(jianliu, tmp_path):
    asked = ("jobs", "--run", "retention", "--at", "2026-11-20T03:20", "--json")
    first, again = (json.loads(jianliu(*asked).stdout) for _ in range(2))
    assert (first["new"], first["outcome"], first["detail"]) == (True, "done", "清理 0 行")
    assert first["slot"] == "2026-11-20T03:20:00+08:00"
    assert again == first | {"new": False}
    [(runs,)] = rows(tmp_path, "SELECT count(*) FROM job WHERE lane = 'cron:retention'")
    assert runs == 1
    [last] = [
        one["last"] for one in json.loads(jianliu("jobs", "--json").stdout)["jobs"]
        if one["name"] == "retention"
    ]  # fmt: skip
    assert last["slot"] == first["slot"]


@pytest.mark.usefixtures("migrated")
def test_a_run_that_fails_says_why_and_a_failed_job_is_a_problem(jianliu, tmp_path):
    change(tmp_path, "DROP TABLE shared")
    done = jianliu("jobs", "--run", "upkeep")
    assert done.exit_code == 1
    assert "没有成功" in done.stderr
    assert "no such table: shared" in done.stderr
    change(
        tmp_path,
        "UPDATE slot SET outcome = 'failed', detail = 'x', started_at = 0, ended_at = 0"
        " WHERE outcome = 'waiting'",
    )
    listed = jianliu("jobs")
    assert listed.exit_code == 1
    assert "失败，用时 0.1 秒内，x；7 天内失败 1 次" in listed.stdout


@pytest.mark.usefixtures("migrated")
def test_beside_a_running_service_one_can_look_but_not_run(jianliu, tmp_path):
    with closing(Database(f"sqlite:///{tmp_path}/jianliu.db")):
        assert jianliu("jobs").exit_code == 0
        refused = jianliu("jobs", "--run", "upkeep")
    assert refused.exit_code == 1
    assert "正被另一个建流进程使用" in refused.stderr


def test_on_either_database_a_job_is_run_beside_others(jianliu, database_url, monkeypatch):
    monkeypatch.setenv("JIANLIU_DATABASE_URL", database_url)
    assert jianliu("migrate").exit_code == 0
    assert "成功" in jianliu("jobs", "--run", "upkeep").stdout
    assert "成功" in jianliu("jobs").stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--run", "nonsense"), "没有叫 nonsense 的任务"),
        (("--run", "upkeep", "--at", "yesterday"), "看不懂 --at yesterday"),
        (("--run", "upkeep", "--at", "2999-01-01T09:00"), "还没有到"),
        (("--at", "2026-11-20T09:00"), "--at 要和 --run 一起用"),
    ],
)
def test_misuse_is_2(jianliu, words, reason):
    done = jianliu("jobs", *words)
    assert done.exit_code == 2
    assert reason in done.stderr
