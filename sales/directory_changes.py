"""The difference between a directory and what we know: found here, applied elsewhere.

Reading only. What a person has written by hand stays: a name or manager is changed when the
directory's own word for it has changed since it was last read; a role never is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from engine.unit import Unit
from sales import directory
from sales.directory import ENTRY, GONE, LISTED, Department, Listed, Listing, Place, fingerprint
from sales.people import IDENTITY, PERSON, Person, Role
from sales.rules.directory import EVERYBODY, TEAM, DirectorySync

DAY = timedelta(days=1)


class Sort(StrEnum):
    """What there is to do about one account."""

    JOIN = "join"
    ASK = "ask"
    """A stranger an administrator decides about."""
    RENAME = "rename"
    MOVE = "move"
    MANAGER = "manager"
    LEAVE = "leave"
    UNBIND = "unbind"
    """The account is gone, the person still has another."""
    RETURN = "return"
    """The account of somebody who has left is there again; only told."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, for the card and for the hand that makes it.

    `was` and `becomes` are words for people, `manager` the account above. `blocked` says why
    it was not made; `heir` is the id of who got a leaver's work, `leads` are the open ones of it.
    """

    sort: Sort
    account: str
    name: str
    person_id: str = ""
    was: str = ""
    becomes: str = ""
    manager: str = ""
    blocked: str = ""
    heir: str = ""
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Everything about one account: the directory's new word (None: gone) and what follows."""

    account: str
    listed: Listed | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Accounts of people with us that are gone from a directory; `known` of how many.

    `recent` went before them within a day. `empty`: the directory lists nobody at all.
    """

    accounts: frozenset[str]
    known: int
    recent: int
    empty: bool

    def too_many(self, rule: DirectorySync) -> bool:
        """Whether this looks like a mistake: an empty answer, or more leavers than allowed."""
        if not self.accounts:
            return self.empty
        going, of = len(self.accounts) + self.recent, self.known + self.recent
        return self.empty or going * 100 > rule.leavers_percent * of

    @property
    def fingerprint(self) -> str:
        """Names these accounts, for the administrator's word."""
        return fingerprint(self.accounts)


