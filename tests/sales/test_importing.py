"""An import is right as a whole, and two lines about one customer lose nothing."""

import pytest
from sqlalchemy import select, update

from engine.model import table
from sales import importing
from sales.customers import CUSTOMER, CUSTOMER_TAG, Customer
from sales.importing import Line
from sales.people import Person
from tests.sales.conftest import NOW

CODE = "91310000MA1K35XY2Q"
OTHER = "91310000MA1K35XY3N"


def taken(db, *lines):
    numbered = [Line(number, {"owner": "张三", **values}) for number, values in enumerate(lines, 2)]
    return importing.customers_from(db, numbered, file="a.xlsx", now=NOW)


def wrong(outcome):
    return [(w.line, w.column, w.text) for w in outcome.wrong]


def customer(db, name):
    return db.execute(select(*CUSTOMER).where(CUSTOMER.name == name)).one()


def test_two_new_lines_with_one_credit_code_are_one_customer(db):
    outcome = taken(
        db, {"name": "甲重工", "credit_code": CODE}, {"name": "乙重工", "credit_code": CODE.lower()}
    )
    assert wrong(outcome) == [(3, "credit_code", "与第 2 行是同一家客户")]


def test_a_new_line_and_a_known_customer_cannot_share_a_new_code(db):
    outcome = taken(
        db, {"name": "甲重工", "credit_code": CODE}, {"name": "华东泵业", "credit_code": CODE}
    )
    assert wrong(outcome) == [(3, "credit_code", "与第 2 行是同一家客户")]


def test_two_lines_complete_one_customer_and_lose_no_source(db):
    known = update(Customer).where(CUSTOMER.name == "华东泵业").values(credit_code=CODE)
    db.execute(known)
    outcome = taken(
        db,
        {"name": "华东泵业", "contact": "王工", "tags": ["出口"]},
        {"name": "华东泵业有限公司", "credit_code": CODE, "phone": "021", "tags": ["出口"]},
    )
    assert (outcome.wrong, outcome.created, outcome.completed) == ([], 0, 1)
    row = customer(db, "华东泵业")
    assert (row.contact, row.phone) == ("王工", "021")
    assert {"contact", "phone", "region"} <= set(row.sources)
    tags = select(CUSTOMER_TAG.tag).where(
        CUSTOMER_TAG.customer_id == row.id, CUSTOMER_TAG.tag == "出口"
    )
    assert len(db.execute(tags).all()) == 1


def test_a_code_learnt_from_one_line_is_known_to_the_next(db):
    outcome = taken(
        db, {"name": "华东泵业", "credit_code": CODE}, {"name": "华泵", "credit_code": CODE}
    )
    assert (outcome.wrong, outcome.created, outcome.completed) == ([], 0, 1)


def test_two_colleagues_with_one_name_are_no_owner(db):
    db.execute(
        table(Person).insert(),
        {"id": "zhangsan2", "name": "张三", "role": "rep", "manager_id": None, "region": "",
         "status": "active", "created_at": NOW},
    )  # fmt: skip
    outcome = taken(db, {"name": "甲重工"})
    assert wrong(outcome) == [(2, "owner", "有 2 位同事都叫「张三」，分不清是哪一位")]


@pytest.mark.parametrize("code", ["123", "91310000MA1K35XY2-", "九" * 18])
def test_a_credit_code_has_eighteen_letters_or_digits(db, code):
    outcome = taken(db, {"name": "甲重工", "credit_code": code})
    assert wrong(outcome) == [(2, "credit_code", "统一社会信用代码应是 18 位数字或字母")]


def test_an_imported_customer_is_found_and_near_at_once(db):
    from sqlalchemy import true

    from sales import finding

    assert taken(db, {"name": "海天重工", "credit_code": OTHER}).wrong == []
    assert [t.customer.name for t in finding.similar(db, "上海海天重工", true())] == ["海天重工"]
