"""Importing customers: every row is right or nothing is written (requirements X10, B52)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine import audit
from engine.masking import holds_number, mask
from engine.unit import Unit
from engine.vault import Vault
from sales import customers, names
from sales.customers import CUSTOMER, CUSTOMER_TAG, PROFILE, UNKNOWN
from sales.importing_contacts import People
from sales.people import PERSON

SOURCE = "导入 {file}"
CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")
"""The shape of a unified social credit code (GB 32100), not its check digit."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file: its number there and the values by field name ("" when empty)."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a row cannot be taken, or what is odd about it; `rows` have the same oddity."""

    line: int
    column: str
    text: str
    rows: int = 1

    @property
    def told(self) -> str:
        """The text for people, and for how many rows it stands."""
        return f"{self.text}（共 {self.rows} 行）" if self.rows > 1 else self.text


@dataclass(slots=True)
class Outcome:
    """What an import did or would do; with any `wrong` row nothing was written.

    `unchanged` rows were there before; `doubted` of them say something else than we know, and
    are kept for somebody to look at. `notes` are worth a look and stop nothing.
    """

    created: int = 0
    completed: int = 0
    unchanged: int = 0
    doubted: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    notes: list[Wrong] = field(default_factory=list)

    def copy(self) -> Outcome:
        """One that may be added to."""
        return replace(self, wrong=[*self.wrong], notes=[*self.notes])


def customers_from(
    db: Unit, lines: Iterable[Line], *,
    vault: Vault, file: str, now: datetime, dry_run: bool = False,
) -> Outcome:  # fmt: skip
    """Create new customers and fill empty fields of known ones; never overwrite a value.

    The person a line names becomes a contact, whose data goes into the vault.

    A customer is known by its credit code, else by its exact name; two lines may complete one
    customer, but not create it. The same file again changes nothing. With a wrong row, or
    `dry_run`, nothing is written.
    """
    file = mask(file)
    importer = _Importer(db, vault, SOURCE.format(file=file), now)
    for line in lines:
        importer.take(line)
    outcome = importer.outcome
    if not outcome.wrong and not dry_run:
        importer.write(file)
    return outcome


class _Importer:
    """Sorts lines against what is known, then writes everything in a few statements."""

    def __init__(self, db: Unit, vault: Vault, source: str, now: datetime) -> None:
        self.db, self.source, self.now = db, source, now
        self.people = People(db, vault, source, now)
        self.outcome = Outcome()
        self.new: list[dict[str, Any]] = []
        self.tags: list[tuple[str, str]] = []
        self.changes: dict[str, dict[str, Any]] = {}
        self.completed: set[str] = set()
        self.changed: set[str] = set()
        self.taken: dict[str, int] = {}
        self.new_codes: dict[str, int] = {}
        execute = db.execute
        self.owners: dict[str, list[str]] = {}
        for name, person_id in execute(_COLLEAGUES):
            self.owners.setdefault(name, []).append(person_id)
        known = [dict(row) for row in execute(_KNOWN).mappings()]
        self.by_name = {row["name"]: row for row in known}
        self.by_code = {c["credit_code"]: c for c in known if c["credit_code"] != UNKNOWN}
        self.known_tags: dict[str, set[str]] = {}
        for customer_id, tag in execute(_KNOWN_TAGS):
            self.known_tags.setdefault(customer_id, set()).add(tag)

    def take(self, line: Line) -> None:
        """Sort one line: wrong, new, completing, or nothing new."""
        name, code = names.clean(str(line.values["name"])), _code(line)
        owner = str(line.values.get("owner") or "")
        first = self.taken.setdefault(name, line.number)
        existing = self.by_code.get(code) or self.by_name.get(name)
        if first != line.number:
            self._wrong(line, "name", f"与第 {first} 行是同一家客户")
        elif holds_number(name):
            self._wrong(line, "name", "客户名称里有电话号码，请移到「电话」列")
        elif (doubt := self._doubt(owner)) is not None:
            self._wrong(line, "owner", doubt)
        elif code and not CREDIT_CODE.fullmatch(code):
            self._wrong(line, "credit_code", "统一社会信用代码应是 18 位数字或字母")
        elif code in self.new_codes:
            self._wrong(line, "credit_code", f"与第 {self.new_codes[code]} 行是同一家客户")
        elif existing is not None:
            self._complete(line, existing)
        else:
            self._create(line, name, self.owners[owner][0])
            if code:
                self.new_codes[code] = line.number

    def write(self, file: str) -> None:
        """Store what `take` has gathered, with one audit row."""
        customers.add(self.db, self.new)
        customers.add_tags(self.db, self.tags)
        for customer_id in sorted(self.changed):
            tags = sorted(self.known_tags.get(customer_id, ()))
            change = self.changes.get(customer_id, {})
            customers.complete(self.db, customer_id, change, tags, now=self.now)
        self.people.write()
        counts = {"created": self.outcome.created, "completed": self.outcome.completed}
        if any(counts.values()):
            audit.record(self.db, "customer.imported", ("file", file), at=self.now, detail=counts)

    def _create(self, line: Line, name: str, owner_id: str) -> None:
        tags = sorted(set(line.values.get("tags") or ()))
        row = customers.draft(
            name, owner_id=owner_id, now=self.now, facts=self._facts(line), tags=tags
        )
        self.new.append(row)
        self.people.take(row["id"], line.values, known=())
        self.outcome.created += 1

    def _complete(self, line: Line, existing: dict[str, Any]) -> None:
        """Fill what `existing` lacks; it learns at once, another line may mean it too."""
        customer_id = existing["id"]
        facts = self._facts(line)
        filled = {f: value for f, (value, _) in facts.items() if existing[f] == UNKNOWN}
        known = self.known_tags.setdefault(customer_id, set())
        tags = sorted(set(line.values.get("tags") or ()) - known)
        if filled:
            sources = {**existing["sources"], **dict.fromkeys(filled, self.source)}
            existing |= {**filled, "sources": sources}
            change = self.changes.setdefault(customer_id, {})
            change |= {**filled, "sources": sources}
            if "credit_code" in filled:
                self.by_code[filled["credit_code"]] = existing
        self.tags += [(customer_id, tag) for tag in tags]
        known.update(tags)
        if filled or tags:
            self.changed.add(customer_id)
        if not self.people.take(customer_id, line.values) and not filled and not tags:
            self.outcome.unchanged += 1
        elif customer_id not in self.completed:
            self.completed.add(customer_id)
            self.outcome.completed += 1

    def _doubt(self, owner: str) -> str | None:
        """Why nobody can be told to own the customer, if so."""
        if not owner:
            return "没有填负责人"
        found = len(self.owners.get(owner, ()))
        if found > 1:
            return f"有 {found} 位同事都叫「{owner}」，分不清是哪一位"
        return None if found else f"没有叫「{owner}」的同事"

    def _facts(self, line: Line) -> dict[str, tuple[str, str]]:
        facts = {f: (str(line.values[f]), self.source) for f in PROFILE if line.values.get(f)}
        if "credit_code" in facts:
            facts["credit_code"] = (_code(line), self.source)
        return facts

    def _wrong(self, line: Line, column: str, text: str) -> None:
        self.outcome.wrong.append(Wrong(line.number, column, text))


def _code(line: Line) -> str:
    return str(line.values.get("credit_code") or "").strip().upper()


_COLLEAGUES = select(PERSON.name, PERSON.id).where(PERSON.status == "active")
_KNOWN = select(*CUSTOMER)
_KNOWN_TAGS = select(CUSTOMER_TAG.customer_id, CUSTOMER_TAG.tag)
