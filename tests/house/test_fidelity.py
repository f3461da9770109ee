"""docs/fidelity.md names a test for every behaviour, and every test it names exists."""

from __future__ import annotations

import re

from bot.simulator.chaos import FAULTS
from tests.house.source import ROOT, functions, tree

DOCUMENT = (ROOT / "docs/fidelity.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> list[str]:
    """The lines of its tables that say something."""
    lines = [line for line in DOCUMENT.splitlines() if line.startswith("|")]
    return [line for line in lines if "---" not in line and not line.startswith("| 行为")]


def test_every_behaviour_names_a_test() -> None:
    assert len(rows()) > 40
    assert [row for row in rows() if not NAMED.search(row)] == []


def test_every_named_test_exists() -> None:
    missing = [
        f"{path}::{test}" for path, test in NAMED.findall(DOCUMENT) if test not in _tests(path)
    ]
    assert missing == []


def _tests(path: str) -> set[str]:
    if not (ROOT / path).is_file():
        return set()
    return {one.name for one in functions(ROOT / path) if one in tree(ROOT / path).body}


def test_what_was_never_tried_on_the_live_platforms_is_said() -> None:
    _, _, confessed = DOCUMENT.partition("## 没有对照真实平台验证")
    assert all(f"{platform}：\n- " in confessed for platform in ("企业微信", "钉钉"))


def test_every_fault_is_described() -> None:
    assert [fault for fault in FAULTS if fault not in DOCUMENT] == []
