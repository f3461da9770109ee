"""What an administrator can do, and how much of it without a server (B79): `docs/admin.md`."""

from __future__ import annotations

import re

import pytest

from bot.cli import app
from handlers.all import registry
from handlers.lines import Call, read
from sales import policy
from sales.people import Role, Who
from sales.rules.all import KINDS
from tests.house.source import ROOT

DIRECTOR = Who("chenzong", "陈总", Role.DIRECTOR, None, "总部")
ROW = re.compile(r"^\| (?P<what>[^|]+?) \| (?P<chat>[^|]*?) ?\| (?P<shell>[^|]*?) ?\|$")
CODE = re.compile(r"`([^`]+)`")
CATALOGUE = [
    found
    for line in (ROOT / "docs/admin.md").read_text("utf-8").splitlines()
    if (found := ROW.match(line)) and found["what"] not in {"要做的事", "---"}
]


def reachable(row: re.Match[str]) -> bool:
    """Whether a director can do it in chat."""
    line = CODE.search(row["chat"])
    call = read(line[1], registry()) if line else None
    return isinstance(call, Call) and policy.may(DIRECTOR, call.route.permission)


def test_b79_a_director_does_four_fifths_of_it_in_chat() -> None:
    done = [row["what"] for row in CATALOGUE if reachable(row)]
    assert len(CATALOGUE) >= 30
    assert len(done) >= 0.8 * len(CATALOGUE), f"{len(done)} of {len(CATALOGUE)}"


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row["what"])
def test_every_command_the_catalogue_names_exists(row: re.Match[str]) -> None:
    for line in CODE.findall(row["chat"]):
        assert isinstance(read(line, registry()), Call), line
    groups = {group.name for group in app.registered_groups}
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    for line in CODE.findall(row["shell"]):
        program, command, *_ = line.split()
        assert program == "jianliu"
        assert command in groups | commands
    assert row["chat"] or row["shell"]


def test_the_catalogue_misses_no_item_of_a_rule() -> None:
    told = [row["chat"] for row in CATALOGUE]
    items = [f"`/规则 改 {kind.title} {item.title}`" for kind in KINDS
             for item in kind.items.values()]  # fmt: skip
    assert [item for item in items if item not in told] == []
