"""How uneven a giving out is (N2): the coefficient on known examples, and its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.lead_fairness import gini, told


@pytest.mark.parametrize(
    ("counts", "uneven"),
    [([5, 5, 5], 0), ([3, 1], 0.25), ([0, 0, 0, 8], 0.75), ([0, 0], 0), ([], 0), ([7], 0)],
)
def test_known_examples(counts, uneven):
    assert gini(counts) == pytest.approx(uneven)


@given(st.lists(st.integers(0, 500), max_size=40))
def test_it_is_between_0_and_1_and_does_not_ask_who(counts):
    assert -1e-9 <= gini(counts) < 1
    assert gini(counts) == pytest.approx(gini(counts[::-1]))


def test_in_words():
    assert (
        told({"张三": 5, "李四": 1, "赵六": 1}) == "最多 张三 5 条，最少 2 位各 1 条，基尼系数 0.38"
    )
