"""People and the platform accounts bound to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlmodel import Field

from engine import audit
from engine.audit import Audit
from engine.model import Row, table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales import delegations
from sales.channels import CHANNEL, Channel, home
from sales.delegations import DELEGATION


class Role(StrEnum):
    """What a person is here; rights follow from it (`sales/policy.py`)."""

    REP = "rep"
    MANAGER = "manager"
    DIRECTOR = "director"
    COMPLIANCE = "compliance"
    LEGAL = "legal"
    FINANCE = "finance"
    MARKETING = "marketing"
    SALES_OPS = "sales_ops"
    ADMIN = "admin"


ROLE_NAMES: Mapping[str, str] = {
    Role.REP: "销售",
    Role.MANAGER: "销售经理",
    Role.DIRECTOR: "销售总监",
    Role.COMPLIANCE: "合规",
    Role.LEGAL: "法务",
    Role.FINANCE: "财务",
    Role.MARKETING: "市场",
    Role.SALES_OPS: "销售运营",
    Role.ADMIN: "管理员",
}
"""Roles as colleagues call them."""


class Person(Row, table=True):
    """One colleague. `status` is "active" or "left"; a person who left has no rights.

    `rank`, `series` and `product_line` are what rules may ask of them (B12); "" is not known.
    """

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    role: str
    manager_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    region: str = ""
    rank: str = Field(default="", sa_column_kwargs={"server_default": ""})
    series: str = Field(default="", sa_column_kwargs={"server_default": ""})
    product_line: str = Field(default="", sa_column_kwargs={"server_default": ""})
    status: str = "active"
    created_at: datetime = Field(sa_type=UtcTime)


class Identity(Row, table=True):
    """A platform account of a person: (platform, tenant, account) names one human."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("platform", "tenant", "account"),
        Index("ix_identity_person", "person_id"),
    )

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    platform: str
    tenant: str
    account: str
    created_at: datetime = Field(sa_type=UtcTime)


class Who(NamedTuple):
    """The person who acts, as the rules see them at this moment.

    `stands_in_for` are the colleagues whose selling they do for a while (`delegations`).
    """

    id: str
    name: str
    role: Role
    manager_id: str | None
    region: str
    stands_in_for: tuple[Who, ...] = ()

    def acts_for(self, person_id: str | None) -> bool:
        """Whether that is this person, or a colleague they stand in for."""
        return person_id in (self.id, *(one.id for one in self.stands_in_for))


class Address(NamedTuple):
    """One account messages can go to; `person_id` "" for someone we do not know."""

    person_id: str
    platform: str
    tenant: str
    account: str


TOLD = ("name", "role", "manager_id", "region", "status")
"""What the trail says of a person."""

PERSON = table(Person).c
IDENTITY = table(Identity).c
_AUDIT = table(Audit).c
_WHO = (PERSON.id, PERSON.name, PERSON.role, PERSON.manager_id, PERSON.region)
_STANDS_IN = exists().where(DELEGATION.to_id == PERSON.id, DELEGATION.ended_at.is_(None))
_KNOWING = (
    select(*_WHO, _STANDS_IN.label("stands_in"))
    .join(Identity, IDENTITY.person_id == PERSON.id)
    .where(
        PERSON.status == "active",
        IDENTITY.platform == bindparam("platform"),
        IDENTITY.tenant == bindparam("tenant"),
        IDENTITY.account == bindparam("account"),
    )
)
_KNOWN = Statement(_KNOWING)
_STAYING = Statement(_KNOWING.with_for_update(read=True, of=Person))


_LEFT = Statement(
    select(PERSON.id)
    .join(Identity, IDENTITY.person_id == PERSON.id)
    .where(
        PERSON.status == "left",
        IDENTITY.platform == bindparam("platform"),
        IDENTITY.tenant == bindparam("tenant"),
        IDENTITY.account == bindparam("account"),
    )
)
_ACTIVE = Statement(select(*_WHO).where(PERSON.id == bindparam("who"), PERSON.status == "active"))


def known(db: Unit, platform: str, tenant: str, account: str) -> Who | None:
    """The active person behind a platform account; None for strangers and leavers.

    WeCom's user ids compare without case and come back in lower case, so all accounts are
    kept in lower case (wecom reference §5.1).
    """
    values = _account(platform, tenant, account)
    row = _KNOWN.row(db, values)
    return None if row is None else _who(row)


