"""Nobody where they don't belong: every handler, every role, own, team's and foreign objects.

The tables are written out by hand: a right that appears or goes away has to be wanted here too.
"""

import pytest
from sqlalchemy import select, update

from handlers.all import registry
from sales import policy
from sales.customers import CUSTOMER
from sales.people import PERSON, Person, Role, Who

EVERYBODY = set(Role)
SELLERS = {Role.REP, Role.MANAGER, Role.DIRECTOR}
WATCHERS = {Role.COMPLIANCE, Role.DIRECTOR, Role.ADMIN}
HOLDERS = {
    "audit": WATCHERS,
    "bind": EVERYBODY,
    "customer.read": SELLERS | {Role.SALES_OPS, Role.ADMIN},
    "contact.reveal": SELLERS,
    "delegate": SELLERS,
    "health": {Role.DIRECTOR, Role.SALES_OPS, Role.ADMIN},
    "help": EVERYBODY,
    "import": {Role.MARKETING, Role.DIRECTOR, Role.SALES_OPS, Role.ADMIN},
    "lead.assign": {Role.MANAGER, Role.DIRECTOR, Role.SALES_OPS},
    "lead.claim": SELLERS,
    "lead.create": SELLERS | {Role.MARKETING, Role.SALES_OPS},
    "lead.export": SELLERS | {Role.SALES_OPS},
    "lead.invalidate": SELLERS | {Role.SALES_OPS},
    "lead.merge": SELLERS | {Role.SALES_OPS},
    "lead.read": SELLERS | {Role.MARKETING, Role.SALES_OPS},
    "lead.work": SELLERS,
    "leave": EVERYBODY,
    "messages": EVERYBODY,
    "opportunity.create": SELLERS,
    "operations": {Role.ADMIN},
    "people.manage": {Role.DIRECTOR, Role.ADMIN},
    "people.read": {Role.MANAGER, Role.DIRECTOR, Role.COMPLIANCE, Role.SALES_OPS, Role.ADMIN},
    "privacy": {Role.COMPLIANCE, Role.ADMIN},
    "rules": {Role.DIRECTOR, Role.SALES_OPS, Role.ADMIN},
    "rules.read": {Role.MANAGER, Role.DIRECTOR, Role.SALES_OPS, Role.ADMIN},
    "push": EVERYBODY,
    "talk.edit": {Role.MARKETING, Role.DIRECTOR},
    "talk.read": SELLERS | {Role.MARKETING, Role.SALES_OPS},
    "unfinished": EVERYBODY,
}
PEOPLE = {
    Role.REP: "张三", Role.MANAGER: "王经理", Role.DIRECTOR: "陈总", Role.COMPLIANCE: "周合规",
    Role.LEGAL: "孙法务", Role.FINANCE: "钱财务", Role.MARKETING: "郑市场",
    Role.SALES_OPS: "冯运营", Role.ADMIN: "管理员",
}  # fmt: skip
ON = {"孙法务": "dingtalk", "郑市场": "dingtalk"}
OWN, TEAMS, FOREIGN = "某阀门制造", "恒信阀门", "南粤阀业"
"""Customers of 张三, of 李四 in the same team, and of 赵六 elsewhere."""
SEEN = {
    Role.REP: {OWN, TEAMS},
    Role.MANAGER: {OWN, TEAMS},
    Role.DIRECTOR: {OWN, TEAMS, FOREIGN},
    Role.SALES_OPS: {OWN, TEAMS, FOREIGN},
    Role.ADMIN: {OWN, TEAMS, FOREIGN},
}
A_MINUTES_WORTH = 20
"""WeCom takes no more than thirty messages to one person in a minute."""
ROUTES = registry().routes
"""Every handler of the product."""


def test_every_permission_of_every_handler_is_in_the_table():
    assert {route.permission for route in ROUTES} == set(HOLDERS)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_d14_a_handler_is_open_to_exactly_these_roles(route, role):
    allowed = policy.may(Who("x", "某人", role, None, ""), route.permission)
    assert allowed == (role in HOLDERS[route.permission])


def test_a_permission_nobody_was_given_is_nobodys():
    for role in Role:
        assert not policy.may(Who("x", "某人", role, None, ""), "launch.rockets")


@pytest.mark.parametrize("role", Role)
def test_d14_whoever_may_not_is_told_who_could_and_it_is_on_record(office, role):
    person = PEOPLE[role]
    closed = [r for r in ROUTES if r.word and role not in HOLDERS[r.permission]]
    for number, route in enumerate(closed, 1):
        if number % A_MINUTES_WORTH == 0:
            office.wait("61s")
        [answer] = office.says(person, f"/{route.word}", ON.get(person, "wecom"))
        assert f"「/{route.word}」需要" in answer["text"]
        assert "可以请" in answer["text"]
        assert office.rows("audit")[-1]["action"] == "refused.not_allowed"
    assert office.rows("opportunity") == []


@pytest.mark.parametrize("role", sorted(SEEN))
@pytest.mark.parametrize("customer", [OWN, TEAMS, FOREIGN])
def test_d15_d29_a_customer_beyond_ones_scope_is_as_if_it_did_not_exist(office, role, customer):
    [answer] = office.says(PEOPLE[role], f"/客户 {customer}")
    if customer in SEEN[role]:
        assert customer in answer["title"] + answer["text"]
        assert "没有「" not in answer["text"]
    else:
        [missing] = office.says(PEOPLE[role], "/客户 查无此户")
        same = answer["text"].replace(customer, "x"), missing["text"].replace("查无此户", "x")
        assert same[0] == same[1]


@pytest.mark.parametrize("role", sorted(SELLERS))
@pytest.mark.parametrize("customer", [OWN, TEAMS, FOREIGN])
def test_d15_d29_nobody_registers_with_an_introducer_they_may_not_see(office, role, customer):
    office.says(PEOPLE[role], f"/商机 {customer} 北方泵业")
    assert len(office.rows("opportunity")) == (customer in SEEN[role])


@pytest.mark.parametrize("role", [Role.SALES_OPS, Role.ADMIN])
def test_d29_who_runs_the_system_sees_customers_but_not_what_they_bought(office, role):
    [card] = office.says(PEOPLE[role], "/客户 某阀门制造")
    assert "闸阀" not in str(card["raw"])
    assert "信用评级" not in str(card["raw"])
    assert "闸阀" in str(office.says("张三", "/客户 某阀门制造")[0]["raw"])


def test_d29_a_manager_sees_all_levels_below_and_a_circle_ends(office):
    def people(db):
        for below, above in (("lisi", "zhangsan"), ("wangjingli", "lisi")):
            db.execute(update(Person).where(PERSON.id == below).values(manager_id=above))

    office.demo.service.database.writer.run(people)
    boss = Who("wangjingli", "王经理", Role.MANAGER, "chenzong", "华东")
    with office.demo.service.database.reading() as db:
        reached = policy.visible(boss).over(CUSTOMER.owner_id)
        seen = set(db.execute(select(CUSTOMER.name).where(reached)).scalars())
    assert {OWN, TEAMS} <= seen
    assert FOREIGN not in seen


def test_d15_an_id_of_a_foreign_customer_answers_like_one_that_never_was(office):
    [foreign] = office.rows("customer", name=FOREIGN)
    [real] = office.says("张三", f"/客户 {foreign['id']}")
    [made_up] = office.says("张三", "/客户 01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert real["text"].replace(foreign["id"], "") == made_up["text"].replace(
        "01ARZ3NDEKTSV4RRFFQ69G5FAV", ""
    )
