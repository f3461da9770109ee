"""Importing customers: every row is right or nothing is written (requirements X10, B52)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from engine import audit
from engine.model import table
from sales import customers, names
from sales.customers import CUSTOMER, PROFILE, TAG, UNKNOWN, Customer
from sales.people import PERSON

SOURCE = "导入 {file}"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file: its number there and the values by field name ("" when empty)."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a row cannot be taken."""

    line: int
    column: str
    text: str


@dataclass(slots=True)
class Outcome:
    """What an import did or would do; with any `wrong` row nothing was written."""

    created: int = 0
    completed: int = 0
    unchanged: int = 0
    wrong: list[Wrong] = field(default_factory=list)


def customers_from(
    db: Session, lines: Iterable[Line], *, file: str, now: datetime, dry_run: bool = False
) -> Outcome:
    """Create new customers and fill empty fields of known ones; never overwrite a value.

    A customer is known by its credit code, else by its exact name. The same file again
    changes nothing. With a wrong row, or `dry_run`, nothing is written.
    """
    importer = _Importer(db, SOURCE.format(file=file), now)
    for line in lines:
        importer.take(line)
    outcome = importer.outcome
    if not outcome.wrong and not dry_run:
        importer.write(file)
    return outcome


class _Importer:
    """Sorts lines against what is known, then writes everything in a few statements."""

    def __init__(self, db: Session, source: str, now: datetime) -> None:
        self.db, self.source, self.now = db, source, now
        self.outcome = Outcome()
        self.new: list[dict[str, Any]] = []
        self.tags: list[tuple[str, str]] = []
        self.changes: list[dict[str, Any]] = []
        self.seen: dict[str, int] = {}
        execute = db.connection().execute
        people = execute(select(PERSON.name, PERSON.id).where(PERSON.status == "active"))
        self.owners = {row.name: row.id for row in people}
        rows = execute(select(*table(Customer).c)).mappings().all()
        self.by_name = {row["name"]: dict(row) for row in rows}
        self.by_code = {c["credit_code"]: c for c in self.by_name.values()}
        self.by_code.pop(UNKNOWN, None)
        self.known_tags = {
            (r.customer_id, r.tag) for r in execute(select(TAG.customer_id, TAG.tag))
        }

    def take(self, line: Line) -> None:
        """Sort one line: wrong, new, completing, or nothing new."""
        name, owner = names.clean(str(line.values["name"])), str(line.values.get("owner") or "")
        first = self.seen.setdefault(name, line.number)
        if first != line.number:
            self._wrong(line, "name", f"与第 {first} 行是同一家客户")
        elif owner not in self.owners:
            self._wrong(line, "owner", f"没有叫「{owner}」的同事" if owner else "没有填负责人")
        else:
            code = str(line.values.get("credit_code") or "")
            existing = self.by_code.get(code) or self.by_name.get(name)
            if existing is None:
                self._create(line, name, self.owners[owner])
            else:
                self._complete(line, existing)

    def write(self, file: str) -> None:
        """Store what `take` has gathered, with one audit row."""
        customers.add(self.db, self.new)
        customers.add_tags(self.db, self.tags)
        for change in self.changes:
            self.db.connection().execute(
                update(Customer).where(CUSTOMER.id == change["id"]).values(change)
            )
        counts = {"created": self.outcome.created, "completed": self.outcome.completed}
        if any(counts.values()):
            audit.record(self.db, "customer.imported", ("file", file), at=self.now,
                         channel="cli", detail=counts)  # fmt: skip

    def _create(self, line: Line, name: str, owner_id: str) -> None:
        row = customers.draft(name, owner_id=owner_id, now=self.now, facts=self._facts(line))
        self.new.append(row)
        self.tags += [(row["id"], tag) for tag in sorted(set(line.values.get("tags") or ()))]
        self.outcome.created += 1

    def _complete(self, line: Line, existing: Mapping[str, Any]) -> None:
        facts = self._facts(line)
        filled = {f: value for f, (value, _) in facts.items() if existing[f] == UNKNOWN}
        wanted = {(existing["id"], tag) for tag in line.values.get("tags") or ()}
        tags = sorted(wanted - self.known_tags)
        if filled:
            sources = {**existing["sources"], **dict.fromkeys(filled, self.source)}
            self.changes.append({"id": existing["id"], **filled, "sources": sources})
        self.tags += tags
        if filled or tags:
            self.outcome.completed += 1
        else:
            self.outcome.unchanged += 1

    def _facts(self, line: Line) -> dict[str, tuple[str, str]]:
        return {f: (str(line.values[f]), self.source) for f in PROFILE if line.values.get(f)}

    def _wrong(self, line: Line, column: str, text: str) -> None:
        self.outcome.wrong.append(Wrong(line.number, column, text))
