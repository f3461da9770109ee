"""What a directory's word changes and what it leaves alone, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.simulator import seed
from sales import directory, directory_apply, directory_changes, people, staff
from sales.directory import Department, Listed, Listing, Order, superior
from sales.directory_changes import Sort
from sales.people import Role
from sales.rules.directory import DirectorySync
from tests.sales.conftest import NOW, timing

PLACE = ("wecom", "ww")
UNITS = (
    Department("1", "公司", "", ("chenzong",)),
    Department("2", "华东", "1", ("wangjingli",)),
    Department("3", "华东一组", "2"),
)
TEAM = [
    Listed("chenzong", "陈总", ("1",)), Listed("wangjingli", "王经理", ("2",)),
    Listed("zhangsan", "张三", ("3",)), Listed("lisi", "李四", ("3",)),
]  # fmt: skip


@pytest.fixture
def company(database):
    """The demo company; its directory was never read."""
    database.writer.run(lambda db: seed.plant(db, {"wecom": "ww", "dingtalk": "ding"}, NOW))
    return database


def listing(*changed, gone=()):
    people_of = {one.account: one for one in (*TEAM, *changed) if one.account not in gone}
    return Listing(*PLACE, tuple(people_of.values()), UNITS, frozenset(gone))


def read(company, seen, rule=None, now=NOW):
    """One reading, made ours; the changes as (sort, account)."""
    with company.reading() as db:
        steps = directory_changes.difference(db, seen, rule or DirectorySync())

    def work(db):
        directory_apply.keep_departments(db, PLACE, seen.departments)
        return directory_apply.apply(db, PLACE, steps, timing(now))

    return [(one.sort, one.account) for one in company.writer.run(work)]


def look(company, ask):
    with company.reading() as db:
        return ask(db)


def manager(company, person):
    return look(company, lambda db: staff.get(db, person).manager_id)


@pytest.mark.parametrize(
    ("one", "above"),
    [
        (Listed("a", "甲", ("3",), "boss"), "boss"),
        (Listed("a", "甲", ("3",)), "wangjingli"),
        (Listed("wangjingli", "王经理", ("2",)), "chenzong"),
        (Listed("chenzong", "陈总", ("1",)), ""),
        (Listed("a", "甲", ("9",)), ""),
        (Listed("a", "甲"), ""),
    ],
)
def test_the_superior_is_who_is_named_else_who_leads_the_nearest_department(one, above):
    assert superior(one, {unit.id: unit for unit in UNITS}) == above


def test_departments_in_a_circle_end_the_search():
    circle = {"1": Department("1", "甲", "2"), "2": Department("2", "乙", "1")}
    assert superior(Listed("a", "甲", ("1",)), circle) == ""


def test_a_first_reading_overwrites_nothing_that_is_there(company):
    strange = Listed("lisi", "李思", ("3",), "chenzong")
    assert read(company, listing(strange)) == []
    assert manager(company, "lisi") == "wangjingli"
    assert look(company, lambda db: people.names(db, ["lisi"])) == {"lisi": "李四"}


def test_the_same_reading_again_finds_nothing(company):
    read(company, listing())
    with company.reading() as db:
        assert directory_changes.difference(db, listing(), DirectorySync()) == []


def test_strangers_come_in_below_each_other_in_one_reading(company):
    seen = listing(Listed("a", "甲", (), "b"), Listed("b", "乙", (), "wangjingli"))
    made = read(company, seen, DirectorySync(newcomers="everybody"))
    assert made == [(Sort.JOIN, "b"), (Sort.JOIN, "a")]
    above = look(company, lambda db: people.known(db, *PLACE, "b"))
    assert look(company, lambda db: people.known(db, *PLACE, "a")).manager_id == above.id


def test_two_strangers_of_one_name_are_never_one_person(company):
    twins = (Listed("a", "周八", (), "wangjingli"), Listed("b", "周八", (), "wangjingli"))
    assert read(company, listing(*twins)) == [(Sort.JOIN, "a"), (Sort.ASK, "b")]
    assert look(company, lambda db: people.known(db, *PLACE, "b")) is None


def test_a_manager_who_is_known_only_later_is_taken_then(company):
    read(company, listing())
    moved = Listed("lisi", "李四", ("3",), "newboss")
    assert read(company, listing(moved)) == []
    assert manager(company, "lisi") == "wangjingli"
    boss = Listed("newboss", "新经理", (), "chenzong")
    made = read(company, listing(moved, boss), DirectorySync(newcomers="everybody"))
    made += read(company, listing(moved, boss))
    assert (Sort.MANAGER, "lisi") in made
    assert look(company, lambda db: staff.get(db, manager(company, "lisi")).name) == "新经理"


def test_a_circle_of_managers_is_told_and_not_made(company):
    read(company, listing())
    seen = listing(Listed("wangjingli", "王经理", ("2",), "lisi"))
    with company.reading() as db:
        steps = directory_changes.difference(db, seen, DirectorySync())
    [change] = company.writer.run(lambda db: directory_apply.apply(db, PLACE, steps, timing()))
    assert "圈" in change.blocked
    assert manager(company, "wangjingli") == "chenzong"


def test_a_name_that_is_taken_is_told_once_and_not_given(company):
    read(company, listing())
    taken = listing(Listed("lisi", "张三", ("3",)))
    assert read(company, taken) == [(Sort.RENAME, "lisi")]
    assert read(company, taken) == []
    assert look(company, lambda db: people.names(db, ["lisi"])) == {"lisi": "李四"}


def test_no_reading_ever_changes_a_role(company):
    roles = look(company, lambda db: {r: people.in_roles(db, r) for r in Role})
    read(company, listing())
    read(company, listing(Listed("zhangsan", "张三", ("1",), "chenzong")))
    assert look(company, lambda db: {r: people.in_roles(db, r) for r in Role}) == roles


@pytest.mark.parametrize(
    ("known", "going", "recent", "empty", "too_many"),
    [
        (10, 2, 0, False, False),
        (10, 3, 0, False, True),
        (8, 1, 1, False, True),
        (9, 1, 1, False, False),
        (10, 0, 9, False, False),
        (0, 0, 0, True, True),
        (1, 1, 0, True, True),
    ],
)
def test_too_many_are_more_than_a_fifth_within_a_day(known, going, recent, empty, too_many):
    accounts = frozenset(str(one) for one in range(going))
    gone = directory_changes.Missing(accounts, known, recent, empty)
    assert gone.too_many(DirectorySync()) is too_many


def test_leavers_one_by_one_reach_the_limit_too(company):
    read(company, listing())
    for gone in (["lisi"], ["lisi", "zhangsan"]):
        read(company, listing(gone=gone))
    with company.reading() as db:
        gone = directory_changes.missing(
            db, Listing(*PLACE, gone=frozenset({"wangjingli"})), whole=False, now=NOW
        )
        later = directory_changes.missing(
            db, Listing(*PLACE, gone=frozenset({"wangjingli"})), whole=False,
            now=NOW + timedelta(days=2),
        )  # fmt: skip
    assert (gone.recent, later.recent) == (2, 0)


def test_an_account_the_platform_renamed_stays_its_persons(company):
    read(company, listing())
    company.writer.run(lambda db: directory.renamed(db, PLACE, "lisi", "li.si", now=NOW))
    assert look(company, lambda db: people.known(db, *PLACE, "li.si")).id == "lisi"
    renamed = Listed("li.si", "李四", ("3",))
    others = tuple(one for one in TEAM if one.account != "lisi")
    assert read(company, Listing(*PLACE, (*others, renamed), UNITS)) == []


def test_an_order_is_read_back_as_it_was_asked(company):
    order = Order("wecom", ("a", "b"), dry=True, confirmed="x", to={"flow": "flow/1"})
    assert company.writer.run(lambda db: directory.ask(db, "k", order, now=NOW))
    assert not company.writer.run(lambda db: directory.ask(db, "k", order, now=NOW))
