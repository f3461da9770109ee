"""What a platform's directory says of the organisation, and what we remember of it.

The directory is read whole at night and account by account when an event names somebody.
What is ours stays until the directory changes its word: an entry keeps the last word, so a
name, manager or role an administrator has written is not overwritten every night.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import select, update
from sqlmodel import Field

from engine import audit, jobs
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import insertion_once
from engine.types import Json, UtcTime
from engine.unit import Unit
from sales.people import IDENTITY, Identity

LANE = "directory"
"""The job lane of readings; whoever runs the service works it off outside transactions."""
LISTED, GONE = "listed", "gone"
WAITING, DECLINED = "waiting", "declined"

Place: TypeAlias = tuple[str, str]
"""Platform and organisation."""


class Entry(Row, table=True):
    """The last word of a directory on one account; accounts are kept in small letters.

    `manager` is an account of the same directory, "" for none. `state` is "listed" or "gone".
    `asked` is what became of a stranger's account: "" (nothing yet), "waiting" (the
    administrators were asked) or "declined".
    """

    __tablename__ = "directory_entry"
    __table_args__ = WITHOUT_ROWID

    platform: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    name: str
    departments: list[str] = Field(sa_type=Json)
    manager: str = ""
    state: str = LISTED
    asked: str = ""
    changed_at: datetime = Field(sa_type=UtcTime)


class DepartmentRow(Row, table=True):
    """A department as its directory names it; `leaders` are accounts, `parent` "" for the top.

    Rights go by manager (`sales/policy.py`); departments say who leads where nobody is named.
    """

    __tablename__ = "department"
    __table_args__ = WITHOUT_ROWID

    platform: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    name: str
    parent: str = ""
    leaders: list[str] = Field(sa_type=Json)


ENTRY = table(Entry).c
DEPARTMENT = table(DepartmentRow).c
REMEMBER = insertion_once(
    table(Entry), "platform", "tenant", "account", "name", "departments", "manager", "state",
    "asked", "changed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """One person as a directory lists them, main department first; `manager` as it names one."""

    account: str
    name: str
    departments: tuple[str, ...] = ()
    manager: str = ""


@dataclass(frozen=True, slots=True)
class Department:
    """One department of a directory."""

    id: str
    name: str
    parent: str = ""
    leaders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole directory, or only the people an event named, as of one reading.

    `gone` are accounts the platform says do not exist, `hidden` those beyond what the app may
    see: about them nothing is known.
    """

    platform: str
    tenant: str
    people: tuple[Listed, ...] = ()
    departments: tuple[Department, ...] = ()
    gone: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @property
    def place(self) -> Place:
        """Whose directory it is."""
        return self.platform, self.tenant


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be read: nothing named is every directory in use, whole.

    `dry` True only shows the difference. `confirmed` is the fingerprint of the accounts an
    administrator has let go of (`fingerprint`). `to` is who asked, with the errand's card.
    """

    platform: str = ""
    accounts: tuple[str, ...] = ()
    dry: bool = False
    confirmed: str = ""
    to: Mapping[str, str] = field(default_factory=dict)


def ask(db: Unit, key: str, order: Order, *, now: datetime, due: datetime | None = None) -> bool:
    """Put a reading in line; False when it was asked for under this key before."""
    payload = {
        "platform": order.platform, "accounts": list(order.accounts), "dry": order.dry,
        "confirmed": order.confirmed, "to": dict(order.to),
    }  # fmt: skip
    return jobs.add(db, LANE, key, payload, due=due or now, now=now) is not None


def read(payload: Mapping[str, Any]) -> Order:
    """What `ask` stored."""
    return Order(payload["platform"], tuple(payload["accounts"]), payload["dry"],
                 payload["confirmed"], payload["to"])  # fmt: skip


def fingerprint(accounts: Collection[str]) -> str:
    """Names a set of accounts, so that an administrator's word counts for exactly these."""
    return sha256("\n".join(sorted(accounts)).encode()).hexdigest()[:16]


def superior(one: Listed, departments: Mapping[str, Department]) -> str:
    """The account above somebody: who is named, else who leads the nearest department; "" if none.

    Whoever leads a department reports to the leader of the one above it.
    """
    if one.manager:
        return one.manager
    return next(
        (leader for unit in _upwards(one, departments) for leader in unit.leaders
         if leader != one.account), "",
    )  # fmt: skip


def _upwards(one: Listed, departments: Mapping[str, Department]) -> Iterator[Department]:
    seen: set[str] = set()
    wanted = one.departments[0] if one.departments else ""
    while wanted in departments and wanted not in seen:
        seen.add(wanted)
        yield departments[wanted]
        wanted = departments[wanted].parent


def known_departments(db: Unit, place: Place) -> dict[str, Department]:
    """The departments as the last whole reading had them."""
    rows = db.execute(
        select(DEPARTMENT.id, DEPARTMENT.name, DEPARTMENT.parent, DEPARTMENT.leaders)
        .where(DEPARTMENT.platform == place[0], DEPARTMENT.tenant == place[1])
    )  # fmt: skip
    return {row.id: Department(row.id, row.name, row.parent, tuple(row.leaders)) for row in rows}


def entries(db: Unit, place: Place) -> dict[str, Any]:
    """The last word of a directory by account."""
    rows = db.execute(
        select(*ENTRY).where(ENTRY.platform == place[0], ENTRY.tenant == place[1])
    )  # fmt: skip
    return {row.account: row for row in rows}


def entry(db: Unit, place: Place, account: str) -> Any | None:
    """The last word of a directory on one account."""
    return db.execute(
        select(*ENTRY).where(
            ENTRY.platform == place[0], ENTRY.tenant == place[1], ENTRY.account == account
        )
    ).first()


def waiting(db: Unit, *, most: int) -> list[Any]:
    """The strangers' accounts nobody has decided about, the newest first."""
    rows = db.execute(
        select(*ENTRY)
        .where(ENTRY.asked == WAITING, ENTRY.state == LISTED)
        .order_by(ENTRY.changed_at.desc(), ENTRY.account)
        .limit(most)
    )
    return list(rows)


def renamed(db: Unit, place: Place, old: str, new: str, *, now: datetime) -> None:
    """The platform gave an account another name; it stays its person's (wecom.md §5.1)."""
    here = (IDENTITY.platform == place[0], IDENTITY.tenant == place[1])
    taken = select(IDENTITY.id).where(*here, IDENTITY.account == new)
    if db.execute(taken).first() is not None:
        return
    moved = update(Identity).where(*here, IDENTITY.account == old).values(account=new)
    for person_id in db.execute(moved.returning(IDENTITY.person_id)).scalars().all():
        audit.record(db, "person.account_renamed", ("person", person_id), at=now,
                     detail={"platform": place[0], "from": old, "to": new})  # fmt: skip
    this = (ENTRY.platform == place[0], ENTRY.tenant == place[1], ENTRY.account == old)
    if entry(db, place, new) is None:
        db.execute(update(Entry).where(*this).values(account=new))