@dataclass(frozen=True, slots=True)
class Report:
    """What one reading came to; `held` when nothing was done because too many are gone.

    `hidden` accounts of ours lie beyond what the app may see.
    """

    place: Place
    listed: int
    changes: tuple[Change, ...] = ()
    held: Missing | None = None
    hidden: int = 0
    failed: str = ""


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whose an account is."""

    person_id: str
    name: str
    role: str
    manager_id: str | None
    active: bool


def missing(db: Unit, listing: Listing, *, whole: bool, now: datetime) -> Missing:
    """Whom a `whole` directory does not list, or which of those asked about are gone."""
    holders = _holders(db, listing.place)
    with_us = {account for account, holder in holders.items() if holder.active}
    there = {one.account for one in listing.people}
    gone = with_us - there if whole else with_us & listing.gone
    recent = db.execute(
        select(func.count()).where(
            ENTRY.platform == listing.platform, ENTRY.tenant == listing.tenant,
            ENTRY.state == GONE, ENTRY.changed_at > now - DAY,
        )
    ).scalar_one()  # fmt: skip
    return Missing(frozenset(gone), len(with_us), int(recent), empty=whole and not there)


def difference(db: Unit, listing: Listing, rule: DirectorySync) -> list[Step]:
    """What is to be done, managers before those who report to them, leavers last."""
    return _Comparison(db, listing, rule).steps()


class _Comparison:
    """One listing beside what we know."""

    def __init__(self, db: Unit, listing: Listing, rule: DirectorySync) -> None:
        self.listing, self.rule = listing, rule
        self.holders = _holders(db, listing.place)
        self.entries = directory.entries(db, listing.place)
        known = directory.known_departments(db, listing.place)
        fresh = {one.id: one for one in listing.departments}
        self.departments: Mapping[str, Department] = fresh or known
        rows = db.execute(select(PERSON.name))
        self.names = {row.name for row in rows}
        owners = Counter(db.execute(select(IDENTITY.person_id)).scalars())
        self.several = {person_id for person_id, accounts in owners.items() if accounts > 1}

    def steps(self) -> list[Step]:
        """Steps of accounts about which something is new."""
        people = {one.account: self._resolved(one) for one in self.listing.people}
        depth = {account: self._depth(account, people) for account in people}
        ordered = sorted(people.values(), key=lambda one: (depth[one.account], one.account))
        found = [step for one in ordered if (step := self._step(one)) is not None]
        return found + [self._gone(account) for account in sorted(self.listing.gone)
                        if self._is_news(account)]  # fmt: skip

    def _resolved(self, one: Listed) -> Listed:
        above = directory.superior(one, self.departments)
        return replace(one, manager=above if above != one.account else "")

    def _depth(self, account: str, people: Mapping[str, Listed]) -> int:
        """How many above somebody are strangers too: they have to come first."""
        depth, seen = 0, {account}
        above = people[account].manager
        while above in people and above not in self.holders and above not in seen:
            seen.add(above)
            above, depth = people[above].manager, depth + 1
        return depth

    def _step(self, one: Listed) -> Step | None:
        entry, holder = self.entries.get(one.account), self.holders.get(one.account)
        if entry is not None and one.manager not in self.holders and holder is not None:
            one = replace(one, manager=entry.manager)  # applied once the manager is known
        if holder is None:
            changes = tuple(self._stranger(one, entry))
        elif holder.active:
            changes = tuple(self._colleague(one, entry, holder))
        else:
            back = entry is not None and entry.state == GONE
            changes = (Change(Sort.RETURN, one.account, holder.name),) if back else ()
        return Step(one.account, one, changes) if changes or _differs(one, entry) else None

    def _stranger(self, one: Listed, entry: Any | None) -> Iterator[Change]:
        if entry is not None and entry.state == LISTED and entry.asked:
            return
        above = self.holders.get(one.manager)
        of_team = above is not None and above.active and above.role == Role.MANAGER
        let_in = self.rule.newcomers == EVERYBODY or (self.rule.newcomers == TEAM and of_team)
        sort = Sort.JOIN if let_in and one.name not in self.names else Sort.ASK
        self.names.add(one.name)
        yield Change(sort, one.account, one.name, becomes=self._place(one), manager=one.manager)

    def _colleague(self, one: Listed, entry: Any | None, holder: _Holder) -> Iterator[Change]:
        this = Change(Sort.RENAME, one.account, holder.name, holder.person_id)
        if entry is not None and entry.name not in {one.name, ""} and holder.name == entry.name:
            taken = "已经有同名的同事" if one.name in self.names else ""
            self.names.add(one.name)
            yield replace(this, was=entry.name, becomes=one.name, blocked=taken)
        if entry is not None and tuple(entry.departments) != one.departments:
            was = self._place(replace(one, departments=tuple(entry.departments)))
            yield replace(this, sort=Sort.MOVE, was=was, becomes=self._place(one))
        above = self.holders.get(one.manager)
        new = holder.manager_id is None if entry is None else entry.manager != one.manager
        if new and above is not None and above.person_id not in {
            holder.manager_id, holder.person_id,
        }:  # fmt: skip
            yield replace(this, sort=Sort.MANAGER, becomes=above.name, manager=one.manager)

    def _is_news(self, account: str) -> bool:
        entry, holder = self.entries.get(account), self.holders.get(account)
        return (entry is not None and entry.state == LISTED) or (
            holder is not None and holder.active
        )

    def _gone(self, account: str) -> Step:
        holder = self.holders.get(account)
        if holder is None or not holder.active:
            return Step(account, None)
        sort = Sort.UNBIND if holder.person_id in self.several else Sort.LEAVE
        return Step(account, None, (Change(sort, account, holder.name, holder.person_id),))

    def _place(self, one: Listed) -> str:
        units = (self.departments.get(unit) for unit in one.departments)
        return "、".join(unit.name for unit in units if unit is not None and unit.name)


def _differs(one: Listed, entry: Any | None) -> bool:
    if entry is None or entry.state == GONE:
        return True
    said = (entry.name, tuple(entry.departments), entry.manager)
    return said != (one.name, one.departments, one.manager)


def _holders(db: Unit, place: Place) -> dict[str, _Holder]:
    rows = db.execute(
        select(IDENTITY.account, PERSON.id, PERSON.name, PERSON.role, PERSON.manager_id,
               PERSON.status)
        .join(Person, PERSON.id == IDENTITY.person_id)
        .where(IDENTITY.platform == place[0], IDENTITY.tenant == place[1])
    )  # fmt: skip
    return {
        row.account: _Holder(row.id, row.name, row.role, row.manager_id, row.status == "active")
        for row in rows
    }