def acting(
    db: Unit, platform: str, tenant: str, account: str, *, now: datetime, stays: bool = False
) -> Who | None:  # fmt: skip
    """`known`, with the colleagues they stand in for: what a right is asked of.

    If the person `stays`, they are with us until the unit ends: whoever lets them go waits for
    it, and finds what it has made among the things to hand over.
    """
    values = _account(platform, tenant, account)
    row = (_STAYING if stays else _KNOWN).row(db, values)
    if row is None:
        return None
    lenders = delegations.lenders(db, row.id, now=now) if row.stands_in else ()
    others = [_ACTIVE.row(db, {"who": lender}) for lender in lenders]
    return _who(row, tuple(_who(one) for one in others if one is not None))


def _account(platform: str, tenant: str, account: str) -> Mapping[str, str]:
    return {"platform": home(platform), "tenant": tenant, "account": account.lower()}


def _who(row: Any, stands_in_for: tuple[Who, ...] = ()) -> Who:
    return Who(row.id, row.name, Role(row.role), row.manager_id, row.region, stands_in_for)


def has_left(db: Unit, platform: str, tenant: str, account: str) -> bool:
    """Whether the account is that of somebody who has left."""
    values = _account(platform, tenant, account)
    return _LEFT.value(db, values) is not None


_ACCOUNTS = Statement(
    select(
        IDENTITY.person_id, func.coalesce(CHANNEL.platform, IDENTITY.platform), IDENTITY.tenant,
        IDENTITY.account,
    )
    .join(Person, PERSON.id == IDENTITY.person_id)
    .outerjoin(
        Channel, and_(CHANNEL.home == IDENTITY.platform, CHANNEL.tenant == IDENTITY.tenant)
    )
    .where(IDENTITY.person_id == bindparam("person"), PERSON.status == "active")
    .order_by(IDENTITY.platform.desc(), CHANNEL.platform, IDENTITY.account)
)  # fmt: skip
"""Every way to a person; of two to one account the app, which needs no first word, is first."""
_LAST_CHANNEL = Statement(
    select(_AUDIT.channel)
    .where(_AUDIT.actor == bindparam("person"), _AUDIT.channel != "")
    .order_by(_AUDIT.seq.desc())
    .limit(1)
)
_IN_ROLE = Statement(
    select(PERSON.id)
    .where(PERSON.role == bindparam("role"), PERSON.status == "active")
    .order_by(PERSON.id)
)
_ABOVE = table(Person).alias("above")
_HEADS = Statement(
    select(PERSON.id)
    .outerjoin(_ABOVE, and_(_ABOVE.c.id == PERSON.manager_id, _ABOVE.c.status == "active"))
    .where(PERSON.role == bindparam("role"), PERSON.status == "active")
    .where(or_(_ABOVE.c.role.is_(None), _ABOVE.c.role != bindparam("role")))
    .order_by(PERSON.id)
)


def accounts(db: Unit, person_id: str) -> list[Address]:
    """Every account bound to somebody, also of those who have left."""
    rows = db.execute(
        select(IDENTITY.person_id, IDENTITY.platform, IDENTITY.tenant, IDENTITY.account)
        .where(IDENTITY.person_id == person_id)
        .order_by(IDENTITY.platform.desc(), IDENTITY.account)
    )
    return [Address(*row) for row in rows]


def with_us(db: Unit, person_id: str) -> bool:
    """Whether somebody has not left."""
    return _ACTIVE.row(db, {"who": person_id}) is not None


def addresses(db: Unit, person_id: str) -> list[Address]:
    """Every account of somebody who is with us: where a decision is shown that cannot wait."""
    return [Address(*row) for row in _ACCOUNTS.rows(db, {"person": person_id})]


def phones(db: Unit, person_id: str) -> list[Address]:
    """One address in each app somebody has: where a limit that ran out is said (B14)."""
    found = {one.platform: one for one in addresses(db, person_id)}
    if "wecom" in found:
        found.pop("wecom_bot", None)  # the same app; the bot reaches only who has written to it
    return list(found.values())


def usual_address(db: Unit, person_id: str) -> Address | None:
    """Where to write to a person first: the channel they last did something on.

    None for somebody who left or has no account.
    """
    accounts = addresses(db, person_id)
    if len(accounts) <= 1:
        return accounts[0] if accounts else None
    last = _LAST_CHANNEL.value(db, {"person": person_id})
    return next((one for one in accounts if one.platform == last), accounts[0])


