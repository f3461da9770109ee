"""Versioned documents: what may be changed while the product runs (domain model §1).

A version is written once and never changed (a trigger holds that); only its state moves on,
each time by one statement that takes effect only on the state before: draft → checked →
published → retired. Published versions of one document come into effect in the order of their
numbers, so that at any moment exactly one of them is in effect. What a body means is the
business of whoever owns the document.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, or_, select, update
from sqlmodel import Field

from engine.ids import next_number
from engine.model import Row, table
from engine.statement import Statement, insertion, insertion_once
from engine.types import EPOCH, Json, UtcTime
from engine.unit import Unit

COUNTER = "document"
"""The sequence that counts changes of documents; whoever draws from it changes them alone.

Whoever keeps what is published in memory is woken by this name after the commit.
"""


class State(StrEnum):
    """What has become of a version."""

    DRAFT = "draft"
    CHECKED = "checked"
    PUBLISHED = "published"
    RETIRED = "retired"


class Name(NamedTuple):
    """Which document: "sla", "unfinished"."""

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


class Document(Row, table=True):
    """One version of a document.

    `base` is the published version it was made from (0: none); it can only be published while
    that is still the newest. `reason` says why it was published. From `effective_from` it is
    what holds, until a later version does. `retired_at` says since when it is out of use: a
    draft that was given up, a planned version that was called off before it came into effect,
    or one that a later version has followed. `publication` is the number of the change that
    made it public or called it off, for those who keep what is published in memory.
    """

    __tablename__ = "document"

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    base: int
    body: dict[str, Any] = Field(sa_type=Json)
    sha256: str
    author: str
    reason: str = ""
    state: str = State.DRAFT
    effective_from: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcTime)
    published_by: str = ""
    retired_at: datetime | None = Field(default=None, sa_type=UtcTime)
    publication: int = Field(default=0, index=True)


Stored: TypeAlias = Any
"""A version as it was read: the columns of `Document` by name."""

DOCUMENT = table(Document)
_D = DOCUMENT.c
_COLUMNS = tuple(column.name for column in _D)
_INSERT = insertion(DOCUMENT, *_COLUMNS)
_PROVIDE = insertion_once(DOCUMENT, *_COLUMNS)


def _named(columns: Any = _D) -> ColumnElement[bool]:
    return and_(columns.kind == bindparam("of_kind"), columns.key == bindparam("of_key"))


_IT = and_(_named(), _D.version == bindparam("wanted"))
_OPEN = _D.state.in_([literal(State.DRAFT.value), literal(State.CHECKED.value)])
_OTHER = DOCUMENT.alias("other")
_PUBLISHED = (
    select(func.coalesce(func.max(_OTHER.c.version), 0))
    .where(_named(_OTHER.c), _OTHER.c.state == State.PUBLISHED.value)
)  # fmt: skip
_IN_EFFECT = _PUBLISHED.where(_OTHER.c.effective_from <= bindparam("now", type_=UtcTime))
_LATER = (
    select(_OTHER.c.version)
    .where(_named(_OTHER.c), _OTHER.c.state == State.PUBLISHED.value)
    .where(_OTHER.c.effective_from > bindparam("from_then", type_=UtcTime))
)
_LAST = Statement(select(func.max(_D.version)).where(_named()))
_GIVE_UP = Statement(
    update(DOCUMENT)
    .where(_named(), _OPEN, _D.author == bindparam("by"))
    .values(state=State.RETIRED.value, retired_at=bindparam("now"))
)
_CHECKED = Statement(
    update(DOCUMENT).where(_IT, _OPEN).values(state=State.CHECKED.value)
)  # fmt: skip
_PUBLISH = Statement(
    update(DOCUMENT)
    .where(_IT, _D.state == State.CHECKED.value)
    .where(_D.base == _PUBLISHED.scalar_subquery(), ~_LATER.exists())
    .values(
        state=State.PUBLISHED.value, reason=bindparam("why"), published_by=bindparam("by"),
        published_at=bindparam("now"), effective_from=bindparam("from_then"),
        publication=bindparam("turn"),
    )
)  # fmt: skip
_FOLLOWED = Statement(
    update(DOCUMENT)
    .where(_named(), _D.state == State.PUBLISHED.value)
    .where(_D.version < _IN_EFFECT.scalar_subquery())
    .values(state=State.RETIRED.value, retired_at=bindparam("now"))
)
_DROP = Statement(
    update(DOCUMENT)
    .where(_IT, _OPEN)
    .values(state=State.RETIRED.value, retired_at=bindparam("now"))
)
_CALL_OFF = Statement(
    update(DOCUMENT)
    .where(_IT, _D.state == State.PUBLISHED.value)
    .where(_D.effective_from > bindparam("now", type_=UtcTime))
    .where(_D.version == _PUBLISHED.scalar_subquery())
    .values(state=State.RETIRED.value, retired_at=bindparam("now"), publication=bindparam("turn"))
)
_ONE = Statement(select(*_D).where(_IT))
_STANDING = Statement(
    select(*_D)
    .where(_named(), _D.state == State.PUBLISHED.value)
    .order_by(_D.version.desc())
)  # fmt: skip
_PUBLICATION = Statement(
    select(func.max(_D.publication)).where(_named(), _D.published_at.is_not(None))
)
_DRAFTS = Statement(select(*_D).where(_named(), _OPEN).order_by(_D.version))
_HISTORY = Statement(
    select(*_D)
    .where(_named())
    .where(or_(_D.published_at.is_not(None), and_(_OPEN, _D.author == bindparam("by"))))
    .order_by(_D.version.desc())
    .limit(bindparam("most"))
)
_HELD = Statement(
    select(*_D)
    .where(_named(), _D.effective_from <= bindparam("now", type_=UtcTime))
    .where(or_(_D.retired_at.is_(None), _D.retired_at >= _D.effective_from))
    .order_by(_D.version.desc())
    .limit(bindparam("most"))
)
_SINCE = Statement(
    select(*_D)
    .where(_D.publication > bindparam("after"), _D.published_at.is_not(None))
    .order_by(_D.publication)
)
_NAMES = Statement(select(_D.kind, _D.key).where(_D.version == 1))


def fingerprint(body: Mapping[str, Any]) -> str:
    """SHA-256 of the body in its one canonical form (sorted keys, UTF-8)."""
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def provide(
    db: Unit, bodies: Mapping[Name, Mapping[str, Any]], reason: str, *, now: datetime
) -> None:  # fmt: skip
    """Publish version 1 of documents nobody has seen yet, as what has always held.

    What is there already stays as it is; processes that start at once provide it once.
    """
    there = {Name(*row) for row in _NAMES.rows(db, {})}
    if not (missing := bodies.keys() - there):
        return
    turn = next_number(db, COUNTER)
    for name in sorted(missing):
        _PROVIDE.run(db, _row(name, 1, bodies[name], now=now) | {
            "reason": reason, "state": State.PUBLISHED.value, "effective_from": EPOCH,
            "published_at": now, "publication": turn,
        })  # fmt: skip


def draft(
    db: Unit, name: Name, body: Mapping[str, Any], *, base: int, author: str, now: datetime
) -> int:  # fmt: skip
    """Write a new version on top of the published one `base`; its number.

    It takes the place of the author's own open draft.
    """
    next_number(db, COUNTER)
    _GIVE_UP.run(db, _of(name) | {"by": author, "now": now})
    version = int(_LAST.value(db, _of(name)) or 0) + 1
    _INSERT.run(db, _row(name, version, body, base=base, author=author, now=now))
    return version


def checked(db: Unit, name: Name, version: int) -> bool:
    """Note that a draft has passed its check; False when it is no open draft."""
    return _CHECKED.run(db, _of(name) | {"wanted": version}) == 1


def publish(
    db: Unit, name: Name, version: int, *, by: str, reason: str, effective_from: datetime,
    now: datetime,
) -> bool:  # fmt: skip
    """Publish a checked draft; False when somebody has published or called off meanwhile.

    Also False if a later moment is taken: versions come into effect in the order of their
    numbers, so nothing can be put before what is planned.

    Raises:
        ValueError: it would come into effect in the past.
    """
    if effective_from < now:
        raise ValueError("a version cannot come into effect before it is published")
    values = _of(name) | {"now": now, "turn": next_number(db, COUNTER)}
    done = _PUBLISH.run(
        db, values | {"wanted": version, "why": reason, "by": by, "from_then": effective_from}
    )
    if done:
        _FOLLOWED.run(db, values)
        db.lanes.add(COUNTER)
    return done == 1


def drop(db: Unit, name: Name, version: int, *, now: datetime) -> bool:
    """Give up a draft; False when it is none any more."""
    return _DROP.run(db, _of(name) | {"wanted": version, "now": now}) == 1


def call_off(db: Unit, name: Name, version: int, *, now: datetime) -> bool:
    """Call off the newest version before it comes into effect; False if it is not that one.

    Nothing is taken from under a later version, which was made from it and says what it says.
    """
    turn = next_number(db, COUNTER)
    db.lanes.add(COUNTER)
    return _CALL_OFF.run(db, _of(name) | {"wanted": version, "now": now, "turn": turn}) == 1


def one(db: Unit, name: Name, version: int) -> Stored | None:
    """A version by its number, whatever has become of it."""
    return _ONE.row(db, _of(name) | {"wanted": version})


def published(db: Unit, name: Name) -> list[Stored]:
    """What is published and not followed yet, planned versions included, the newest first."""
    return _STANDING.rows(db, _of(name))


def planned(db: Unit, name: Name, *, now: datetime) -> list[Stored]:
    """What is published and waits for its time, the next one first."""
    return [row for row in reversed(published(db, name)) if row.effective_from > now]


def publication(db: Unit, name: Name) -> int:
    """The number of the newest public change of a document."""
    return int(_PUBLICATION.value(db, _of(name)) or 0)


def drafts(db: Unit, name: Name) -> list[Stored]:
    """The open drafts, oldest first; at most one of each author."""
    return _DRAFTS.rows(db, _of(name))


def history(db: Unit, name: Name, *, by: str, most: int) -> list[Stored]:
    """What was ever published, and one's own open draft, the newest first."""
    return _HISTORY.rows(db, _of(name) | {"by": by, "most": most})


def held(db: Unit, name: Name, *, most: int, now: datetime) -> list[Stored]:
    """What has come into effect by now, the newest first: what holds, then what held before."""
    return _HELD.rows(db, _of(name) | {"most": most, "now": now})


def published_since(db: Unit, publication: int) -> Iterable[Stored]:
    """Versions published, or called off, by changes after the one of that number."""
    return _SINCE.rows(db, {"after": publication})


def _of(name: Name) -> dict[str, Any]:
    return {"of_kind": name.kind, "of_key": name.key}


def _row(
    name: Name, version: int, body: Mapping[str, Any], *, base: int = 0, author: str = "",
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    return {
        "kind": name.kind, "key": name.key, "version": version, "base": base, "body": body,
        "sha256": fingerprint(body), "author": author, "reason": "", "state": State.DRAFT.value,
        "effective_from": None, "created_at": now, "published_at": None, "published_by": "",
        "retired_at": None, "publication": 0,
    }  # fmt: skip
