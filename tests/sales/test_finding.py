"""Finding customers: cut lists say so, letters find, likeness offers, stored forms are used."""

import pytest

from sales import customers, finding, names
from sales.reach import EVERYTHING
from tests.sales.conftest import NOW


def add(db, *called):
    rows = [customers.draft(n, owner_id="zhangsan", now=NOW, facts={}) for n in called]
    customers.add(db, rows)


def found(result):
    return [customer.name for customer in result.customers]


@pytest.mark.parametrize("typed", ["hxfm", "hengxinfa", "HXFM", "恒新伐门"])
def test_letters_and_homophones_find_a_customer(db, typed):
    assert found(finding.find(db, typed, EVERYTHING)) == ["恒信阀门"]


def test_a_sound_ends_with_its_syllable(db):
    add(db, "方圆重工")
    assert found(finding.find(db, "芳园", EVERYTHING)) == ["方圆重工"]
    assert found(finding.find(db, "发", EVERYTHING)) == []


def test_more_than_ten_are_ten_and_say_that_there_are_more(db):
    add(db, *(f"同名客户{i:02d}" for i in range(11)))
    result = finding.find(db, "同名", EVERYTHING)
    assert (len(result.customers), result.more) == (10, True)
    result = finding.find(db, "同名客户0", EVERYTHING)
    assert (len(result.customers), result.more) == (10, False)


def test_half_of_the_characters_offer_a_customer_and_fewer_do_not(db):
    assert {"华东泵业", "恒信阀门"} <= set(found(finding.nearest(db, "华东阀门", EVERYTHING)))
    for nonsense in ("ＱＱＱ", "恒", "天地玄黄", "？？", "%", "_"):
        assert found(finding.nearest(db, nonsense, EVERYTHING)) == []


def test_words_without_letters_find_nothing(db):
    for words in ("？？", "%", "__", "*"):
        assert finding.find(db, words, EVERYTHING) == finding.Found()


def test_the_very_same_name_comes_first_among_the_twins(db):
    add(db, *(f"{c}信阀门" for c in "安达宏金永盛鼎力博远志诚海"))
    twins = finding.similar(db, "恒信阀门有限公司", EVERYTHING)
    assert len(twins) == 10
    assert twins[0].customer.name == "恒信阀门"


@pytest.mark.parametrize("others", [3, 60])
def test_who_only_shares_letters_is_no_twin_and_hides_none(db, others):
    add(db, *(f"东岳海天{chr(0x4E8E + i)}" for i in range(others)))  # as the name without "泰"
    assert finding.similar(db, "泰东岳海天", EVERYTHING) == []
    add(db, "丛东岳海天")  # sorts first
    [twin] = finding.similar(db, "泰东岳海天", EVERYTHING)
    assert twin.customer.name == "丛东岳海天"


def test_no_search_works_out_the_forms_of_the_stored_names_again(db, monkeypatch):
    add(db, *(f"第{i}泵业" for i in range(300)))
    worked_out = []
    forms = names.forms
    monkeypatch.setattr(names, "forms", lambda name: worked_out.append(name) or forms(name))
    for search in (finding.find, finding.nearest, finding.similar, finding.suggest):
        search(db, "华东阀门", EVERYTHING)
    assert set(worked_out) <= {"华东阀门"}
