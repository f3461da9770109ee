"""`jianliu sync`: the directories from the command line, beside a stopped service."""

import json
import subprocess
from contextlib import closing
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.simulator import seed
from engine.database import Database
from tests.chat.test_directory import hires, leaves
from tests.ready import upgrade


@pytest.fixture
def jianliu(office, tmp_path, monkeypatch):
    """The command with its own database and the office's platforms."""
    url, settings = f"sqlite:///{tmp_path}/jianliu.db", office.demo.service.settings
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", url)
    monkeypatch.setenv("JIANLIU_ALLOW_UNOFFICIAL_API", "true")
    monkeypatch.setenv("COLUMNS", "200")
    for section in ("wecom", "dingtalk"):
        values = getattr(settings, section)
        for name in type(values).model_fields:
            value = getattr(values, name)
            if name not in {"templates", "bot"} and value:
                plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
                monkeypatch.setenv(f"JIANLIU_{section}__{name}".upper(), str(plain))
    with closing(Database(url)) as database:
        upgrade(database)
        database.writer.run(
            lambda db: seed.plant(db, settings.tenants(), datetime(2026, 11, 23, tzinfo=UTC))
        )

    def run(*words):
        done = CliRunner().invoke(app, ["sync", *words], catch_exceptions=False)
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


def changes(done):
    return [
        (directory["platform"], change["what"], change["name"])
        for directory in json.loads(done.stdout)["directories"]
        for change in directory["changes"]
    ]


def test_a_dry_run_shows_and_changes_nothing_then_the_real_one_does_it_once(office, jianliu):
    hires(office, id="zhouba", name="周八", manager="王经理", platforms=["wecom"])
    for _ in range(2):
        dry = jianliu("--dry-run", "--json")
        assert dry.returncode == 0
        assert changes(dry) == [("wecom", "join", "周八")]
    assert changes(jianliu("--json")) == [("wecom", "join", "周八")]
    assert changes(jianliu("--json")) == []
    words = jianliu()
    assert "企业微信：读到 10 人" in words.stdout
    assert "没有变化" in words.stdout


def test_one_platform_is_read_alone_and_an_unknown_one_is_misuse(office, jianliu):
    done = jianliu("--platform", "dingtalk", "--json")
    assert [one["platform"] for one in json.loads(done.stdout)["directories"]] == ["dingtalk"]
    assert jianliu("--platform", "feishu").returncode == 2


def test_too_many_gone_end_with_1_until_they_are_confirmed(office, jianliu):
    for name in ("李四", "周合规", "钱财务"):
        leaves(office, name)
    held = jianliu("--platform", "wecom", "--json")
    assert held.returncode == 1
    [found] = json.loads(held.stdout)["directories"]
    assert (found["held"]["missing"], found["changes"]) == (3, [])
    words = jianliu("--platform", "wecom")
    assert f"--confirm {found['held']['confirm']}" in words.stdout
    done = jianliu("--platform", "wecom", "--confirm", found["held"]["confirm"], "--json")
    assert done.returncode == 0
    assert {what for _, what, _ in changes(done)} == {"leave"}


def test_a_directory_that_cannot_be_read_ends_with_1_and_no_secret(office, jianliu):
    office.fault("wecom", "ip_denied", 20)
    done = jianliu("--platform", "wecom")
    office.fault("wecom", "ip_denied", 0)
    assert done.returncode == 1
    assert "没有读成" in done.stderr
    assert (
        office.demo.service.settings.wecom.secret.get_secret_value()
        not in done.stdout + done.stderr
    )
