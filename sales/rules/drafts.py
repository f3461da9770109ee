"""Drafts of rules: what they change and what is wrong with them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import documents
from engine.documents import State, Stored
from engine.unit import Unit
from sales.rules.api import Kind
from sales.rules.values import Amended, Value


@dataclass(frozen=True, slots=True)
class Changed:
    """One item as it was and as it will be, in words."""

    item: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that is not published, against the published one it was made from."""

    kind: Kind[Any]
    version: int
    base: int
    body: Mapping[str, Any]
    changes: tuple[Changed, ...]
    faults: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def changes(
    kind: Kind[Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Changed, ...]:  # fmt: skip
    """The items in which two bodies differ, in words."""
    old, new = kind.read(before).model_dump(), kind.read(after).model_dump()
    return tuple(
        Changed(item.title, *_apart(item.value, old[name], new[name]))
        for name, item in kind.items.items()
        if old[name] != new[name]
    )


def _apart(value: Value, before: Any, after: Any) -> tuple[str, str]:
    if isinstance(value, Amended):
        return value.apart(before, after)
    return value.words(before), value.words(after)


def draft_of(db: Unit, kind: Kind[Any], person_id: str, version: int = 0) -> Draft | None:
    """A draft by its number, or somebody's own; None if it is not open any more."""
    stored = documents.one(db, kind.name, version) if version else own(db, kind, person_id)
    if stored is None or stored.state not in {State.DRAFT, State.CHECKED}:
        return None
    return told_of(db, kind, stored)


def own(db: Unit, kind: Kind[Any], person_id: str) -> Stored | None:
    """Somebody's open draft."""
    drafts = documents.drafts(db, kind.name)
    return next((one for one in drafts if one.author == person_id), None)


def told_of(db: Unit, kind: Kind[Any], stored: Stored) -> Draft:
    """A stored draft against the version it was made from."""
    base = documents.one(db, kind.name, stored.base)
    return against(db, kind, stored.version, base, stored.body)


def against(
    db: Unit, kind: Kind[Any], version: int, base: Stored | None, body: Mapping[str, Any]
) -> Draft:  # fmt: skip
    """A body as a draft on top of a published version."""
    before = {} if base is None else base.body
    faults = tuple(kind.faults_here(db, body))
    return Draft(
        kind, version, 0 if base is None else base.version, body,
        changes(kind, before, body), faults, () if faults else tuple(kind.warnings(db, body)),
    )  # fmt: skip
