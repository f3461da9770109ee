"""`jianliu rules`: the same rules, the same refusals, for scripts."""

import json
from contextlib import closing

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.commands.rules import app
from engine.database import Database


@pytest.fixture
def address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/jianliu.db"
    monkeypatch.setenv("JIANLIU_DATABASE_URL", url)
    return url


@pytest.fixture
def rules(address):
    """Run the command on a database on which the rules were published once."""

    def run(*words):
        done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
        return done.exit_code, json.loads(done.stdout)

    run("publish", "保留天数", "--set", "定时任务=60", "--reason", "第一次启动")
    return run


def test_a_rule_is_published_with_its_reason_and_shows_what_it_changed(rules, address):
    code, told = rules("publish", "sla/unfinished", "--set", "首次提醒=3小时", "--set",
                       "再次提醒=300分钟", "--reason", "放宽")  # fmt: skip
    assert code == 0
    assert told["changes"] == ["首次提醒：2 小时 → 3 小时", "再次提醒：7.5 小时 → 5 小时"]
    _, shown = rules("show", "未办完提醒")
    assert shown["body"] == {"first_after_minutes": 180, "last_after_minutes": 300}
    _, before = rules("show", "未办完提醒", "--version", "1")
    assert before["body"]["first_after_minutes"] == 120
    with closing(Database(address)) as database, database.reading() as db:
        audited = text("SELECT channel, subject_id FROM audit WHERE action = 'rule.published'")
        assert db.execute(audited).all()[-1] == ("cli", "sla/unfinished")


def test_a_refused_publish_names_every_reason_and_ends_with_1(rules):
    code, told = rules("publish", "每人限额", "--set", "一口气=700", "--set", "看号码=0",
                       "--reason", "x", "--from", "2020-01-01")  # fmt: skip
    assert code == 1
    assert len(told["errors"]) == 5
    assert rules("show", "每人限额")[1]["version"] == 1


def test_nothing_of_a_refused_publish_comes_along_with_the_next(rules, address):
    refused = [
        ("publish", "每人限额", "--set", "一口气=700", "--reason", "太多"),
        ("publish", "每人限额", "--set", "每分钟=60", "--set", "看号码=0", "--reason", "不行"),
        ("rollback", "保留天数", "1", "--reason", "x"),
    ]
    for words in refused:
        assert rules(*words)[0] == 1
    code, told = rules("publish", "每人限额", "--set", "每分钟=59", "--reason", "旺季")
    assert (code, told["version"]) == (0, 2), "the numbers of what was refused are free again"
    assert [line.partition("：")[0] for line in told["changes"]] == ["每分钟"]
    with closing(Database(address)) as database, database.reading() as db:
        count = "SELECT count(*) FROM {} WHERE {}"
        drafts = count.format("document", "state IN ('draft', 'checked')")
        assert db.execute(text(drafts)).scalar_one() == 0
        on_trail = count.format("audit", "action = 'rule.refused'")
        assert db.execute(text(on_trail)).scalar_one() == len(refused)


@pytest.mark.parametrize("number", ["9" * 10, "9" * 4400])
def test_a_number_no_version_can_have_is_misuse(address, number):
    for words in (["show", "每人限额", "--version", number],
                  ["rollback", "每人限额", number, "--reason", "回去"]):  # fmt: skip
        assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["show", "没有的"], "没有叫「没有的」的规则"),
        (["dry-run", "每人限额", "--set", "没有=1"], "没有「没有」这一项"),
        (["dry-run", "每人限额", "--set", "每分钟=很多"], "要写一个整数"),
        (["rollback", "每人限额", "7", "--reason", "回去"], "没有发布过第 7 版"),
        (["dry-run", "每人限额", "--set", "每分钟"], "项=值"),
    ],
)
def test_words_that_mean_nothing_are_misuse(rules, words, why):
    code, told = rules(*words)
    assert code == 2
    assert why in told["errors"][0]


def test_a_word_of_no_dictionary_is_found_before_anybody_publishes_it(rules):
    """B25, as in chat."""
    line = "规则=校：行业=教肓 → 任何人；其余：全部 → 任何人"
    code, told = rules("dry-run", "分配规则", "--set", line)
    assert code == 1
    assert "是否为「教育」？" in str(told["faults"])


def test_a_dry_run_writes_nothing(rules):
    code, told = rules("dry-run", "固定用语", "--set", "不认识=您是谁？{account}")
    assert code == 0
    assert told["trial"] == ["不认识：您是谁？wang.wu"]
    assert rules("dry-run", "固定用语", "--set", "不认识=您是谁？")[0] == 1
    assert rules("show", "固定用语")[1]["version"] == 1


def test_going_back_is_a_new_version_that_says_what_the_old_one_said(rules):
    code, told = rules("rollback", "保留天数", "1", "--reason", "太短")
    assert (code, told["version"], told["changes"]) == (0, 3, ["定时任务：60 天 → 90 天"])


def test_the_list_names_versions_and_planned_ones(rules):
    rules("publish", "每人限额", "--set", "每分钟=60", "--reason", "旺季", "--from", "2026-12-31")
    _, told = rules("list")
    by_title = {one["title"]: one for one in told["rules"]}
    assert (by_title["保留天数"]["version"], by_title["每人限额"]["planned"]) == (2, 2)
    assert {one["processes"] for one in told["rules"]} == {0}


def test_lint_finds_what_somebody_has_changed_behind_our_back(rules, address):
    assert rules("lint") == (0, {"faults": []})
    with closing(Database(address)) as database:
        database.writer.run(_by_hand)
    code, told = rules("lint")
    assert code == 1
    assert told["faults"] == [
        "保留天数 第 2 版：定时任务最少 35 天：每月一次的任务要看得到上一次",
        "保留天数 第 2 版：内容和登记的指纹不一致，被人从库里改过",
    ]


def test_without_rules_it_says_what_to_do_first(address):
    told = CliRunner().invoke(app, ["list"])
    assert told.exit_code == 1
    assert "jianliu migrate" in told.stderr


def _by_hand(db):
    db.execute(text("DROP TRIGGER document_written_once"))
    body = '{"inbox_days":30,"work_days":7,"run_days":3}'
    where = "kind = 'retention' AND version = 2"
    db.execute(text(f"UPDATE document SET body = :body WHERE {where}"), {"body": body})
