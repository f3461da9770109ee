"""Every card builder has a sample to look at, and every sample fits on both platforms."""

from __future__ import annotations

import ast

from bot.simulator.lint import findings
from bot.simulator.showcase import CARDS
from cards.model import Button, Card
from tests.house.source import ROOT

MADE = {"Card", "Text", "Content"}
NO_BUILDERS = {("model", "masked"), ("model", "load"), ("secrets", "told")}
"""They give back a card they were given."""


def builders() -> set[tuple[str, str]]:
    """(module, function) of everything public in `cards/` that makes a card."""
    return {
        (file.stem, node.name)
        for file in (ROOT / "cards").glob("*.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if node.returns is not None and ast.unparse(node.returns) in MADE
    }


def used() -> set[tuple[str, str]]:
    """What the showcase calls by module and name."""
    return {
        (node.func.value.id, node.func.attr)
        for file in (ROOT / "bot" / "simulator").glob("showcase*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name)
    }


def test_every_builder_stands_in_the_showcase() -> None:
    assert builders() - used() - NO_BUILDERS == set()
    assert builders() >= NO_BUILDERS


def test_every_sample_fits_on_both_platforms() -> None:
    assert findings(CARDS) == []


def test_what_does_not_fit_is_found_with_its_limit() -> None:
    long = {"长": Card("很长的标题" * 8, buttons=(Button("一个很长很长的按钮", "a"),) * 30)}
    found = {(one.platform, one.limit) for one in findings(long)}
    assert ("企业微信", "最多 20 项") in found
    assert ("企业微信", "最多 17 字") not in found
    assert all(one.builder == "长" for one in findings(long))
