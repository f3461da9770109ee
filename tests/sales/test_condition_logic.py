"""What can be said of conditions alone is exactly what trying every record would say (N4)."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from sales.condition_logic import MOST, clash, covered, ways
from sales.conditions import Both, Either, Leaf, Not, judge
from tests.sales.test_assigning import LEAD

INDUSTRY, _, BUDGET = LEAD
RECORDS = [
    {"industry": industry, "budget": budget}
    for industry, budget in product((None, "教育", "医疗", "别的"), (None, *range(7)))
]
WORDS = st.builds(
    Leaf, st.just(INDUSTRY), st.sampled_from("=≠"), st.sampled_from([None, "教育", "医疗"])
)
NUMBERS = st.builds(Leaf, st.just(BUDGET), st.sampled_from("=≠<>≤≥"), st.integers(0, 4))
UNKNOWN = st.builds(Leaf, st.just(BUDGET), st.sampled_from("=≠"), st.none())
TREES = st.recursive(
    WORDS | NUMBERS | UNKNOWN,
    lambda part: (
        st.builds(Not, part)
        | st.builds(Both, st.lists(part, min_size=1, max_size=3).map(tuple))
        | st.builds(Either, st.lists(part, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


def holding(tree):
    return [one for one in RECORDS if judge(tree, one)[0]]


@given(TREES)
def test_a_condition_clashes_exactly_when_no_record_meets_it(tree):
    if ways(tree) is not None:
        assert bool(clash(tree)) == (not holding(tree))


@given(TREES, st.lists(TREES, max_size=2))
def test_a_condition_is_covered_only_when_every_record_that_meets_it_meets_another(tree, others):
    left = [one for one in holding(tree) if not any(judge(it, one)[0] for it in others)]
    if covered(tree, others):
        assert left == []
    elif len(others) == 1 and all(isinstance(one, Leaf) for one in (tree, *others)):
        assert left


def test_beyond_the_bound_nothing_is_said():
    either = Either((Leaf(BUDGET, ">", 3), Leaf(BUDGET, "<", 1)))
    never = Both((*[either] * 9, Leaf(BUDGET, "=", 2)))
    assert MOST < 2**9
    assert (ways(never), clash(never), covered(never, [Both(())])) == (None, (), False)
