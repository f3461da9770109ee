"""The trail: who did what to which object, chained so that nobody can change it unseen (B15).

Rows are only ever added. Each carries `hash`, the SHA-256 over the hash before it and its own
columns as a JSON array, so a row that was changed, taken out or put in breaks the chain from
there on. What a chain cannot show by itself is that its end was cut off or all of it written
anew: for that its head is kept outside (`Head`, docs/operators.md).

A unit only notes what happened; the writer chains the notes of a whole batch right before its
commit, so that one statement serves all and PostgreSQL's processes wait for each other only
that long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from pydantic_core import to_json
from sqlalchemy import BigInteger, Index, bindparam, column, insert, select
from sqlalchemy import table as bare
from sqlmodel import Field

from engine.masking import masked_json
from engine.model import Row, table
from engine.statement import Statement
from engine.types import Json, UtcTime, microseconds
from engine.unit import Unit

LOCK = 20261122
"""Any number, the same in every process: who lengthens the chain."""


class Audit(Row, table=True):
    """One thing that happened; `engine.unit.Occasion` says what the first columns mean.

    `detail` holds what an auditor needs beyond, under "set" the fields that got a value.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject", "subject_type", "subject_id", "seq"),
        Index("ix_audit_actor", "actor", "seq"),
    )

    seq: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    at: datetime = Field(sa_type=UtcTime)
    actor: str
    channel: str
    origin: str
    cause: str
    action: str
    subject_type: str
    subject_id: str
    detail: dict[str, Any] = Field(sa_type=Json)
    hash: str


Subject: TypeAlias = tuple[str, str]
"""(type, id) of what something happened to."""
SET = "set"
"""Under this name `detail` holds the fields that got a value, from which states are rebuilt."""


class Head(NamedTuple):
    """The end of the chain up to a row: its number and its hash."""

    seq: int
    hash: str


START = Head(0, "0" * 64)
END = 2**63 - 1
"""Above every row's number."""
PAGE = 20_000
"""Rows checked by one query."""

_COLUMNS = tuple(column.name for column in table(Audit).c)
_STORED = bare("audit", *(column(name) for name in _COLUMNS))
"""The columns as they are stored: a moment is a number, JSON is text."""
_ADD = Statement(insert(_STORED), columns=_COLUMNS)
_HEAD = Statement(select(_STORED.c.seq, _STORED.c.hash).order_by(_STORED.c.seq.desc()).limit(1))
_AT = Statement(select(_STORED.c.seq, _STORED.c.hash).where(_STORED.c.seq == bindparam("wanted")))
_PAGE = Statement(
    select(_STORED)
    .where(_STORED.c.seq > bindparam("after"))
    .order_by(_STORED.c.seq)
    .limit(bindparam("most"))
)
_A = table(Audit).c
_IT = (_A.subject_type == bindparam("type"), _A.subject_id == bindparam("id"))
_NEWEST = select(*_A).where(_A.seq < bindparam("before")).order_by(_A.seq.desc())
_ABOUT = Statement(_NEWEST.where(*_IT).limit(bindparam("most")))
_BY = Statement(_NEWEST.where(_A.actor == bindparam("actor")).limit(bindparam("most")))
_SETTING = Statement(select(_A.detail).where(*_IT, _A.at <= bindparam("until")).order_by(_A.seq))


def record(
    db: Unit, action: str, subject: Subject, *, at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Note that something happened; the row is there when the unit's commit is.

    People's numbers in what is told are masked (D30): the trail could never forget them.

    Raises:
        ValueError: `at` has no time zone.
    """
    told = masked_json(to_json(detail or {}).decode())
    db.trail.append((microseconds(at), *db.occasion, action, *subject, told))
    db.writes += 1


def seal(db: Unit, trail: Sequence[tuple[Any, ...]]) -> None:
    """Add what was noted to the end of the chain, in this order."""
    if not trail:
        return
    if db.dialect_name == "postgresql":
        db.drive("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    seq, end = head(db)
    rows = []
    for noted in trail:
        seq += 1
        end = link(end, (seq, *noted))
        rows.append((seq, *noted, end))
    _ADD.run_stored(db, rows)


def link(before: str, columns: Sequence[Any]) -> str:
    """The hash of a row: of the hash before it and all its columns but the hash, as stored.

    The columns are one JSON array in UTF-8 without blanks; any JSON library writes the same.
    """
    return hashlib.sha256(before.encode() + to_json(columns)).hexdigest()


def head(db: Unit) -> Head:
    """The present end of the chain."""
    row = _HEAD.row(db, {})
    return START if row is None else Head(*row)


def history(db: Unit, subject: Subject, *, most: int, before: int = END) -> Sequence[Any]:
    """The newest rows about an object below the number `before`, newest first."""
    asked = {"type": subject[0], "id": subject[1], "before": before, "most": most}
    return _ABOUT.rows(db, asked)


def deeds(db: Unit, actor: str, *, most: int, before: int = END) -> Sequence[Any]:
    """The newest rows about what a person did below the number `before`, newest first."""
    return _BY.rows(db, {"actor": actor, "before": before, "most": most})


def state(db: Unit, subject: Subject, moment: datetime) -> tuple[dict[str, Any], int]:
    """The fields of an object as they were at a moment, and from how many rows that follows."""
    fields: dict[str, Any] = {}
    rows = _SETTING.rows(db, {"type": subject[0], "id": subject[1], "until": moment})
    changes = [row.detail[SET] for row in rows if SET in row.detail]
    for change in changes:
        fields |= change
    return fields, len(changes)


def at(db: Unit, seq: int) -> Head | None:
    """The chain up to a row, as the database has it; None if there is no such row."""
    row = _AT.row(db, {"wanted": seq})
    return None if row is None else Head(*row)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was written; `how` is "missing", "changed" or "cut"."""

    seq: int
    how: str


def verify(db: Unit, after: Head, *, most: int) -> Head | Broken:
    """Go on from a row known to be good: the last good one of the next `most`, or the first bad.

    The same head again says that the chain ends there.
    """
    good = after
    for *columns, written in _PAGE.rows(db, {"after": after.seq, "most": most}):
        if columns[0] != good.seq + 1:
            return Broken(good.seq + 1, "missing")
        if link(good.hash, columns) != written:
            return Broken(columns[0], "changed")
        good = Head(columns[0], written)
    return good


def check(db: Unit, after: Head = START) -> tuple[Head, Broken | None]:
    """The last good row from a good one to the end, and the first bad one if there is one."""
    while isinstance(further := verify(db, after, most=PAGE), Head):
        if further == after:
            return after, None
        after = further
    return after, further


def compare(db: Unit, anchors: Iterable[Head]) -> Broken | None:
    """The first of the heads kept outside that the chain no longer goes through, if any."""
    for anchor in sorted(set(anchors) - {START}, key=lambda one: one.seq):
        present = at(db, anchor.seq)
        if present is None:
            return Broken(head(db).seq + 1, "cut")
        if present.hash != anchor.hash:
            return Broken(anchor.seq, "changed")
    return None
