"""Assignment: the case of the requirements to the number, and the same answer every time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales import assigning, conditions_read
from sales.assigning import Line, RuleSet, Seller
from sales.conditions import Field

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Plain:
    """Terms, or whole numbers."""

    numeric: bool

    def read(self, words):
        return int(words) if self.numeric else words

    def words(self, value):
        return str(value)


LEAD = tuple(Field(n, t, Plain(k)) for n, t, k in (
    ("industry", "行业", False), ("region", "区域", False), ("budget", "预算", True)))  # fmt: skip
SELLER = tuple(Field(n, t, Plain(k)) for n, t, k in (
    ("won", "成单率", True), ("open", "待办", True), ("region", "区域", False)))  # fmt: skip


def line(when, who="", name="一"):
    return Line(name, conditions_read.read(when, LEAD),
                conditions_read.read(who, SELLER) if who else None)  # fmt: skip


def rules(*lines, fallback="", capacity=100):
    return RuleSet(tuple(lines), frozenset({"官网表单"}), capacity, fallback)


def seller(name, won=None, open_=0, *, waited=0, away=False):
    record = {"won": won, "open": open_, "region": "华东"}
    return Seller(name, name, record, open_, MONDAY - timedelta(hours=waited), away)


def lead(**record):
    return {"source": "官网表单", **record}


EDUCATION = line("行业=教育 且 预算≥50000 且 预算≤200000", "成单率>65 且 待办<8", name="教育中小")
FOUR = [seller("张", 66, 7), seller("李", 65, 2), seller("王", 80, 8), seller("赵", 70, 3)]


def test_the_case_of_the_requirements():
    """B11: 张 66 %/7, 李 65 %/2, 王 80 %/8, 赵 70 %/3 → eligible {张, 赵} → 赵."""
    made = assigning.decide(lead(industry="教育", budget=120_000), rules(EDUCATION), FOUR)
    assert (made.code, made.owner.name, made.runner_up.name) == ("assigned", "赵", "张")
    why = {one.seller.name: one for one in made.tried[0].weighed}
    assert {name: one.reason for name, one in why.items()} == {
        "张": "", "李": "candidate_fail", "王": "candidate_fail", "赵": "",
    }  # fmt: skip
    failed = [(str(c.leaf), c.met) for n in "李王" for c in why[n].checked if not c.holds]
    assert failed == [("成单率>65", 65), ("待办<8", 8)]


def test_nobody_is_eligible_by_a_rate_that_has_no_sample():
    made = assigning.decide(
        lead(industry="教育", budget=120_000), rules(EDUCATION), [seller("新人")]
    )
    assert made.code == "no_candidate"
    assert made.tried[0].weighed[0].reason == "no_sample"


def test_a_missing_budget_is_its_own_branch_and_never_stuck():
    """B26, B27: what hangs on an unknown budget is passed over; a branch may ask for it."""
    nothing_known = lead(industry="教育")
    stuck = assigning.decide(nothing_known, rules(EDUCATION), FOUR)
    assert stuck.code == "condition_null"
    assert [c.met for c in stuck.tried[0].checked if c.holds is None] == [None, None]
    branch = line("行业=教育 且 预算=未知", name="预算未知")
    assert assigning.decide(nothing_known, rules(EDUCATION, branch), FOUR).owner.name == "李"
    caught = assigning.decide(nothing_known, rules(EDUCATION, fallback="王"), FOUR)
    assert (caught.code, caught.owner.name) == ("fallback_used", "王")


def test_a_source_that_is_not_on_the_list_is_not_given_out():
    """B23."""
    made = assigning.decide({"source": "官网H5表单"}, rules(line("行业≠未知")), FOUR)
    assert (made.code, made.owner, made.tried) == ("source_not_whitelisted", None, ())


def test_who_is_away_or_full_is_passed_over_whatever_the_rule_says():
    people = [seller("休假", 90, 0, away=True), seller("满了", 90, 8), seller("有空", 90, 7)]
    made = assigning.decide(lead(industry="教育"), rules(line("行业=教育"), capacity=8), people)
    assert made.owner.name == "有空"
    assert [one.reason for one in made.tried[0].weighed] == ["on_leave", "capacity_full", ""]


def test_the_pick_is_least_open_then_longest_waiting_then_by_name():
    people = [
        seller("丙", 90, 2, waited=9), seller("乙", 90, 1, waited=5),
        seller("甲", 90, 1, waited=5), seller("丁", 90, 1, waited=2),
    ]  # fmt: skip
    made = assigning.decide(lead(industry="教育"), rules(line("行业=教育")), people)
    assert made.owner.name == min("甲", "乙")


def test_the_second_rule_is_asked_when_nobody_fits_the_first():
    later = line("行业=教育", name="其余教育")
    busy = [seller("忙", 10, 50)]
    made = assigning.decide(lead(industry="教育", budget=60_000), rules(EDUCATION, later), busy)
    assert (made.code, [one.line.name for one in made.tried]) == (
        "assigned",
        ["教育中小", "其余教育"],
    )


@pytest.mark.parametrize(
    ("industry", "code"), [("医疗", "no_rule_matched"), (None, "condition_null")]
)
def test_why_nobody_got_it_is_told_apart(industry, code):
    made = assigning.decide(lead(industry=industry), rules(line("行业=教育")), FOUR)
    assert made.code == code


@given(st.permutations(FOUR), st.integers(0, 300_000), st.sampled_from(["教育", "医疗", None]))
def test_the_order_in_which_people_are_listed_changes_nothing(people, budget, industry):
    """N3."""
    facts, by = (
        lead(industry=industry, budget=budget),
        rules(EDUCATION, line("行业=医疗"), fallback="王"),
    )
    one, other = assigning.decide(facts, by, FOUR), assigning.decide(facts, by, people)
    assert (one.code, one.owner, one.runner_up) == (other.code, other.owner, other.runner_up)
