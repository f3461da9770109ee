"""What a sheet says of how far a lead is, against what we know (A6, C24).

A state changes by events only, so a sheet never overwrites one. A row that contradicts it is
kept as evidence until somebody who may work the lead has looked at both, or the lead has gone
where the sheet said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, and_, bindparam, func, or_, select, text, update
from sqlmodel import Field

from engine import audit
from engine.errors import Refusal
from engine.ids import ulid
from engine.model import Row, table
from engine.statement import Statement, insertion_once
from engine.types import UtcTime
from engine.unit import Unit
from sales import dictionary, lead_states, people, policy
from sales.desk import Desk
from sales.lead_states import (
    ASSIGNED,
    CONTACTED,
    CONVERTED,
    INVALID,
    MERGED,
    OPENED,
    QUALIFIED,
    REVISIT,
    Seen,
)
from sales.leads import LEAD, POOLED, Lead
from sales.people import PERSON, Person, Who
from sales.rules.terms import STATES

WORK, ASSIGN = "lead.work", "lead.assign"
BEGINNING = "未联系"
"""How far a new lead is, in a sheet's words."""
_BEYOND = {CONVERTED, MERGED}
_CALLED = {CONTACTED, QUALIFIED, REVISIT, *_BEYOND}
AGREES: Mapping[str, frozenset[str]] = {
    BEGINNING: frozenset({POOLED, ASSIGNED, OPENED, INVALID, MERGED}),
    "已联系": frozenset({*_CALLED, INVALID}),
    "有意向": frozenset({QUALIFIED, REVISIT, *_BEYOND}),
    "待回访": frozenset({CONTACTED, QUALIFIED, REVISIT, MERGED}),
    "已转商机": frozenset(_BEYOND),
    "无效": frozenset({INVALID, MERGED}),
}
"""The states in which a lead may be while a sheet says so: it may be older than what we know."""
PAGE = 5
"""Conflicts looked at together, the oldest first."""
_REST = re.compile(r"[\s，,、;；:：（(/-].*", re.DOTALL)
"""Behind the state people write why: 无效，空号."""
LOOKED_AT = 50
"""Rows of the trail looked through at a time for the last change of state."""


