"""What an administrator does with people: join, change, leave with everything handed over (B79)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from engine.errors import Refusal
from engine.ids import next_number, ulid
from engine.model import table
from engine.unit import Unit
from sales import names, people, policy
from sales.customers import CUSTOMER
from sales.lead_states import OWNED
from sales.leads import LEAD
from sales.opportunities import OPPORTUNITY
from sales.people import IDENTITY, PERSON, ROLE_NAMES, Person, Role, Who

ROLES: Mapping[str, Role] = {word: Role(role) for role, word in ROLE_NAMES.items()}
LISTED = 20


class UnknownColleague(Refusal):
    """Nobody the person may see is called so."""

    code = "unknown_colleague"
    text = "没有叫「{name}」的同事。发送 /同事 列表 看看有谁。"


class SameName(Refusal):
    """Several colleagues are called so; a card cannot tell them apart either."""

    code = "same_name"
    text = "有 {count} 位同事都叫「{name}」，先请管理员用导入表给其中一位改名，例如加上部门。"


class UnknownRole(Refusal):
    """Not one of our roles."""

    code = "unknown_role"
    text = "没有「{word}」这个角色，可以写：{roles}。"


class NameTaken(Refusal):
    """A second person of the same name could not be told apart."""

    code = "name_taken"
    text = "已经有一位「{name}」了。请写成能区分的样子，例如 {name}（华南）。"


class AccountTaken(Refusal):
    """The platform account belongs to somebody."""

    code = "account_taken"
    text = "账号 {account} 已经绑定了 {name}。一个账号只能是一个人的。"


class OwnRole(Refusal):
    """Nobody changes their own rights."""

    code = "own_role"
    text = "不能改自己的角色或让自己离职，请另一位管理员来做。"


class LastAdmin(Refusal):
    """Without an administrator nobody could ever be made one again."""

    code = "last_admin"
    text = "{name} 是最后一位管理员，先请把管理员的角色给另一位同事。"


class AdminOnly(Refusal):
    """The right to administer is given by those who have it."""

    code = "admin_only"
    text = "管理员的角色只有管理员能给、能收。"


class MoreThanOwn(Refusal):
    """More rights than one's own are not given, neither as a role nor by an account with it."""

    code = "more_than_own"
    text = "{name}的权限比您多，要请管理员来办。"


class Circle(Refusal):
    """Somebody would report to themselves."""

    code = "manager_circle"
    text = "{manager} 的上级里已经有 {name}，这样会成一个圈。"


