"""Who sees whose customers."""

import pytest
from sqlalchemy import select

from engine.model import table
from sales import customers, policy
from sales.customers import CUSTOMER
from sales.people import PERSON, Person, Role, Who
from tests.sales.conftest import NOW


def sees(db, who):
    reached = policy.visible(who).over(CUSTOMER.owner_id)
    rows = db.execute(select(CUSTOMER.name).where(reached))
    return set(rows.scalars())


def test_two_reps_without_a_manager_are_no_team(db):
    for name in ("甲", "乙"):
        person = {"id": name, "name": name, "role": "rep", "manager_id": None, "region": "",
                  "status": "active", "created_at": NOW}  # fmt: skip
        db.execute(table(Person).insert(), person)
        draft = customers.draft(f"{name}的客户", owner_id=name, now=NOW, facts={})
        customers.add(db, [draft])
    assert sees(db, Who("甲", "甲", Role.REP, None, "")) == {"甲的客户"}


def test_a_rep_sees_the_teams_customers_and_no_others(db):
    names = sees(db, Who("zhangsan", "张三", Role.REP, "wangjingli", "华东"))
    assert {"华东泵业", "恒信阀门"} <= names
    assert "南粤阀业" not in names


def test_a_right_over_people_reaches_as_far_as_its_scope(db):
    def of(who, permission):
        rows = db.execute(select(PERSON.name).where(policy.subordinates(who, permission)))
        return set(rows.scalars())

    manager = Who("wangjingli", "王经理", Role.MANAGER, "chenzong", "华东")
    assert of(manager, "people.read") == {"王经理", "张三", "李四"}
    assert of(manager, "delegate") == {"王经理"}
    director = Who("chenzong", "陈总", Role.DIRECTOR, None, "")
    assert "赵六" in of(director, "people.manage")


def test_standing_in_opens_the_hidden_fields_of_the_lenders_customers_only(db):
    """Sales operations see no deals; who stands in for 张三 sees those of his."""
    ids = {name: db.execute(select(CUSTOMER.id).where(CUSTOMER.name == name)).scalar_one()
           for name in ("恒信阀门", "南粤阀业")}  # fmt: skip
    lender = Who("zhangsan", "张三", Role.REP, "wangjingli", "华东")
    ops = Who("fengyunying", "冯运营", Role.SALES_OPS, None, "", stands_in_for=(lender,))
    assert policy.hidden(db, ops, ids["恒信阀门"]) == frozenset()
    assert policy.hidden(db, ops, ids["南粤阀业"]) == policy.NO_DEALS.hidden


def test_one_statement_serves_everybody_whose_right_reaches_as_far(db):
    zhangsan = Who("zhangsan", "张三", Role.REP, "wangjingli", "华东")
    zhaoliu = Who("zhaoliu", "赵六", Role.REP, "sunjingli", "华南")
    customers.get(db, "", policy.visible(zhangsan))
    compiled = customers._by_id.cache_info().misses
    customers.get(db, "", policy.visible(zhaoliu))
    assert customers._by_id.cache_info().misses == compiled


@pytest.mark.parametrize("lenders", [("wangjingli",), ("wangjingli", "zhangsan"), ("chenzong",)])
def test_who_stands_in_reaches_what_is_theirs_and_what_each_lender_reaches(db, lenders):
    people = {
        "wangjingli": Who("wangjingli", "王经理", Role.MANAGER, "chenzong", "华东"),
        "zhangsan": Who("zhangsan", "张三", Role.REP, "wangjingli", "华东"),
        "chenzong": Who("chenzong", "陈总", Role.DIRECTOR, None, ""),
    }
    lent = tuple(people[one] for one in lenders)
    boss = Who("sunjingli", "孙经理", Role.MANAGER, "chenzong", "华南")
    both = boss._replace(stands_in_for=lent)
    assert sees(db, both) == sees(db, boss).union(*(sees(db, one) for one in lent))
