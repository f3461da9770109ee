"""What was: the trail of people and objects, and any object as it was at a moment (N5, N6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select

from engine import audit
from engine.audit import Subject
from engine.errors import Refusal
from engine.ids import as_numbered
from engine.unit import Unit
from sales import finding, names
from sales.customers import CUSTOMER
from sales.finding import MOST
from sales.leads import LEAD
from sales.opportunities import OPPORTUNITY
from sales.people import PERSON
from sales.reach import EVERYTHING
from sales.rules.all import KINDS
from sales.rules.api import Kind

NAMES: Mapping[str, Any] = {
    "person": (PERSON.id, PERSON.name),
    "customer": (CUSTOMER.id, CUSTOMER.name),
    "opportunity": (OPPORTUNITY.id, OPPORTUNITY.number),
    "lead": (LEAD.id, LEAD.number),
}
"""The objects people ask for by name, and what they are called."""
RULE = "rule"
SHOWN = 7
"""Rows of the trail on one card."""


class UnknownObject(Refusal):
    """Nobody and nothing is called so."""

    code = "unknown_object"
    text = (
        "没有找到「{name}」。可以写同事姓名、客户名称、OPP- 或 LD- 开头的编号，"
        "或者规则的名称，如 分配规则。"
    )


class NothingYet(Refusal):
    """The object has no row on the trail by that moment."""

    code = "nothing_yet"
    text = "{moment} 的时候还没有「{name}」的记录。"


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with its name."""

    subject: Subject
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the trail; `who` and `about` are names, "" for the system and for none."""

    seq: int
    at: datetime
    who: str
    channel: str
    origin: str
    action: str
    about: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    """An object as it was: its fields, ids read as names, and from how many rows that follows."""

    thing: Thing
    fields: Mapping[str, Any]
    rows: int
    later: int


def things(db: Unit, words: str) -> list[Thing]:
    """The people, objects and rules meant by `words`, exact names first; at most ten."""
    name = as_numbered(words) or names.clean(words)
    exact = [
        Thing((kind, row[0]), row[1])
        for kind, (key, called) in NAMES.items()
        for row in db.execute(select(key, called).where(called == name).order_by(key).limit(MOST))
    ]
    exact += [_rule(kind) for kind in KINDS if name in {kind.title, str(kind.name)}]
    if exact:
        return exact[:MOST]
    found = finding.find(db, words, EVERYTHING)
    near = [Thing(("customer", one.id), one.name) for one in found.customers]
    return near or [_rule(kind) for kind in KINDS if name and name in kind.title]


def _rule(kind: Kind[Any]) -> Thing:
    return Thing((RULE, str(kind.name)), kind.title)


def one(db: Unit, subject: Subject) -> Thing:
    """The object with this id.

    Raises:
        UnknownObject: it does not exist.
    """
    name = called(db, [subject]).get(subject)
    if name is None:
        raise UnknownObject(name=subject[1])
    return Thing(subject, name)


def entries(db: Unit, thing: Thing, *, before: int = audit.END, most: int = SHOWN) -> list[Entry]:
    """The newest rows below a number about an object, or by a person and about them."""
    rows = list(audit.history(db, thing.subject, before=before, most=most))
    if thing.subject[0] == "person":
        rows += audit.deeds(db, thing.subject[1], before=before, most=most)
    newest = sorted({row.seq: row for row in rows}.values(), key=lambda row: -row.seq)[:most]
    wanted = [("person", row.actor) for row in newest]
    told = called(db, [*wanted, *((row.subject_type, row.subject_id) for row in newest)])
    return [
        Entry(row.seq, row.at, told.get(("person", row.actor), row.actor), row.channel, row.origin,
              row.action, told.get((row.subject_type, row.subject_id), ""), row.detail)
        for row in newest
    ]  # fmt: skip


def past(db: Unit, thing: Thing, moment: datetime, *, now: datetime) -> Past:
    """The object as it was at `moment`, rebuilt from the trail alone.

    Raises:
        NothingYet: the trail knew nothing of it by then.
    """
    fields, rows = audit.state(db, thing.subject, moment)
    if not rows:
        raise NothingYet(name=thing.name, moment=f"{moment:%Y-%m-%d %H:%M:%S}")
    _, all_rows = audit.state(db, thing.subject, now)
    return Past(thing, _named(db, fields), rows, all_rows - rows)


def called(db: Unit, subjects: Collection[Subject]) -> dict[Subject, str]:
    """The names of objects; those that have none are left out."""
    wanted: dict[str, set[str]] = {}
    for kind, key in subjects:
        wanted.setdefault(kind, set()).add(key)
    rules = {(RULE, str(rule.name)): rule.title for rule in KINDS}
    found = {subject: rules[subject] for subject in subjects if subject in rules}
    for kind, keys in wanted.items():
        if kind in NAMES:
            key, name = NAMES[kind]
            rows = db.execute(select(key, name).where(key.in_([literal(k) for k in sorted(keys)])))
            found |= {(kind, row[0]): row[1] for row in rows}
    return found


_REFERENCES = {
    "owner_id": "person", "manager_id": "person", "created_by": "person", "customer_id": "customer",
    "introducer": "customer", "merged_into": "lead", "lead": "lead",
    "opportunity_id": "opportunity",
}  # fmt: skip
"""Fields that hold the id of another object."""


def _named(db: Unit, fields: Mapping[str, Any]) -> dict[str, Any]:
    pairs = {
        field: (kind, fields[field]) for field, kind in _REFERENCES.items() if fields.get(field)
    }
    told = called(db, pairs.values())
    return {**fields, **{field: told.get(pair, pair[1]) for field, pair in pairs.items()}}