class HasLeft(Refusal):
    """Somebody who left can neither stand in for anybody nor be their manager."""

    code = "colleague_has_left"
    text = "{name} 已经离职了，请换一位在职的同事。"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as the staff card shows them, with what they own; `job` is what rules ask."""

    id: str
    name: str
    role: Role
    manager_id: str | None
    manager: str
    region: str
    status: str
    accounts: tuple[tuple[str, str], ...]
    customers: int
    opportunities: int
    job: str = ""
    leads: int = 0

    @property
    def active(self) -> bool:
        """Whether the person is with us."""
        return self.status == "active"


_ABOVE = table(Person).alias("above")
_ONE = select(
    PERSON.id, PERSON.name, PERSON.role, PERSON.manager_id, PERSON.region, PERSON.status,
    PERSON.rank, PERSON.series, PERSON.product_line, _ABOVE.c.name.label("manager"),
).outerjoin(_ABOVE, _ABOVE.c.id == PERSON.manager_id)  # fmt: skip


def listed(db: Unit, words: str, scope: ColumnElement[bool]) -> list[tuple[str, str, str]]:
    """(name, role, status) of people within `scope` whose name has the words in it, by name."""
    rows = db.execute(
        select(PERSON.name, PERSON.role, PERSON.status)
        .where(scope, PERSON.name.contains(names.clean(words), autoescape=True))
        .order_by(PERSON.status, PERSON.name, PERSON.id)
        .limit(LISTED + 1)
    )
    return [tuple(row) for row in rows]


def find_to_change(db: Unit, name: str, scope: ColumnElement[bool]) -> Colleague:
    """`find`, and nobody else changes people until this unit ends: what is asked of them holds.

    Raises:
        UnknownColleague, SameName: see `find`.
    """
    in_turn(db)
    return find(db, name, scope)


def find(db: Unit, name: str, scope: ColumnElement[bool]) -> Colleague:
    """The one person of this name within `scope`.

    Raises:
        UnknownColleague: there is none.
        SameName: there are several.
    """
    wanted = names.clean(name)
    rows = db.execute(_ONE.where(scope, PERSON.name == wanted)).all()
    if not rows:
        raise UnknownColleague(name=wanted)
    if len(rows) > 1:
        raise SameName(name=wanted, count=len(rows))
    row = rows[0]
    return _colleague(db, row)


def get(db: Unit, person_id: str) -> Colleague:
    """The person of this id, who exists."""
    return _colleague(db, db.execute(_ONE.where(PERSON.id == person_id)).one())


def _colleague(db: Unit, row: Any) -> Colleague:
    accounts = db.execute(
        select(IDENTITY.platform, IDENTITY.account)
        .where(IDENTITY.person_id == row.id)
        .order_by(IDENTITY.platform.desc(), IDENTITY.account)
    )
    owned = (select(func.count()).where(one == row.id) for one in
             (CUSTOMER.owner_id, OPPORTUNITY.owner_id))  # fmt: skip
    customers, opportunities = (int(db.execute(one).scalar_one()) for one in owned)
    leads = select(func.count()).where(LEAD.owner_id == row.id, LEAD.state.in_(OWNED))
    return Colleague(
        row.id, row.name, Role(row.role), row.manager_id, row.manager or "", row.region,
        row.status, tuple(tuple(one) for one in accounts), customers, opportunities,
        " · ".join(filter(None, (row.rank, row.series, row.product_line))),
        int(db.execute(leads).scalar_one()),
    )  # fmt: skip


def with_us(one: Colleague) -> Colleague:
    """The same person.

    Raises:
        HasLeft: they are not with us any more.
    """
    if not one.active:
        raise HasLeft(name=one.name)
    return one


def role_of(word: str) -> Role:
    """The role of this name.

    Raises:
        UnknownRole: there is none.
    """
    role = ROLES.get(names.clean(word))
    if role is None:
        raise UnknownRole(word=word, roles="、".join(ROLES))
    return role


def join(
    db: Unit, name: str, role: Role, manager: Colleague | None, *, by: Who, now: datetime,
    reason: str = "",
) -> str:  # fmt: skip
    """A new person; their id.

    Raises:
        AdminOnly: only an administrator makes one.
        MoreThanOwn: the role has rights that `by` has not.
        NameTaken: there is one of this name.
        HasLeft: the manager is not with us any more.
    """
    _may_give(role, by)
    return enrol(db, name, role, manager, now=now, reason=reason)


def enrol(
    db: Unit, name: str, role: Role, manager: Colleague | None, *, now: datetime, reason: str = ""
) -> str:  # fmt: skip
    """A new person, whoever says so; their id.

    Raises:
        NameTaken: there is one of this name.
    """
    in_turn(db)
    shown = names.clean(name)
    if db.execute(select(PERSON.id).where(PERSON.name == shown)).first() is not None:
        raise NameTaken(name=shown)
    row = {
        "id": ulid(now), "name": shown, "role": role.value, "status": "active",
        "manager_id": None if manager is None else with_us(manager).id,
        "region": "" if manager is None else manager.region, "created_at": now,
    }  # fmt: skip
    people.add(db, [row], now=now, reason=reason)
    return str(row["id"])


def bind(
    db: Unit, one: Colleague, platform: str, tenant: str, account: str, *, by: Who, now: datetime
) -> None:  # fmt: skip
    """Give a person a platform account, because somebody who may says so.

    Raises:
        MoreThanOwn: the account would open rights that `by` has not.
        AccountTaken: it is somebody's already.
    """
    may_open(one, by)
    attach(db, one, platform, tenant, account, now=now)


def attach(
    db: Unit, one: Colleague, platform: str, tenant: str, account: str, *, now: datetime,
    reason: str = "",
) -> None:  # fmt: skip
    """Give a person a platform account; `reason` is for the trail.

    Raises:
        AccountTaken: it is somebody's already.
    """
    wanted = account.strip().lower()
    holder = db.execute(
        select(PERSON.name)
        .join(people.Identity, IDENTITY.person_id == PERSON.id)
        .where(IDENTITY.platform == platform, IDENTITY.tenant == tenant,
               IDENTITY.account == wanted)
    ).scalar()  # fmt: skip
    if holder is not None:
        raise AccountTaken(account=wanted, name=holder)
    row = {"id": ulid(now), "person_id": one.id, "platform": platform, "tenant": tenant,
           "account": wanted, "created_at": now}  # fmt: skip
    people.bind(db, [row], now=now, reason=reason)


def give_role(db: Unit, one: Colleague, role: Role, *, by: Who, now: datetime) -> None:
    """Another role, with its rights from the next message on.

    Raises:
        OwnRole: it is one's own.
        AdminOnly: only an administrator gives or takes that one.
        MoreThanOwn: the role has rights that `by` has not, the new one or the one they have.
        LastAdmin: nobody would be left who can.
    """
    if one.id == by.id:
        raise OwnRole
    _may_give(role, by)
    may_take(db, one, by)
    people.change(db, one.id, {"role": role.value}, now=now)


def report_to(
    db: Unit, one: Colleague, manager: Colleague, *, now: datetime, reason: str = ""
) -> None:  # fmt: skip
    """Another manager; `reason` is for the trail.

    Raises:
        Circle: the manager reports to this person, directly or through others.
        HasLeft: the manager is not with us any more.
    """
    above: str | None = with_us(manager).id
    seen: set[str] = set()
    while above is not None and above not in seen:
        if above == one.id:
            raise Circle(name=one.name, manager=manager.name)
        seen.add(above)
        above = db.execute(select(PERSON.manager_id).where(PERSON.id == above)).scalar()
    people.change(db, one.id, {"manager_id": manager.id}, now=now, reason=reason)


def in_turn(db: Unit) -> None:
    """Who changes people waits for whoever does so in another process: what is asked holds."""
    next_number(db, "staff")


def _may_give(role: Role, by: Who) -> None:
    if role is Role.ADMIN and by.role is not Role.ADMIN:
        raise AdminOnly
    if not policy.within(role, by.role):
        raise MoreThanOwn(name=ROLE_NAMES[role])


def may_open(one: Colleague, by: Who) -> None:
    """Whether `by` may decide about this person's rights: how they are reached, if at all.

    Raises:
        MoreThanOwn: the person has rights that `by` has not.
    """
    if not policy.within(one.role, by.role):
        raise MoreThanOwn(name=one.name)


def may_take(db: Unit, one: Colleague, by: Who) -> None:
    """Whether this person's rights may go by this hand.

    Raises:
        AdminOnly: an administrator's only by another one's.
        MoreThanOwn: the person has rights that `by` has not.
        LastAdmin: nobody would be left to administer.
    """
    if one.role is not Role.ADMIN:
        may_open(one, by)
        return
    if by.role is not Role.ADMIN:
        raise AdminOnly
    if people.in_roles(db, Role.ADMIN) == [one.id]:
        raise LastAdmin(name=one.name)
