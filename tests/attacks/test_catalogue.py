"""Every case of the catalogue of attacks, D01–D35, has a test that carries its number."""

from __future__ import annotations

import re

from tests.house.source import ROOT, files, functions, inside

ALL = {f"D{number:02d}" for number in range(1, 36)}
ELSEWHERE_LATER: set[str] = set()
"""Cases whose product is still being built; whoever brings it takes its number out of here."""


def numbered():
    """The cases by the names of test functions: `test_d10_…`."""
    tests = (path for path in files() if path.suffix == ".py" and inside(path, "tests"))
    names = (function.name for path in tests for function in functions(path))
    return {f"D{found[1]}" for name in names if (found := re.match(r"test_d(\d\d)_", name))}


def test_every_case_has_a_test_or_is_named_as_missing():
    assert ALL - numbered() == ELSEWHERE_LATER


def test_no_test_carries_a_number_that_is_no_case():
    assert numbered() <= ALL


def test_the_threat_model_names_what_holds_against_each_group():
    words = (ROOT / "SECURITY.md").read_text("utf-8")
    assert {f"D{found}" for found in re.findall(r"D(\d\d)", words)} <= ALL
