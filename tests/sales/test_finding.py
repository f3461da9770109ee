"""Finding customers: cut lists say so, letters find, likeness offers, 20,000 are no more work."""

import time

import pytest
from sqlalchemy import true

from sales import customers, finding
from tests.sales.conftest import NOW

MANY = 20_000
NOTICED = 0.3  # seconds; 0.02 to 0.05 on two quiet cores, and a loaded machine is slow


def add(db, *names):
    rows = [customers.draft(n, owner_id="zhangsan", now=NOW, facts={}) for n in names]
    customers.add(db, rows)


def found(result):
    return [customer.name for customer in result.customers]


@pytest.mark.parametrize("typed", ["hxfm", "hengxinfa", "HXFM", "恒新伐门"])
def test_letters_and_homophones_find_a_customer(db, typed):
    assert found(finding.find(db, typed, true())) == ["恒信阀门"]


def test_a_sound_ends_with_its_syllable(db):
    add(db, "方圆重工")
    assert found(finding.find(db, "芳园", true())) == ["方圆重工"]
    assert found(finding.find(db, "发", true())) == []


def test_more_than_ten_are_ten_and_say_that_there_are_more(db):
    add(db, *(f"同名客户{i:02d}" for i in range(11)))
    result = finding.find(db, "同名", true())
    assert (len(result.customers), result.more) == (10, True)
    result = finding.find(db, "同名客户0", true())
    assert (len(result.customers), result.more) == (10, False)


def test_half_of_the_characters_offer_a_customer_and_fewer_do_not(db):
    assert {"华东泵业", "恒信阀门"} <= set(found(finding.nearest(db, "华东阀门", true())))
    for nonsense in ("ＱＱＱ", "恒", "天地玄黄", "？？", "%", "_"):
        assert found(finding.nearest(db, nonsense, true())) == []


def test_words_without_letters_find_nothing(db):
    for words in ("？？", "%", "__", "*"):
        assert finding.find(db, words, true()) == finding.Found()


def test_the_very_same_name_comes_first_among_the_twins(db):
    add(db, *(f"{c}信阀门" for c in "安达宏金永盛鼎力博远志诚海"))
    twins = finding.similar(db, "恒信阀门有限公司", true())
    assert len(twins) == 10
    assert twins[0].customer.name == "恒信阀门"


def test_twenty_thousand_customers_are_searched_before_anybody_notices(db):
    add(db, *(f"{abc}泵业{i}" for i, abc in enumerate(_three("恒信华安泰宏达金鑫永盛鼎"))))
    for search in (finding.find, finding.nearest, finding.similar, finding.suggest):
        search(db, "华东阀门", true())
        begun = time.perf_counter()
        search(db, "华东阀门", true())
        assert time.perf_counter() - begun < NOTICED, search.__name__


def _three(letters):
    triples = [f"{a}{b}{c}" for a in letters for b in letters for c in letters]
    return (triples * (MANY // len(triples) + 1))[:MANY]