class ImportConflict(Row, table=True):
    """A row of a sheet that contradicts a lead.

    `said` is the house's word for `words`, the state the row tells; since `since` the lead was
    otherwise. `by` is who imported it, "" the command line. Open until `settled_at`;
    `settled_by` is "" where the lead itself went there.
    """

    __tablename__ = "import_conflict"
    __table_args__ = (
        Index("ux_import_conflict", "lead_id", "said", "since", unique=True),
        Index("ix_import_conflict_open", "at", sqlite_where=text("settled_at IS NULL"),
              postgresql_where=text("settled_at IS NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    lead_id: str = Field(foreign_key="lead.id")
    said: str
    since: datetime = Field(sa_type=UtcTime)
    words: str
    file: str
    line: int
    by: str
    at: datetime = Field(sa_type=UtcTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcTime)
    settled_by: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """What we know: the state, since when, and the name of whose doing it was ("" ours)."""

    state: str
    since: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a row of a sheet says: the house's word, the words there, and where they stand."""

    said: str
    words: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """One open conflict as its card shows it; `by` and `owner` are names."""

    id: str
    lead_id: str
    number: str
    company: str
    state: str
    owner: str | None
    told: Told
    by: str
    at: datetime


class Settled(Refusal):
    """Somebody was quicker, or the lead went where the sheet said."""

    code = "conflict_settled"
    text = "这一条已经核对过了，或者不归您核对。还有没有别的，发：/线索 核对"


CONFLICT = table(ImportConflict).c
_KEEP = insertion_once(table(ImportConflict))
_SAME = (
    CONFLICT.lead_id == bindparam("lead"), CONFLICT.said == bindparam("word"),
    CONFLICT.since == bindparam("from_", type_=UtcTime),
)  # fmt: skip
_KNOWN = Statement(select(CONFLICT.id).where(*_SAME))
_OPEN = Statement(
    select(CONFLICT.id, CONFLICT.said)
    .where(CONFLICT.lead_id == bindparam("lead"), CONFLICT.settled_at.is_(None))
    .order_by(CONFLICT.id)
)
_SETTLE = Statement(
    update(ImportConflict)
    .where(CONFLICT.id == bindparam("wanted"), CONFLICT.settled_at.is_(None))
    .values(settled_at=bindparam("now", type_=UtcTime), settled_by=bindparam("who"))
)
_SHOWN = (
    select(
        CONFLICT.id, CONFLICT.lead_id, LEAD.number, LEAD.company, LEAD.state, PERSON.name,
        CONFLICT.said, CONFLICT.words, CONFLICT.file, CONFLICT.line, CONFLICT.by, CONFLICT.at,
    )
    .join(Lead, LEAD.id == CONFLICT.lead_id)
    .outerjoin(Person, PERSON.id == LEAD.owner_id)
)  # fmt: skip


def meaning(words: str, desk: Desk) -> str | None:
    """The house's word for a state as a sheet calls it; None for something unknown."""
    terms = dictionary.of(desk.rules.at(STATES, desk.now).body.terms)
    match = terms.match(words) or terms.match(_REST.sub("", words))
    return None if match is None else match.term


def contradicted(db: Unit, lead_id: str, said: str) -> Ours | None:
    """What we know, if a lead cannot be as a sheet says, and nobody has looked at that yet."""
    seen = lead_states.look(db, lead_id)
    if seen.state in AGREES[said]:
        return None
    known = ours(db, seen)
    asked = {"lead": lead_id, "word": said, "from_": known.since}
    return None if _KNOWN.row(db, asked) is not None else known


def ours(db: Unit, seen: Seen) -> Ours:
    """How a lead came to be in the state it is in, by the trail.

    Raises:
        LookupError: the trail does not tell; it always does.
    """
    before = audit.END
    while rows := audit.history(db, ("lead", seen.id), most=LOOKED_AT, before=before):
        for row in rows:
            if row.detail.get(audit.SET, {}).get("state") == seen.state:
                return Ours(seen.state, row.at, people.names(db, [row.actor]).get(row.actor, ""))
        before = rows[-1].seq
    raise LookupError(seen.number)


def keep(db: Unit, lead_id: str, told: Told, known: Ours, *, by: str, now: datetime) -> str | None:
    """Keep what a row says for somebody to look at; the conflict's id, None if it was kept before.

    The same contradiction of the same state is looked at once, in however many sheets it comes.
    """
    made = ulid(now)
    row = {
        "id": made, "lead_id": lead_id, "said": told.said, "since": known.since,
        "words": told.words, "file": told.file, "line": told.line, "by": by, "at": now,
        "settled_at": None, "settled_by": "",
    }  # fmt: skip
    if not _KEEP.run(db, row):
        return None
    detail = {"said": told.said, "words": told.words, "file": told.file, "line": told.line}
    audit.record(db, "lead.contradicted", ("lead", lead_id), at=now, detail=detail)
    return made


def get(db: Unit, conflict_id: str, who: Who) -> Conflict:
    """An open conflict this person may settle.

    Raises:
        Settled: it is not open any more, or somebody else's business.
    """
    row = db.execute(_SHOWN.where(CONFLICT.id == conflict_id, _theirs(who))).first()
    if row is None:
        raise Settled
    return _conflicts(db, [row])[0]


def waiting(db: Unit, who: Who, page: int) -> tuple[list[Conflict], int]:
    """A page (from 0) of the open conflicts this person may settle, and how many there are."""
    count = select(func.count()).select_from(ImportConflict).join(Lead, LEAD.id == CONFLICT.lead_id)
    total = db.execute(count.where(_theirs(who))).scalar_one()
    oldest = _SHOWN.where(_theirs(who)).order_by(CONFLICT.at, CONFLICT.id)
    return _conflicts(db, db.execute(oldest.limit(PAGE).offset(page * PAGE)).all()), total


def settle(db: Unit, conflict: Conflict, who: Who, *, now: datetime) -> None:
    """Somebody looked at both: it is as we know it.

    Raises:
        Settled: somebody was quicker.
    """
    if not _over(db, conflict.id, conflict.lead_id, conflict.told.said, who=who.id, now=now):
        raise Settled


def agreed(db: Unit, lead_id: str, state: str, *, now: datetime) -> list[str]:
    """The conflicts that are over because the lead is now as their sheets said."""
    return [
        one.id
        for one in _OPEN.rows(db, {"lead": lead_id})
        if state in AGREES[one.said] and _over(db, one.id, lead_id, one.said, now=now)
    ]


def _over(
    db: Unit, conflict_id: str, lead_id: str, said: str, *, now: datetime, who: str = ""
) -> bool:  # fmt: skip
    if not _SETTLE.run(db, {"wanted": conflict_id, "now": now, "who": who}):
        return False
    detail = {"said": said, "kept": bool(who)}
    audit.record(db, "lead.conflict_settled", ("lead", lead_id), at=now, detail=detail)
    return True


def _theirs(who: Who) -> ColumnElement[bool]:
    """Open, and of a lead they may work; of one nobody has, who gives out the pool."""
    theirs = policy.owned(who, WORK, LEAD.owner_id)
    if policy.may(who, ASSIGN):
        theirs = or_(theirs, LEAD.owner_id.is_(None))
    return and_(CONFLICT.settled_at.is_(None), theirs)


def _conflicts(db: Unit, rows: Sequence[Any]) -> list[Conflict]:
    names = people.names(db, {row.by for row in rows if row.by})
    return [
        Conflict(
            row.id, row.lead_id, row.number, row.company, row.state, row.name,
            Told(row.said, row.words, row.file, row.line), names.get(row.by, "命令行"), row.at,
        )
        for row in rows
    ]  # fmt: skip
