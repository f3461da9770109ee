"""Conditions: read as they are written, written as they are read, honest about what is unknown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales import conditions_read
from sales.conditions import UNKNOWN, Both, Either, Field, Leaf, Misread, Not, judge, leaves


@dataclass(frozen=True)
class Word:
    """A term."""

    numeric = False

    def read(self, words):
        return words

    def words(self, value):
        return value


@dataclass(frozen=True)
class Number:
    """A whole number."""

    numeric = True

    def read(self, words):
        if not words.isdigit():
            raise Misread(f"「{words}」不是数")
        return int(words)

    def words(self, value):
        return str(value)


INDUSTRY, REGION, RANK = (Field(n, t, Word()) for n, t in (
    ("industry", "行业"), ("region", "区域"), ("rank", "职级")))  # fmt: skip
BUDGET = Field("budget", "预算", Number())
FIELDS = (INDUSTRY, REGION, RANK, BUDGET)


def read(text):
    return conditions_read.read(text, FIELDS)


def holds(text, **record):
    return judge(read(text), record)[0]


def test_nesting_of_three_levels_selects_only_whom_it_means():
    """B12: (华东 OR 华南) AND 产品线=X AND NOT 职级=实习."""
    rule = "(区域=华东 或 区域=华南) 且 行业=教育 且 非 职级=实习"
    assert holds(rule, region="华南", industry="教育", rank="高级") is True
    assert holds(rule, region="华北", industry="教育", rank="高级") is False
    assert holds(rule, region="华东", industry="教育", rank="实习") is False
    assert holds(rule, region="华东", industry="医疗", rank="高级") is False


def test_what_is_not_known_is_neither_true_nor_false():
    """B26: a lead without a budget is not one of a small budget."""
    assert holds("预算>50000") is None
    assert holds("非 预算>50000") is None
    assert holds("预算>50000 且 行业=教育", industry="医疗") is False
    assert holds("预算>50000 或 行业=教育", industry="教育") is True
    assert holds("预算>50000 且 行业=教育", industry="教育") is None
    assert holds("预算=未知") is True
    assert holds("预算≠未知", budget=1) is True


@pytest.mark.parametrize(
    ("text", "budget", "wanted"),
    [("预算>50000", 50000, False), ("预算>=50000", 50000, True), ("预算<50000", 50000, False),
     ("预算≤50000", 50000, True), ("预算≠50000", 50000, False), ("预算＝50000", 50000, True)],
)  # fmt: skip
def test_boundaries_are_as_written(text, budget, wanted):
    assert holds(text, budget=budget) is wanted


def test_every_comparison_is_told_with_the_value_it_met():
    _, checked = judge(read("行业=教育 且 预算>50000"), {"industry": "医疗"})
    assert [(str(one.leaf), one.met, one.holds) for one in checked] == [
        ("行业=教育", "医疗", False),
        ("预算>50000", None, None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("行业", "看不懂「行业」"),
        ("行页=教育", "没有「行页」这一项，有：行业、区域、职级、预算"),
        ("行业>教育", "行业只能写 = 或 ≠"),
        ("预算=很多", "「很多」不是数"),
        ("预算>未知", "没有意义"),
        ("(行业=教育", "少了一个右括号"),
        ("行业=教育 预算>1", "看不懂"),
        ("行业=教育)", "前面少了"),
        ("行业=教育 且", "要写一个条件"),
        ("", "要写一个条件"),
        ("(" * 20 + "行业=教育" + ")" * 20, "括号套得太深"),
        ("非" * 20 + "行业=教育", "套得太深"),
        ("行业=教育 且 " * 60 + "行业=教育", "条件太长"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(Misread, match=said.replace("(", r"\(")):
        read(text)


LEAVES = st.one_of(
    st.builds(Leaf, st.sampled_from([INDUSTRY, REGION]), st.sampled_from("=≠"),
              st.sampled_from(["教育", "医疗", "华东", "非标", None])),
    st.builds(Leaf, st.just(BUDGET), st.sampled_from("=≠<>≤≥"), st.integers(0, 10**9)),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(Both),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(Either),
    ),
    max_leaves=6,
)


@given(TREES)
def test_what_is_written_reads_as_what_it_was(tree):
    text = str(tree)
    again = read(text)
    assert str(again) == text
    assert [str(leaf) for leaf in leaves(again)] == [str(leaf) for leaf in leaves(tree)]


@given(TREES, st.fixed_dictionaries({}, optional={
    "industry": st.sampled_from(["教育", "医疗"]), "region": st.sampled_from(["华东", "非标"]),
    "budget": st.integers(0, 10**9)}))  # fmt: skip
def test_reading_back_changes_no_verdict(tree, record):
    assert judge(read(str(tree)), record)[0] == judge(tree, record)[0]


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused_in_words(text):
    with suppress(Misread):
        read(text)


def test_the_word_for_unknown_is_no_term():
    assert read(f"行业={UNKNOWN}") == Leaf(INDUSTRY, "=", None)
