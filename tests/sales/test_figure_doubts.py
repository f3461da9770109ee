"""When two counts can be of the same work (B24)."""

from __future__ import annotations

import pytest

from sales.figure_doubts import between, fits


def pairs(*counts):
    return {f"p{i}": pair for i, pair in enumerate(counts)}


@pytest.mark.parametrize(
    ("counts", "may_be"),
    [
        ([(2, 9)], False),  # requirements B24
        ([(9, 9)], True),
        ([(7, 9), (0, 2)], True),
        ([(1, 4), (6, 0), (7, 0)], False),
        ([(3, 1), (6, 2), (9, 3), (12, 4), (15, 5)], True),  # there is work elsewhere
        ([(5, 1), (4, 2), (3, 3), (2, 4), (1, 5)], False),
        ([(8, 1), (8, 2), (8, 3), (8, 4), (8, 9)], False),  # one and the same for everybody
        ([(0, 0), (0, 0), (0, 0), (0, 0), (0, 0)], True),
    ],
)
def test_who_has_more_of_one_has_more_of_the_other(counts, may_be):
    assert fits(pairs(*counts)) is may_be


def test_a_doubt_names_those_furthest_apart_first_and_the_field():
    names = {f"p{i}": f"同事{i}" for i in range(3)}
    said = str(between("今日打卡次数", pairs((1, 4), (6, 0), (7, 0)), names))
    assert said.index("同事2 7（系统数到 0）") < said.index("同事0 1（系统数到 4）")
    assert "待办取自「今日打卡次数」" in said


def test_nobody_is_doubted_without_figures():
    assert between("x", {}, {}) is None
