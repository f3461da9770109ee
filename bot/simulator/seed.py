"""The demo company: people, accounts, customers with tags and orders (interfaces.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from bot.simulator.phones import Member, PlatformName
from bot.simulator.staff import Staff
from engine.ids import ulid
from engine.unit import Unit
from engine.vault import Vault
from sales import contacts, customers, people
from sales.customers import CUSTOMER, Purchase
from sales.directory import Entry
from sales.people import Identity, Person, Role

SOURCE = "演示数据"


@dataclass(frozen=True, slots=True)
class Colleague:
    """One demo person; `on` lists the platforms with an account."""

    id: str
    name: str
    role: Role
    manager: str
    region: str
    on: tuple[str, ...]


A_DAY = timedelta(days=1)
BOTH: tuple[PlatformName, ...] = ("wecom", "dingtalk")
WECOM = ("wecom",)
DINGTALK = ("dingtalk",)

PEOPLE = (
    Colleague("chenzong", "陈总", Role.DIRECTOR, "", "全国", BOTH),
    Colleague("wangjingli", "王经理", Role.MANAGER, "chenzong", "华东", BOTH),
    Colleague("zhangsan", "张三", Role.REP, "wangjingli", "华东", BOTH),
    Colleague("lisi", "李四", Role.REP, "wangjingli", "华东", WECOM),
    Colleague("zhaoliu", "赵六", Role.REP, "chenzong", "华南", DINGTALK),
    Colleague("wuzhuguan", "吴主管", Role.COMPLIANCE, "chenzong", "总部", WECOM),
    Colleague("zhouhegui", "周合规", Role.COMPLIANCE, "wuzhuguan", "总部", WECOM),
    Colleague("sunfawu", "孙法务", Role.LEGAL, "chenzong", "总部", DINGTALK),
    Colleague("qiancaiwu", "钱财务", Role.FINANCE, "chenzong", "总部", WECOM),
    Colleague("zhengshichang", "郑市场", Role.MARKETING, "chenzong", "总部", DINGTALK),
    Colleague("fengyunying", "冯运营", Role.SALES_OPS, "chenzong", "总部", WECOM),
    Colleague("guanliyuan", "管理员", Role.ADMIN, "chenzong", "总部", WECOM),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One demo customer; orders are (date, product, yuan)."""

    name: str
    owner: str
    industry: str
    region: str
    rating: str
    tags: tuple[str, ...]
    orders: tuple[tuple[str, str, int], ...]


CUSTOMERS = (
    Account(
        "某阀门制造", "zhangsan", "制造", "华东", "A",
        ("阀门", "年度框架", "工程项目", "增值税专票"),
        (("2026-03-12", "闸阀 PN1.6", 186_000), ("2026-06-30", "闸阀 PN2.5", 243_500),
         ("2026-10-15", "闸阀 PN4.0", 318_000)),
    ),
    Account(
        "华东泵业", "zhangsan", "制造", "华东", "B", ("离心泵", "工程项目"),
        (("2026-05-20", "离心泵 IS80", 96_000), ("2026-09-02", "离心泵 IS100", 128_000)),
    ),
    Account(
        "恒信阀门", "lisi", "制造", "华东", "A", ("阀门", "电商直发"),
        (("2026-07-08", "球阀 DN50", 72_800),),
    ),
    Account(
        "恒信机电设备", "zhangsan", "制造", "华东", "B", ("电机", "维保"),
        (("2026-08-19", "三相电机 7.5kW", 45_200),),
    ),
    Account(
        "杭州智云科技有限公司", "lisi", "互联网", "华东", "A", ("软件", "年度框架"),
        (("2026-04-01", "数据平台年费", 260_000),),
    ),
    Account(
        "津门医疗", "lisi", "医疗", "华北", "B", ("设备维保",),
        (("2026-02-11", "输液泵", 58_000),),
    ),
    Account(
        "启明教育", "zhangsan", "教育", "华东", "B", ("软件", "培训"),
        (("2026-09-18", "教务系统", 120_000),),
    ),
    Account(
        "南粤阀业", "zhaoliu", "制造", "华南", "B", ("阀门", "经销"),
        (("2026-10-09", "蝶阀 DN200", 88_600),),
    ),
)  # fmt: skip


CONTACTS = (
    ("某阀门制造", {"name": "王建国", "phone": "13800138000", "email": "wang@valve.example"}),
    ("某阀门制造", {"name": "刘敏", "phone": "13900139000"}),
    ("华东泵业", {"name": "赵工", "phone": "021-55667788"}),
    ("恒信阀门", {"name": "孙丽", "phone": "13700137000", "wechat": "sunli_hengxin"}),
    ("南粤阀业", {"name": "何志强", "phone": "13600136000"}),
)
"""People at the demo customers; nobody has these numbers."""


def members() -> list[Member]:
    """The people as their phones know them."""
    return [
        Member(p.id, p.name, p.role.value, p.manager, p.region, {on: account(p, on) for on in p.on})
        for p in PEOPLE
    ]


def account(person: Colleague, platform: str) -> str:
    """The user id of a person on a platform; DingTalk's staff ids are numbers of their own."""
    return person.id if platform == "wecom" else f"staff_{person.id}"


def plant(db: Unit, tenants: dict[str, str], now: datetime) -> None:
    """Write the demo company; `tenants` names the organisation of each platform."""
    colleagues = [
        Person(id=p.id, name=p.name, role=p.role.value, manager_id=p.manager or None,
               region=p.region, created_at=now)
        for p in PEOPLE
    ]  # fmt: skip
    accounts = [
        Identity(id=ulid(now), person_id=p.id, platform=platform, tenant=tenants[platform],
                 account=account(p, platform), created_at=now)
        for p in PEOPLE for platform in p.on
    ]  # fmt: skip
    people.add(db, [row.model_dump() for row in colleagues], now=now)
    people.bind(db, [row.model_dump() for row in accounts], now=now)
    drafts = [(c, _draft(c, now)) for c in CUSTOMERS]
    customers.add(db, [row for _, row in drafts])
    orders = [
        {"id": ulid(now), "customer_id": row["id"], "ordered_on": date.fromisoformat(day),
         "product": product, "amount_fen": yuan * 100}
        for c, row in drafts for day, product, yuan in c.orders
    ]  # fmt: skip
    db.execute(insert(Purchase), orders)


def plant_directory(db: Unit, tenants: dict[str, str], staff: Staff, now: datetime) -> None:
    """Write what the platforms' directories said last night: the same as we know."""
    rows = [
        Entry(platform=platform, tenant=tenants[platform], account=account.lower(),
              name=member.name, departments=[str(one) for one in staff.places(member)],
              manager=staff.account(member.manager, platform), changed_at=now - A_DAY)
        for platform in BOTH for member, account in staff.accounts(platform)
    ]  # fmt: skip
    db.execute(insert(Entry), [row.model_dump() for row in rows])


def plant_contacts(db: Unit, vault: Vault, now: datetime) -> None:
    """Write the people at the demo customers, once `plant` has written those."""
    named = {
        name: customer_id for customer_id, name in db.execute(select(CUSTOMER.id, CUSTOMER.name))
    }
    for customer, values in CONTACTS:
        contacts.add(db, vault, named[customer], values, source=SOURCE, now=now)


def _draft(customer: Account, now: datetime) -> dict[str, Any]:
    facts = {
        "industry": (customer.industry, SOURCE),
        "region": (customer.region, SOURCE),
        "rating": (customer.rating, SOURCE),
    }
    return customers.draft(
        customer.name, owner_id=customer.owner, now=now, facts=facts, tags=customer.tags
    )
