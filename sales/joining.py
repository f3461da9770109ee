"""Bringing in colleagues and their platform accounts from a list (an admin's act, A3).

Until the directory is read from the platforms, this is how people get in: an account is
bound because an administrator says so, never because names are alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine import audit
from engine.ids import ulid
from engine.unit import Unit
from sales import names, people
from sales.importing import Line, Outcome, Wrong
from sales.people import IDENTITY, PERSON, ROLE_NAMES

_ROLES = {word: role for role, word in ROLE_NAMES.items()}


def people_from(
    db: Unit,
    lines: Iterable[Line],
    *,
    tenants: Mapping[str, str],
    file: str,
    now: datetime,
    dry_run: bool = False,
) -> Outcome:
    """Create colleagues, bring role, manager and region up to date, bind accounts.

    A colleague is known by name. `tenants` names the organisation of each platform in use;
    a line's value under a platform's name is the account there. The same file again changes
    nothing. With a wrong line, or `dry_run`, nothing is written.
    """
    joining = _Joining(db, tenants, now)
    rows = list(lines)
    for line in rows:
        joining.meet(line)
    for line in rows:
        joining.take(line)
    if not joining.outcome.wrong and not dry_run:
        joining.write(file)
    return joining.outcome


class _Joining:
    """Sorts lines against who is known, then writes everything in a few statements."""

    def __init__(self, db: Unit, tenants: Mapping[str, str], now: datetime) -> None:
        self.db, self.tenants, self.now = db, tenants, now
        self.outcome = Outcome()
        execute = db.execute
        rows = execute(
            select(PERSON.id, PERSON.name, PERSON.role, PERSON.manager_id, PERSON.region)
        ).mappings()
        self.known: dict[str, Mapping[str, Any]] = {row["name"]: dict(row) for row in rows}
        accounts = execute(
            select(IDENTITY.platform, IDENTITY.tenant, IDENTITY.account, IDENTITY.person_id)
        )
        self.bound = {tuple(row[:3]): str(row[3]) for row in accounts}
        self.ids = {name: str(row["id"]) for name, row in self.known.items()}
        self.new: list[dict[str, Any]] = []
        self.changes: list[dict[str, Any]] = []
        self.identities: list[dict[str, Any]] = []
        self.seen: dict[str, int] = {}

    def meet(self, line: Line) -> None:
        """Give everybody in the file an id first: a manager may stand further down."""
        self.ids.setdefault(names.clean(str(line.values["name"])), ulid(self.now))

    def take(self, line: Line) -> None:
        """Sort one line: wrong, new, changed, or nothing new."""
        name = names.clean(str(line.values["name"]))
        role, manager = str(line.values["role"]), names.clean(str(line.values.get("manager") or ""))
        first = self.seen.setdefault(name, line.number)
        if first != line.number:
            self._wrong(line, "name", f"与第 {first} 行重名")
        elif role not in _ROLES:
            self._wrong(line, "role", f"没有「{role}」这个角色，可以填：{'、'.join(_ROLES)}")
        elif manager and (manager not in self.ids or manager == name):
            self._wrong(line, "manager", f"上级「{manager}」不在名单里，也不在系统里")
        else:
            person = {
                "id": self.ids[name], "name": name, "role": _ROLES[role],
                "manager_id": self.ids[manager] if manager else None,
                "region": str(line.values.get("region") or ""),
            }  # fmt: skip
            self._sort(line, person)

    def write(self, file: str) -> None:
        """Store what `take` has gathered, with one audit row."""
        if self.new:
            people.add(self.db, self.new, now=self.now)
        for row in self.changes:
            changed = {name: value for name, value in row.items() if name != "id"}
            people.change(self.db, row["id"], changed, now=self.now)
        if self.identities:
            people.bind(self.db, self.identities, now=self.now)
        counts = {"created": self.outcome.created, "completed": self.outcome.completed}
        if any(counts.values()):
            audit.record(self.db, "people.imported", ("file", file), at=self.now, detail=counts)

    def _sort(self, line: Line, person: dict[str, Any]) -> None:
        wanted = {
            (platform, tenant, str(line.values[platform]).lower())
            for platform, tenant in self.tenants.items()
            if line.values.get(platform)
        }
        taken = [a for a in wanted if self.bound.get(a, person["id"]) != person["id"]]
        if taken:
            self._wrong(line, taken[0][0], f"账号 {taken[0][2]} 已经是别人的")
            return
        fresh = [account for account in sorted(wanted) if account not in self.bound]
        for account in fresh:
            self.bound[account] = person["id"]
            self.identities.append(self._identity(person["id"], account))
        before = self.known.get(person["name"])
        if before is None:
            self.new.append({**person, "status": "active", "created_at": self.now})
            self.outcome.created += 1
        elif fresh or any(before[field] != value for field, value in person.items()):
            self.changes.append(person)
            self.outcome.completed += 1
        else:
            self.outcome.unchanged += 1

    def _identity(self, person_id: str, account: tuple[str, str, str]) -> dict[str, Any]:
        platform, tenant, user = account
        return {"id": ulid(self.now), "person_id": person_id, "platform": platform,
                "tenant": tenant, "account": user, "created_at": self.now}  # fmt: skip

    def _wrong(self, line: Line, column: str, text: str) -> None:
        self.outcome.wrong.append(Wrong(line.number, column, text))