def add(
    db: Unit, rows: Sequence[Mapping[str, Any]], *, now: datetime, reason: str = ""
) -> None:  # fmt: skip
    """Store new people; they may refer to each other in any order."""
    db.execute(insert(Person), [{**row, "manager_id": None} for row in rows])
    for row in rows:
        db.execute(
            update(Person).where(PERSON.id == row["id"]).values(manager_id=row["manager_id"])
        )
        told = {audit.SET: {field: row[field] for field in TOLD}, **_because(reason)}
        audit.record(db, "person.created", ("person", row["id"]), at=now, detail=told)


def change(
    db: Unit, person_id: str, fields: Mapping[str, Any], *, now: datetime, reason: str = ""
) -> None:  # fmt: skip
    """Write fields of a person; `reason` is for the trail."""
    db.execute(update(Person).where(PERSON.id == person_id).values(fields))
    told = {audit.SET: fields, **_because(reason)}
    audit.record(db, "person.changed", ("person", person_id), at=now, detail=told)


def bind(
    db: Unit, rows: Sequence[Mapping[str, Any]], *, now: datetime, reason: str = ""
) -> None:  # fmt: skip
    """Store new accounts of people."""
    db.execute(insert(Identity), rows)
    for row in rows:
        account = {field: row[field] for field in ("platform", "tenant", "account")}
        audit.record(db, "person.bound", ("person", row["person_id"]), at=now,
                     detail={**account, **_because(reason)})  # fmt: skip


def unbind(db: Unit, to: Address, *, now: datetime, reason: str = "") -> bool:
    """Take an account from its person, with its rights from the next message on.

    False if it was not theirs (any more).
    """
    gone = delete(Identity).where(
        IDENTITY.person_id == to.person_id, IDENTITY.platform == to.platform,
        IDENTITY.tenant == to.tenant, IDENTITY.account == to.account,
    )  # fmt: skip
    if not db.execute(gone).rowcount:
        return False
    told = {"platform": to.platform, "tenant": to.tenant, "account": to.account}
    audit.record(db, "person.unbound", ("person", to.person_id), at=now,
                 detail={**told, **_because(reason)})  # fmt: skip
    return True


def _because(reason: str) -> Mapping[str, str]:
    return {"reason": reason} if reason else {}


def nearest(db: Unit, who: Who, roles: Sequence[str], *, most: int) -> list[str]:
    """Names of active colleagues of the roles: those above `who` first, then by role."""
    chain: list[str] = []
    above = who.manager_id
    while above is not None and above not in chain:  # a circle in old data ends it
        chain.append(above)
        above = db.execute(select(PERSON.manager_id).where(PERSON.id == above)).scalar()
    rows = db.execute(
        select(PERSON.id, PERSON.name, PERSON.role)
        .where(PERSON.status == "active", PERSON.role.in_([literal(role) for role in roles]))
        .order_by(PERSON.id)
    ).all()
    far = len(chain)
    rows = sorted(rows, key=lambda row: (
        chain.index(row.id) if row.id in chain else far, roles.index(row.role)
    ))  # fmt: skip
    return [row.name for row in rows[:most]]


def tenants(db: Unit) -> dict[str, str]:
    """The organisation on each platform that somebody has an account of."""
    rows = db.execute(select(IDENTITY.platform, IDENTITY.tenant).distinct())
    return {row.platform: row.tenant for row in rows}


def heads(db: Unit, role: Role) -> list[str]:
    """The ids of the active people of a role who have none of it above them."""
    return [row.id for row in _HEADS.rows(db, {"role": role.value})]


def in_roles(db: Unit, *roles: Role) -> list[str]:
    """The ids of the active people in any of the roles."""
    return [row.id for role in roles for row in _IN_ROLE.rows(db, {"role": role.value})]


def by_name(db: Unit, role: Role) -> dict[str, list[str]]:
    """{name: the ids of the active people of a role who are called so}."""
    found: dict[str, list[str]] = {}
    those = PERSON.role == role.value, PERSON.status == "active"
    for row in db.execute(select(PERSON.name, PERSON.id).where(*those).order_by(PERSON.id)):
        found.setdefault(row.name, []).append(row.id)
    return found


def one_named(db: Unit, name: str, role: Role) -> str | None:
    """The id of the one active person of a role with this name; None of none or several."""
    found = db.execute(
        select(PERSON.id)
        .where(PERSON.name == name, PERSON.role == role.value, PERSON.status == "active")
        .limit(2)
    ).scalars().all()  # fmt: skip
    return found[0] if len(found) == 1 else None


def names(db: Unit, ids: Collection[str]) -> dict[str, str]:
    """Names by person id, also of those who have left; ids nobody has are left out."""
    found = db.execute(select(PERSON.id, PERSON.name).where(PERSON.id.in_(sorted(ids))))
    return {row.id: row.name for row in found}
