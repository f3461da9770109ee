"""Whatever the code writes on the trail has words for people, and nothing else has."""

import ast

from cards.audit_words import ACTIONS, READ, REFUSED
from tests.house.source import ROOT

FOLDERS = ("bot", "cards", "engine", "handlers", "sales", "scheduler")


def recorded():
    """The constant actions given to `audit.record`; an f-string counts by its beginning."""
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                if node.func.attr == "record" and len(node.args) > 1:
                    yield node.args[1]


def test_every_action_on_the_trail_has_words():
    known = {arg.value for arg in recorded() if isinstance(arg, ast.Constant)}
    starts = {
        arg.values[0].value for arg in recorded()
        if isinstance(arg, ast.JoinedStr) and isinstance(arg.values[0], ast.Constant)
    }  # fmt: skip
    assert known <= set(ACTIONS)
    for start in starts - {READ, REFUSED}:
        assert any(action.startswith(start) for action in ACTIONS)
