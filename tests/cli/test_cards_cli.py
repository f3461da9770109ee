"""`jianliu cards`: every sample fits, and is shown as it goes over the wire."""

import json

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.simulator import showcase
from cards.model import Button, Card


def run(*words):
    return CliRunner().invoke(app, ["cards", *words])


def test_all_samples_fit():
    done = run("lint", "--json")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["findings"] == []
    assert answer["cards"] == len(showcase.CARDS)


def test_what_does_not_fit_is_named_with_card_platform_and_limit(monkeypatch):
    long = Card("标题" * 30, buttons=(Button("好", "a"),))
    monkeypatch.setattr(showcase, "CARDS", {"长标题": long})
    done = run("lint")
    assert done.exit_code == 1
    assert "长标题（企业微信）" in done.stdout
    assert "最多 36 字" in done.stdout


def test_a_card_is_shown_as_it_is_sent():
    done = run("preview", "商机已建", "--platform", "wecom")
    assert done.exit_code == 0
    wire = json.loads(done.stdout)["wecom"]
    assert wire["template_card"]["card_type"] == "button_interaction"
    everything = json.loads(run("preview", "商机已建", "--json").stdout)
    assert everything.keys() == {"name", "wecom", "dingtalk", "dingtalk_message", "text"}


@pytest.mark.parametrize(
    ("words", "said"), [(["商机建了"], "商机已建"), (["商机已建", "--platform", "x"], "x")]
)
def test_a_name_nobody_knows_is_misuse_and_near_ones_are_said(words, said):
    done = run("preview", *words)
    assert done.exit_code == 2
    assert said in done.output
