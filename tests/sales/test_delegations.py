"""Standing in for a colleague: two hands at most, never in a circle, over at its end."""

import itertools
from datetime import timedelta

import pytest

from sales import delegations, people, policy
from sales.delegations import LONGEST, Circular, TooFar, ToOneself
from sales.people import Role, Who
from tests.sales.conftest import NOW

LATER = NOW + timedelta(days=2)


def lend(db, giver, taker, until=LATER):
    return delegations.delegate(db, giver, taker, until, name=taker, now=NOW)


def test_the_work_of_two_hands_back_and_no_further(db):
    lend(db, "zhaoliu", "lisi")
    lend(db, "lisi", "zhangsan")
    lend(db, "zhangsan", "wangjingli")
    assert delegations.lenders(db, "zhangsan", now=NOW) == ["lisi", "zhaoliu"]
    assert delegations.lenders(db, "wangjingli", now=NOW) == ["zhangsan", "lisi"]


def test_nobody_stands_in_for_themselves_or_in_a_circle(db):
    with pytest.raises(ToOneself):
        lend(db, "lisi", "lisi")
    lend(db, "lisi", "zhangsan")
    with pytest.raises(Circular):
        lend(db, "zhangsan", "lisi")


def test_nobody_hands_over_their_work_for_more_than_a_year(db):
    lend(db, "lisi", "zhangsan", NOW + LONGEST)
    with pytest.raises(TooFar):
        lend(db, "zhaoliu", "zhangsan", NOW + LONGEST + timedelta(seconds=1))


def test_a_circle_is_seen_however_long_it_is(db):
    ring = ["lisi", "zhangsan", "zhaoliu", "wangjingli", "chenzong"]
    for giver, taker in itertools.pairwise(ring):
        lend(db, giver, taker)
    with pytest.raises(Circular):
        lend(db, "chenzong", "lisi")


def test_a_delegation_is_over_at_its_end_and_when_taken_back(db):
    made = lend(db, "lisi", "zhangsan")
    assert delegations.lenders(db, "zhangsan", now=LATER) == []
    assert [row[0] for row in delegations.lent(db, "lisi", now=NOW)] == [made]
    assert not delegations.take_back(db, made, "zhaoliu", now=NOW)
    assert delegations.take_back(db, made, "lisi", now=NOW)
    assert not delegations.take_back(db, made, "lisi", now=NOW)
    assert delegations.lenders(db, "zhangsan", now=NOW) == []


def test_whoever_leaves_gives_and_takes_nothing(db):
    lend(db, "lisi", "zhangsan")
    lend(db, "zhaoliu", "lisi")
    delegations.end_all(db, "lisi", now=NOW)
    assert delegations.lent(db, "lisi", now=NOW) == delegations.lent(db, "zhaoliu", now=NOW) == []


def test_a_stand_in_gets_selling_rights_only_and_only_those_the_other_has(db):
    lend(db, "qiancaiwu", "sunfawu")
    lawyer = Who("sunfawu", "孙法务", Role.LEGAL, None, "", (
        Who("qiancaiwu", "钱财务", Role.FINANCE, None, ""),
        Who("chenzong", "陈总", Role.DIRECTOR, None, ""),
    ))  # fmt: skip
    assert policy.may(lawyer, "customer.read")
    assert not policy.may(lawyer, "people.manage")
    nobody = Who("sunfawu", "孙法务", Role.LEGAL, None, "", lawyer.stands_in_for[:1])
    assert not policy.may(nobody, "customer.read")
    assert policy.hidden(db, nobody, "none") == frozenset()


def test_the_account_brings_along_who_its_person_stands_in_for(db):
    lend(db, "zhaoliu", "lisi")
    who = people.acting(db, "wecom", "ww", "lisi", now=NOW)
    assert who is not None
    assert [one.id for one in who.stands_in_for] == ["zhaoliu"]
