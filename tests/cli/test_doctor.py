"""`jianliu doctor`: exit 0 if nothing is bad, 1 if something is, 2 for misuse."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.doctor import all as checks
from bot.doctor.finding import Check, Finding, Verdict, bad, good, skipped, warn

CONFIG = '[dingtalk]\nclient_id = "dingqwertyuiopasdf"\nclient_secret = "{}"\nrobot_code = "r"\n'
SECRET = "client-secret-that-nobody-may-see"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("JIANLIU_")]:
        monkeypatch.delenv(name)


def doctor(*words: str):
    done = CliRunner().invoke(app, ["doctor", *words])
    assert "Traceback" not in done.output
    return done


def finds(monkeypatch, *findings: Finding) -> None:
    """Replace the checks: what they find is tested elsewhere."""

    def check(number: int, finding: Finding) -> Check:
        async def look(_: object) -> Finding:
            return finding

        return Check(f"check.{number}", f"第{number}项", look)

    made = tuple(check(number, finding) for number, finding in enumerate(findings))
    monkeypatch.setattr(checks, "CHECKS", made)


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([good("好"), skipped("没用")], 0),
        ([good("好"), warn("旧了", "久了", "备份")], 0),
        ([warn("旧了", "久了", "备份"), bad("坏了", "断了", "接上")], 1),
    ],
)
def test_only_what_is_bad_ends_with_1(monkeypatch, findings, code) -> None:
    finds(monkeypatch, *findings)
    done = doctor("--json")
    assert done.exit_code == code
    facts = json.loads(done.stdout)
    assert [one["verdict"] for one in facts["findings"]] == [one.verdict for one in findings]
    assert facts["counts"] == Counter(one.verdict.value for one in findings)


def test_a_person_reads_what_why_and_what_to_do_without_colour_codes(monkeypatch) -> None:
    finds(monkeypatch, good("好"), bad("坏了", "断了", "接上"), skipped("没用"))
    words = doctor().stdout
    assert "✓ 第0项：好" in words
    assert "× 第1项：坏了\n    原因：断了\n    怎么改：接上" in words
    assert "1 处要处理，0 处提醒，1 项正常，1 项没有看" in words
    assert "\x1b" not in words


def test_what_strangers_answer_is_no_markup(monkeypatch) -> None:
    finds(monkeypatch, warn("[/] [bold]假的[/bold]", "[red]", "x"))
    assert "[/] [bold]假的[/bold]" in doctor().stdout


def test_a_configuration_that_cannot_be_read_is_a_finding(tmp_path) -> None:
    (tmp_path / "config.toml").write_text("[wecom]\nsecrt = 'hush-hush'\n")
    done = doctor("--json")
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["check"], found["verdict"]) == ("config", Verdict.BAD)
    assert "是不是 secret" in found["seen"]
    assert "hush" not in done.output


def test_a_named_file_that_is_not_there_is_misuse() -> None:
    assert doctor("-c", "nowhere.toml").exit_code == 2


def test_the_real_checks_run_and_show_no_secret(tmp_path, monkeypatch) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(SECRET))
    config.chmod(0o600)
    monkeypatch.setenv("JIANLIU_ALLOW_UNOFFICIAL_API", "true")
    monkeypatch.setenv("JIANLIU_DINGTALK__API_BASE", "http://127.0.0.1:9")
    done = doctor("--json")
    assert done.exit_code == 1
    verdicts = {one["check"]: one["verdict"] for one in json.loads(done.stdout)["findings"]}
    assert len(verdicts) > 20
    assert verdicts["dingtalk.secret"] == "bad"
    assert verdicts["wecom.secret"] == "skipped"
    assert SECRET not in done.output
