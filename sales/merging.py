"""Two rows that turn out to be one person: what the empty one has moves to the other.

Only where proof is there: a code typed by the very person (`sales.binding`). Work is never put
together by a machine: when both rows have customers, opportunities or leads, people decide first.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from engine import audit
from engine.calendar_days import Absence
from engine.deadlines import DEADLINE, Deadline
from engine.errors import Refusal
from engine.model import table
from engine.unit import Unit
from sales import delegations, people, staff
from sales.people import IDENTITY, PERSON, Identity, Role
from sales.staff import Colleague

REASON = "绑定码合并"
ABSENCE = table(Absence).c


class BothHaveWork(Refusal):
    """Whose customers are whose is for people to say."""

    code = "both_have_work"
    text = (
        "{one} 和 {other} 名下都有客户、商机或线索，不能自动合并。"
        "请管理员先用 /同事 离职 {gone} {kept} 交接，再绑定账号。"
    )


class RolesDiffer(Refusal):
    """A right given by hand would be lost."""

    code = "roles_differ"
    text = "{one} 是{role}，{other} 是{others}，请管理员先改成一样的角色再绑定。"


class SamePlatform(Refusal):
    """Both have an account on one platform; a person has one."""

    code = "same_platform"
    text = "{one} 和 {other} 在同一个平台上各有一个账号，请管理员先用 /同事 解绑 去掉一个。"


def merge(db: Unit, one_id: str, other_id: str, *, now: datetime) -> tuple[str, str]:
    """Make two people one; the ids of who stays and who goes.

    Who has work stays, else who has a role given by hand, else `one_id`.

    Raises:
        Refusal: they cannot be one yet; the words say what to do first.
    """
    one, other = staff.get(db, one_id), staff.get(db, other_id)
    kept, gone = (one, other) if _rank(one) >= _rank(other) else (other, one)
    _may(kept, gone)
    for report in db.execute(select(PERSON.id).where(PERSON.manager_id == gone.id)).scalars().all():
        above = kept if report != kept.id else _above(db, gone)
        if above is not None:
            staff.report_to(db, staff.get(db, report), above, now=now, reason=REASON)
        else:
            people.change(db, report, {"manager_id": None}, now=now, reason=REASON)
    _move(db, gone, kept, now)
    people.change(db, gone.id, {"status": "left"}, now=now, reason=REASON)
    told = {"from": gone.id, "accounts": [account for _, account in gone.accounts]}
    audit.record(db, "person.merged", ("person", kept.id), at=now, detail=told)
    return kept.id, gone.id


def _rank(one: Colleague) -> tuple[bool, bool]:
    return _has_work(one), one.role is not Role.REP


def _has_work(one: Colleague) -> bool:
    return one.customers + one.opportunities + one.leads > 0


def _may(kept: Colleague, gone: Colleague) -> None:
    if _has_work(kept) and _has_work(gone):
        raise BothHaveWork(one=kept.name, other=gone.name, kept=kept.name, gone=gone.name)
    if gone.role not in {Role.REP, kept.role}:
        raise RolesDiffer(one=kept.name, role=people.ROLE_NAMES[kept.role], other=gone.name,
                          others=people.ROLE_NAMES[gone.role])  # fmt: skip
    if {platform for platform, _ in kept.accounts} & {platform for platform, _ in gone.accounts}:
        raise SamePlatform(one=kept.name, other=gone.name)


def _above(db: Unit, one: Colleague) -> Colleague | None:
    return None if one.manager_id is None else staff.get(db, one.manager_id)


def _move(db: Unit, gone: Colleague, kept: Colleague, now: datetime) -> None:
    """Accounts, leave and what they are reminded of; what they lent or stood in for ends."""
    moved = update(Identity).where(IDENTITY.person_id == gone.id).values(person_id=kept.id)
    rows = db.execute(moved.returning(IDENTITY.platform, IDENTITY.tenant, IDENTITY.account))
    for row in rows.all():
        account = {"platform": row.platform, "tenant": row.tenant, "account": row.account}
        detail = {**account, "from": gone.id, "reason": REASON}
        audit.record(db, "person.bound", ("person", kept.id), at=now, detail=detail)
    mine = select(ABSENCE.from_at).where(ABSENCE.person_id == kept.id)
    away = ABSENCE.person_id == gone.id, ABSENCE.from_at.not_in(mine)
    db.execute(update(Absence).where(*away).values(person_id=kept.id))
    waits = DEADLINE.c.owner == gone.id, DEADLINE.c.state == "pending"
    db.execute(update(Deadline).where(*waits).values(owner=kept.id))
    delegations.end_all(db, gone.id, now=now)
