"""Words of the house: other names, slips of ear and eye; and money as people write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales import dictionary, money
from sales.dictionary import How
from sales.lookalikes import GROUPS
from sales.money import NotMoney
from sales.rules.terms import INDUSTRIES, REGIONS, SOURCES, TermList
from sales.rules.values import Unreadable

INDUSTRY = dictionary.of(INDUSTRIES.model().terms)
REGION = dictionary.of(REGIONS.model().terms)


@pytest.mark.parametrize(
    ("words", "term", "how"),
    [
        ("教育", "教育", How.SAME), ("教育行业", "教育", How.SAME), ("教 育", "教育", How.SAME),
        ("教培", "教育", How.SYNONYM), ("培训学校", None, None), ("制造业", "制造", How.SYNONYM),
        ("教肓", "教育", How.SHAPE), ("教肓行业", "教育", How.SHAPE),
        ("医辽", "医疗", How.SOUND), ("光伏", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_a_word_is_known_by_its_names_its_shape_and_its_sound(words, term, how):
    """B25: 教肓 of a bad scan is 教育, and says that it is only alike."""
    match = INDUSTRY.match(words)
    assert (match and match.term, match and match.how) == (term, how)
    if match is not None:
        assert match.sure == (how in {How.SAME, How.SYNONYM})


@pytest.mark.parametrize(
    ("words", "term"), [("华东区", "华东"), ("江苏省", "华东"), ("上海市", "华东"), ("中东", None)]
)
def test_provinces_belong_to_regions(words, term):
    match = REGION.match(words)
    assert (match and match.term) == term


def test_a_likeness_of_two_terms_decides_nothing():
    two = dictionary.of({"未来": [], "末来": []})
    assert two.match("未来").how is How.SAME
    assert dictionary.of({"预期": [], "逾期": []}).match("玉琪") is None


def test_no_character_stands_in_two_groups():
    every = "".join(GROUPS)
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("kind", [INDUSTRIES, REGIONS, SOURCES], ids=lambda kind: kind.title)
def test_the_words_of_the_product_can_be_published_and_typed_back(kind):
    terms = kind.model().terms
    assert not list(TermList(INDUSTRIES.model().terms).faults(terms))
    assert (
        TermList(INDUSTRIES.model().terms).read(TermList(INDUSTRIES.model().terms).words(terms))
        == terms
    )


@pytest.mark.parametrize(
    ("typed", "fault"),
    [("医疗：医院；教育：医院", "同时属于"), ("医疗医疗医疗医疗医疗医疗医疗", "1 到 12 个字")],
)
def test_a_word_that_means_two_things_is_refused(typed, fault):
    assert any(
        fault in said
        for said in TermList(INDUSTRIES.model().terms).faults(
            TermList(INDUSTRIES.model().terms).read(typed)
        )
    )


@pytest.mark.parametrize("typed", ["", "；；", "医疗；医疗"])
def test_a_list_without_words_or_with_one_twice_is_refused(typed):
    with pytest.raises(Unreadable):
        TermList(INDUSTRIES.model().terms).read(typed)


@pytest.mark.parametrize(
    ("words", "fen"),
    [
        ("12万", 12_000_000), ("12.5万元", 12_500_000), ("¥120,000.50", 12_000_050),
        ("１２０元", 12_000), ("1.2亿", 12_000_000_000), ("50w", 50_000_000), ("0", 0),
        ("200000.01", 20_000_001), ("3千块", 300_000), ("RMB 8万", 8_000_000),
        ("十万", 10_000_000), ("十二万五", 12_500_000), ("三百五十元", 35_000),
        ("人民币一亿零五百万元整", 10_500_000_000), ("两千万", 2_000_000_000),
    ],
)  # fmt: skip
def test_money_reads_as_people_write_it(words, fen):
    assert money.read(words) == fen


@pytest.mark.parametrize(
    "words",
    ["", "-5", "+5", "1e5", "NaN", "Infinity", "0.001", "1,2", "12万3", "5^", "9" * 16,
     "1.2.3", "100000亿", "万", "十二三", "一万亿", "二万一万", "零",
     "一千零五百", "负十万", "1十万"],
)  # fmt: skip
def test_what_is_no_plain_amount_is_refused(words):
    with pytest.raises(NotMoney):
        money.read(words)


@given(st.integers(0, money.MOST_FEN))
def test_every_amount_of_fen_reads_back(fen):
    assert money.read(f"{fen // 100}.{fen % 100:02d}") == fen
