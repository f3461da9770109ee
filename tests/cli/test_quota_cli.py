"""`jianliu quota`: the month in words and as JSON; 1 while less is sent than could be."""

import json
from datetime import UTC, datetime

import pytest

from engine import quota
from tests.cli.test_jobs_cli import change, jianliu, migrated

__all__ = ["jianliu", "migrated"]
ALLOWED = "INSERT INTO allowance VALUES ('dingtalk:ding', 'calls', 5000)"
MONTH = quota.month(datetime.now(UTC))


def used(calls):
    return f"INSERT INTO usage VALUES ('dingtalk:ding', 'calls', '{MONTH}', {calls})"


@pytest.mark.usefixtures("migrated")
def test_without_dingtalk_it_says_that_nothing_is_counted(jianliu):
    done = jianliu("quota")
    assert done.exit_code == 0
    assert "没有按月计的额度" in done.stdout


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(("calls", "percent", "step", "code"), [
    (100, 2, "full", 0), (3500, 70, "merged", 1), (4600, 92, "essential", 1),
])  # fmt: skip
def test_the_month_is_shown_with_the_step_it_has_led_to(  # noqa: PLR0917  one column each
    jianliu, tmp_path, calls, percent, step, code
):
    change(tmp_path, ALLOWED)
    change(tmp_path, used(calls))
    done = jianliu("quota", "--json")
    assert done.exit_code == code
    [meter] = json.loads(done.stdout)["meters"]
    assert (meter["used"], meter["most"], meter["percent"]) == (calls, 5000, percent)
    assert meter["step"] == step
    assert meter["forecast"] >= calls
    words = jianliu("quota").stdout
    assert f"钉钉接口调用：{calls:,} / 5,000（{percent}%）" in words
    assert ("monthly_calls" in words) is (code == 1)


def test_without_a_database_it_says_what_to_do(jianliu):
    done = jianliu("quota")
    assert done.exit_code == 1
    assert "jianliu migrate" in done.stderr
