"""An import is right as a whole, and two lines about one customer lose nothing."""

import pytest
from sqlalchemy import select, update

from engine import vault
from engine.model import table
from engine.vault import Vault
from sales import contacts, importing
from sales.customers import CUSTOMER, CUSTOMER_TAG, Customer
from sales.importing import Line
from sales.people import Person
from tests.sales.conftest import NOW

CODE = "91310000MA1K35XY2Q"
VAULT = Vault(bytes(32))
OTHER = "91310000MA1K35XY3N"


def taken(db, *lines):
    numbered = [Line(number, {"owner": "张三", **values}) for number, values in enumerate(lines, 2)]
    return importing.customers_from(db, numbered, vault=VAULT, file="a.xlsx", now=NOW)


def people(db, name):
    known = contacts.of_customer(db, VAULT, customer(db, name).id)
    return sorted((dict(one.values) for one in known), key=str)


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
    assert people(db, "华东泵业") == [{"name": "王工", "phone": "021"}]
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
    from sales import finding
    from sales.reach import EVERYTHING

    assert taken(db, {"name": "海天重工", "credit_code": OTHER}).wrong == []
    assert [t.customer.name for t in finding.similar(db, "上海海天重工", EVERYTHING)] == [
        "海天重工"
    ]


WANG = {"name": "甲重工", "contact": "王建国", "phone": "138-0013-8000"}


def test_the_people_of_a_file_become_contacts_and_the_same_file_changes_nothing(db):
    lines = (WANG, {"name": "华东泵业", "contact": "李梅", "email": "li@pump.example"})
    outcome = taken(db, *lines)
    assert (outcome.wrong, outcome.created, outcome.completed) == ([], 1, 1)
    assert people(db, "甲重工") == [{"name": "王建国", "phone": "138-0013-8000"}]
    again = taken(db, *lines)
    assert (again.created, again.completed, again.unchanged) == (0, 0, 2)
    assert len(people(db, "甲重工")) == len(people(db, "华东泵业")) == 1
    assert len(contacts.by_number(db, VAULT, "+86 13800138000")) == 1


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ({"contact": "王建国", "wechat": "wangjg"}, [{"wechat": "wangjg"}]),
        ({"contact": "王工", "phone": "13800138000", "email": "w@x.cn"}, [{"email": "w@x.cn"}]),
        ({"email": "w@x.cn"}, [{"email": "w@x.cn"}]),
        ({"contact": "王建国", "phone": "13900139000"}, [{}, {"phone": "13900139000"}]),
        ({"contact": "李梅"}, [{}, {"name": "李梅"}]),
    ],
    ids=["same name", "same number", "nobody named", "another number", "another name"],
)
def test_a_contact_is_known_by_the_number_else_by_the_name_and_never_overwritten(db, line, known):
    taken(db, WANG)
    taken(db, {"name": "甲重工", **line})
    first = {"name": "王建国", "phone": "138-0013-8000"}
    new = {"name": line.get("contact", "")} if len(known) > 1 else {}
    expected = [{**first, **known[0]}, *({**new, **more} for more in known[1:])]
    assert people(db, "甲重工") == sorted(expected, key=str)


def test_two_lines_about_one_new_contact_are_one_contact(db):
    outcome = taken(
        db,
        {"name": "华东泵业", "contact": "王工"},
        {"name": "华东泵业有限公司", "credit_code": CODE, "contact": "王工", "phone": "139"},
        {"name": "另一家", "contact": "王工", "phone": "13800138000"},
    )  # fmt: skip
    assert (outcome.wrong, outcome.created) == ([], 2)
    assert people(db, "华东泵业") == [{"name": "王工"}]
    assert people(db, "另一家") == [{"name": "王工", "phone": "13800138000"}]


def test_a_frozen_contact_learns_nothing_and_a_dry_run_writes_nothing(db):
    taken(db, WANG)
    [contact] = contacts.of_customer(db, VAULT, customer(db, "甲重工").id)
    vault.freeze(db, contacts.subject(contact.id), since=NOW)
    more = {**WANG, "email": "w@x.cn"}
    assert taken(db, more).unchanged == 1
    vault.freeze(db, contacts.subject(contact.id), since=None)
    importing.customers_from(
        db, [Line(2, {"owner": "张三", **more})], vault=VAULT, file="a", now=NOW, dry_run=True
    )
    assert people(db, "甲重工") == [{"name": "王建国", "phone": "138-0013-8000"}]


def test_a_company_name_with_a_number_in_it_is_wrong(db):
    outcome = taken(db, {"name": "甲重工 王工 138 0013 8000"})
    assert wrong(outcome) == [(2, "name", "客户名称里有电话号码，请移到「电话」列")]
