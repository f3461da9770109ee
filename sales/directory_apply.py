"""Making a directory's changes ours: one bounded batch in one unit, each change asked again.

Between finding a difference and making it others may have written; so every change goes
through the use-case a person would use, and what that refuses is told, not forced.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from engine import audit
from engine.errors import Refusal
from engine.unit import Unit
from sales import leaving, people, staff
from sales.desk import Timed
from sales.directory import (
    DECLINED,
    DEPARTMENT,
    ENTRY,
    GONE,
    LISTED,
    REMEMBER,
    WAITING,
    Department,
    DepartmentRow,
    Entry,
    Place,
)
from sales.directory_changes import Change, Sort, Step
from sales.people import IDENTITY, PERSON, Address, Person, Role
from sales.staff import Colleague

AT_ONCE = 50
"""Accounts in one unit of work: some milliseconds in which nobody else can write."""
REASON = "通讯录同步"


def apply(db: Unit, place: Place, steps: Sequence[Step], timed: Timed) -> list[Change]:
    """Make the changes of some accounts; what became of each."""
    staff.in_turn(db)
    made: list[Change] = []
    for step in steps:
        done = [_make(db, place, change, timed) for change in step.changes]
        made += done
        undone = any(one.blocked for one in done) and step.listed is None
        if not undone:  # else it is looked at again, and told again
            _remember(db, place, step, done, timed.now)
    return made


def keep_departments(db: Unit, place: Place, fresh: Sequence[Department]) -> None:
    """Have the departments as a whole reading found them."""
    db.execute(
        delete(DepartmentRow).where(DEPARTMENT.platform == place[0], DEPARTMENT.tenant == place[1])
    )
    rows = [
        {"platform": place[0], "tenant": place[1], "id": one.id, "name": one.name,
         "parent": one.parent, "leaders": list(one.leaders)}
        for one in fresh
    ]  # fmt: skip
    if rows:
        db.execute(insert(DepartmentRow), rows)


def admit(
    db: Unit, place: Place, account: str, name: str, *, role: Role, above: str, now: datetime
) -> str:  # fmt: skip
    """A stranger's account becomes a person of its own, below the account `above`; their id.

    Raises:
        NameTaken: there is one of this name.
        AccountTaken: the account is somebody's by now.
    """
    manager = _holder(db, place, above)
    person = staff.enrol(db, name, role, manager, now=now, reason=REASON)
    staff.attach(db, staff.get(db, person), *place, account, now=now, reason=REASON)
    settle(db, place, account, "")
    return person


def settle(db: Unit, place: Place, account: str, asked: str) -> bool:
    """Write what became of a stranger; False if the directory never named the account."""
    done = update(Entry).where(
        ENTRY.platform == place[0], ENTRY.tenant == place[1], ENTRY.account == account
    )
    return bool(db.execute(done.values(asked=asked)).rowcount)


def decline(db: Unit, place: Place, account: str, *, now: datetime) -> None:
    """An administrator does not want this account here; it is not asked about again."""
    if settle(db, place, account, DECLINED):
        audit.record(db, "directory.declined", ("account", account), at=now,
                     detail={"platform": place[0]})  # fmt: skip


def names_like(db: Unit, names: Collection[str]) -> dict[str, str]:
    """The active people called so: id by name. Alike is a question for a person, never a proof."""
    rows = db.execute(
        select(PERSON.name, PERSON.id).where(PERSON.name.in_(sorted(names)),
                                             PERSON.status == "active")
    )  # fmt: skip
    return {row.name: row.id for row in rows}


def _make(db: Unit, place: Place, change: Change, timed: Timed) -> Change:
    if change.blocked:
        return change
    try:
        return _MAKERS[change.sort](db, place, change, timed)
    except Refusal as refused:
        return replace(change, blocked=str(refused))


def _join(db: Unit, place: Place, change: Change, timed: Timed) -> Change:
    if _holder(db, place, change.account) is not None:
        return change  # somebody was quicker
    person = admit(db, place, change.account, change.name, role=Role.REP, above=change.manager,
                   now=timed.now)  # fmt: skip
    return replace(change, person_id=person)


def _rename(db: Unit, place: Place, change: Change, timed: Timed) -> Change:  # noqa: ARG001  as every maker
    taken = select(PERSON.id).where(PERSON.name == change.becomes)
    if db.execute(taken).first() is not None:
        raise staff.NameTaken(name=change.becomes)
    still = select(PERSON.id).where(PERSON.id == change.person_id, PERSON.name == change.was)
    if db.execute(still).first() is not None:
        people.change(db, change.person_id, {"name": change.becomes}, now=timed.now, reason=REASON)
    return change


def _move(db: Unit, place: Place, change: Change, timed: Timed) -> Change:
    detail = {"platform": place[0], "from": change.was, "to": change.becomes, "reason": REASON}
    audit.record(db, "person.moved", ("person", change.person_id), at=timed.now, detail=detail)
    return change


def _manager(db: Unit, place: Place, change: Change, timed: Timed) -> Change:
    above = _holder(db, place, change.manager)
    if above is not None and above.active:
        one = staff.get(db, change.person_id)
        staff.report_to(db, one, above, now=timed.now, reason=REASON)
    return change


def _leave(db: Unit, place: Place, change: Change, timed: Timed) -> Change:  # noqa: ARG001  as every maker
    one = staff.get(db, change.person_id)
    if not one.active:
        return change
    heir, leads = leaving.let_go(db, one, reason=REASON, timed=timed)
    words = f"{one.customers} 个客户、{one.opportunities} 个商机"
    return replace(change, heir=heir, was=words if one.customers + one.opportunities else "",
                   becomes=people.names(db, [heir])[heir], leads=tuple(leads))  # fmt: skip


def _unbind(db: Unit, place: Place, change: Change, timed: Timed) -> Change:
    to = Address(change.person_id, *place, change.account)
    people.unbind(db, to, now=timed.now, reason=REASON)
    return change


def _told(db: Unit, place: Place, change: Change, timed: Timed) -> Change:  # noqa: ARG001  as every maker
    return change


_MAKERS = {
    Sort.JOIN: _join, Sort.ASK: _told, Sort.RENAME: _rename, Sort.MOVE: _move,
    Sort.MANAGER: _manager, Sort.LEAVE: _leave, Sort.UNBIND: _unbind, Sort.RETURN: _told,
}  # fmt: skip


def _remember(
    db: Unit, place: Place, step: Step, done: Sequence[Change], now: datetime
) -> None:  # fmt: skip
    this = (ENTRY.platform == place[0], ENTRY.tenant == place[1], ENTRY.account == step.account)
    if step.listed is None:
        gone = update(Entry).where(*this).values(state=GONE, asked="", changed_at=now)
        db.execute(gone)
        return
    asked = any(one.sort is Sort.ASK or (one.sort is Sort.JOIN and one.blocked) for one in done)
    word = {
        "name": step.listed.name, "departments": list(step.listed.departments),
        "manager": step.listed.manager, "state": LISTED, "changed_at": now,
    }  # fmt: skip
    key = {"platform": place[0], "tenant": place[1], "account": step.account}
    if not REMEMBER.run(db, {**key, **word, "asked": WAITING if asked else ""}):
        if asked:
            word["asked"] = WAITING
        db.execute(update(Entry).where(*this).values(word))


def _holder(db: Unit, place: Place, account: str) -> Colleague | None:
    """Whose an account is."""
    found = db.execute(
        select(IDENTITY.person_id)
        .join(Person, PERSON.id == IDENTITY.person_id)
        .where(IDENTITY.platform == place[0], IDENTITY.tenant == place[1],
               IDENTITY.account == account)
    ).scalar()  # fmt: skip
    return None if found is None else staff.get(db, found)
