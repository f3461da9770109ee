"""People and the platform accounts bound to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, bindparam, select
from sqlmodel import Field

from engine.audit import Audit
from engine.model import Row, table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit


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
    """One colleague. `status` is "active" or "left"; a person who left has no rights."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    role: str
    manager_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    region: str = ""
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


@dataclass(frozen=True, slots=True)
class Who:
    """The person who acts, as the rules see them at this moment."""

    id: str
    name: str
    role: Role
    manager_id: str | None
    region: str


@dataclass(frozen=True, slots=True)
class Address:
    """One account messages can go to; `person_id` "" for someone we do not know."""

    person_id: str
    platform: str
    tenant: str
    account: str


PERSON = table(Person).c
IDENTITY = table(Identity).c
_AUDIT = table(Audit).c
_KNOWN = Statement(
    select(PERSON.id, PERSON.name, PERSON.role, PERSON.manager_id, PERSON.region)
    .join(Identity, IDENTITY.person_id == PERSON.id)
    .where(
        PERSON.status == "active",
        IDENTITY.platform == bindparam("platform"),
        IDENTITY.tenant == bindparam("tenant"),
        IDENTITY.account == bindparam("account"),
    )
)


def known(db: Unit, platform: str, tenant: str, account: str) -> Who | None:
    """The active person behind a platform account; None for strangers and leavers.

    WeCom's user ids compare without case and come back in lower case, so all accounts are
    kept in lower case (wecom reference §5.1).
    """
    values = {"platform": platform, "tenant": tenant, "account": account.lower()}
    row = _KNOWN.row(db, values)
    if row is None:
        return None
    return Who(row.id, row.name, Role(row.role), row.manager_id, row.region)


_ACCOUNTS = Statement(
    select(IDENTITY.person_id, IDENTITY.platform, IDENTITY.tenant, IDENTITY.account)
    .join(Person, PERSON.id == IDENTITY.person_id)
    .where(IDENTITY.person_id == bindparam("person"), PERSON.status == "active")
    .order_by(IDENTITY.platform.desc(), IDENTITY.account)
)
_LAST_CHANNEL = Statement(
    select(_AUDIT.channel)
    .where(_AUDIT.actor == bindparam("person"), _AUDIT.channel != "")
    .order_by(_AUDIT.at.desc())
    .limit(1)
)
_IN_ROLE = Statement(
    select(PERSON.id)
    .where(PERSON.role == bindparam("role"), PERSON.status == "active")
    .order_by(PERSON.id)
)


def usual_address(db: Unit, person_id: str) -> Address | None:
    """Where to write to a person first: the platform they last did something on.

    None for somebody who left or has no account.
    """
    accounts = [Address(*row) for row in _ACCOUNTS.rows(db, {"person": person_id})]
    if len(accounts) <= 1:
        return accounts[0] if accounts else None
    last = _LAST_CHANNEL.value(db, {"person": person_id})
    return next((one for one in accounts if one.platform == last), accounts[0])


def in_roles(db: Unit, *roles: Role) -> list[str]:
    """The ids of the active people in any of the roles."""
    return [row.id for role in roles for row in _IN_ROLE.rows(db, {"role": role.value})]


def names(db: Unit, ids: Collection[str]) -> dict[str, str]:
    """Names by person id, also of those who have left; ids nobody has are left out."""
    found = db.execute(select(PERSON.id, PERSON.name).where(PERSON.id.in_(sorted(ids))))
    return {row.id: row.name for row in found}
