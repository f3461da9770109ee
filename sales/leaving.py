"""Leaving: no rights from here on, and everything handed over (B79)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from engine import audit, deadlines
from engine.deadlines import DEADLINE
from engine.errors import Refusal
from engine.unit import Unit
from sales import delegations, lead_heirs, people, staff
from sales.customers import CUSTOMER, Customer
from sales.desk import Timed
from sales.opportunities import OPPORTUNITY, Opportunity
from sales.people import PERSON, Person, Role, Who
from sales.staff import Colleague, LastAdmin, OwnRole


class NotHere(Refusal):
    """The person has left already, or is still with us."""

    code = "not_here"
    text = "{name} 现在是{status}，不用再办。"


class NoHeir(Refusal):
    """Work is there, and nobody above to hand it to."""

    code = "no_heir"
    text = "{name} 没有上级，也没有总监可以接手，请用 /同事 离职 写明交给谁。"


def leave(
    db: Unit, one: Colleague, successor: Colleague, *, by: Who, timed: Timed
) -> list[str]:  # fmt: skip
    """The person has no rights from here on; whatever was theirs is the successor's.

    The ids of the leads among it that are still worked on.

    Raises:
        Refusal: see `may_leave`.
    """
    may_leave(db, one, successor, by=by)
    return _go(db, one, successor.id, timed)


def let_go(
    db: Unit, one: Colleague, *, reason: str, timed: Timed
) -> tuple[str, list[str]]:  # fmt: skip
    """The person has left the company: their work goes to who is above them; that one's id.

    And the ids of the leads that are still worked on.

    Raises:
        NotHere: they had left before.
        LastAdmin: nobody would be left to administer.
        NoHeir: nobody can take the work.
    """
    if one.role is Role.ADMIN and people.in_roles(db, Role.ADMIN) == [one.id]:
        raise LastAdmin(name=one.name)
    heir = _heir(db, one)
    if heir is None:
        raise NoHeir(name=one.name)
    return heir, _go(db, one, heir, timed, reason=reason)


def _heir(db: Unit, one: Colleague) -> str | None:
    """The nearest active person above; else a director, else an administrator."""
    above, seen = one.manager_id, {one.id}
    while above is not None and above not in seen:
        seen.add(above)
        row = db.execute(select(PERSON.status, PERSON.manager_id).where(PERSON.id == above)).one()
        if row.status == "active":
            return above
        above = row.manager_id
    others = people.in_roles(db, Role.DIRECTOR, Role.ADMIN)
    return next((other for other in others if other != one.id), None)


def _go(db: Unit, one: Colleague, heir: str, timed: Timed, *, reason: str = "") -> list[str]:
    now = timed.now
    gone = (
        update(Person).where(PERSON.id == one.id, PERSON.status == "active").values(status="left")
    )
    if not db.execute(gone).rowcount:
        raise NotHere(name=one.name, status="已离职")
    told: dict[str, Any] = {audit.SET: {"status": "left"}, "successor": heir}
    told |= {"reason": reason} if reason else {}
    audit.record(db, "person.left", ("person", one.id), at=now, detail=told)
    _hand_over(db, one.id, heir, now)
    leads = lead_heirs.hand_over(db, one.id, heir, timed)
    for report in db.execute(select(PERSON.id).where(PERSON.manager_id == one.id)).scalars().all():
        people.change(db, report, {"manager_id": one.manager_id}, now=now)
    delegations.end_all(db, one.id, now=now)
    open_ = select(DEADLINE.c.kind, DEADLINE.c.subject_type, DEADLINE.c.subject_id).where(
        DEADLINE.c.owner == one.id, DEADLINE.c.state == "pending"
    )
    for row in db.execute(open_).all():
        deadlines.cancel(db, row.kind, (row.subject_type, row.subject_id), now=now)
    return leads


def may_leave(db: Unit, one: Colleague, successor: Colleague, *, by: Who) -> None:
    """Whether it makes sense to ask if somebody is to leave.

    Raises:
        OwnRole: nobody lets themselves go.
        NotHere: the person had left, or the successor has or is the same.
        AdminOnly: an administrator is let go by another one only.
        MoreThanOwn: the person has rights that `by` has not.
        LastAdmin: nobody would be left to administer.
    """
    if one.id == by.id:
        raise OwnRole
    if not one.active or not successor.active or successor.id == one.id:
        gone = successor if one.active else one
        raise NotHere(name=gone.name, status="已离职")
    staff.may_take(db, one, by)


def come_back(db: Unit, one: Colleague, *, by: Who, now: datetime) -> None:
    """The person is with us again, with their accounts and without what was handed over.

    Raises:
        MoreThanOwn: they come back with rights that `by` has not.
        NotHere: they had not left.
    """
    staff.may_open(one, by)
    if one.active:
        raise NotHere(name=one.name, status="在职")
    people.change(db, one.id, {"status": "active"}, now=now)


def _hand_over(db: Unit, owner: str, successor: str, now: datetime) -> None:
    for kind, row, owner_id, key in (
        ("customer", Customer, CUSTOMER.owner_id, CUSTOMER.id),
        ("opportunity", Opportunity, OPPORTUNITY.owner_id, OPPORTUNITY.id),
    ):
        handed = update(row).where(owner_id == owner).values(owner_id=successor).returning(key)
        told: dict[str, Any] = {audit.SET: {"owner_id": successor}, "from": owner}
        for one in sorted(db.execute(handed).scalars()):
            audit.record(db, f"{kind}.handed_over", (kind, one), at=now, detail=told)
