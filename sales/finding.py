"""Finding customers: by name, by a few letters, by likeness, and who may be the same company."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from engine.model import table
from engine.statement import Statement
from engine.unit import Unit
from sales import names, reach
from sales.customers import CUSTOMER, NAMED, CustomerKey, Named
from sales.people import PERSON, Person
from sales.reach import Reach, Shape

MOST = 10
"""Customers offered for picking; WeCom's pick list holds no more."""
LISTED = 50
"""Customers in the list of a form before a letter is typed."""
COMPARED = 8
"""Characters of a name that count for likeness; the telling ones stand in front."""
CANDIDATES = 50
"""Customers compared letter by letter after the database has sorted them roughly."""
LAST = "\U0010ffff"
"""Sorts behind everything that can follow a beginning."""


class Found(NamedTuple):
    """Customers to pick from, best first; `more` says that others fit as well."""

    customers: tuple[Named, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Twin:
    """A customer that may be the same company; only a `visible` one may be shown by name."""

    customer: Named
    owner: str
    owner_region: str
    visible: bool


def find(db: Unit, words: str, scope: Reach) -> Found:
    """The customers people mean by `words`, best first, at most ten.

    One exact name (or the only name starting with or containing the words) is alone in the
    list. Otherwise everything that starts with, contains, sounds like, or has the initials.
    """
    if not names.says_something(words):
        return Found()
    wanted, queries = names.forms(words), _queries(scope.shape)
    if exact := _rows(db, queries.exact, scope, wanted=wanted.core):
        return _cut(sorted(exact, key=attrgetter("name", "id")))
    starts = _rows(db, queries.starts, scope, **_range("core", wanted.core))
    if len(starts) == 1:
        return Found(tuple(starts))
    within = {**_range("core", wanted.core), "wanted": wanted.core}
    if inside := _rows(db, queries.inside, scope, **within):
        return _cut(inside)
    return _cut(_sounding(db, queries, wanted, scope))


def nearest(db: Unit, words: str, scope: Reach) -> Found:
    """The customers that share at least half of the characters of `words`, best first.

    Ten at most, and never for one character alone: "华东阀门" is near "华东泵业" and "恒信阀门".
    """
    stem = names.forms(words).stem
    shared = [c for c in dict.fromkeys(stem) if c.isalnum()][:COMPARED]
    enough = max(2, (len(shared) + 1) // 2)
    if len(shared) < enough:
        return Found()
    patterns = [*(f"%{c}%" for c in shared), *[""] * (COMPARED - len(shared))]  # "" fits none
    values = {f"c{i}": pattern for i, pattern in enumerate(patterns)}
    rows = _queries(scope.shape).nearest.rows(
        db, {**scope.people, **values, **_range("core", stem[:2]), "enough": enough}
    )
    from rapidfuzz import fuzz  # 4 MB that few processes ever need

    ranked = sorted(rows, key=lambda row: -fuzz.ratio(stem, row.core))
    return Found(tuple(Named(*row[: len(NAMED)]) for row in ranked[:MOST]))


def suggest(db: Unit, typed: str, scope: Reach) -> Sequence[Named]:
    """What a pick list offers: what fits the typed letters, or the first fifty by name.

    One more than `LISTED` says that there are more.
    """
    if typed.strip():
        return find(db, typed, scope).customers
    return _rows(db, _queries(scope.shape).listed, scope)


def similar(db: Unit, name: str, scope: Reach) -> list[Twin]:
    """Every customer that may be the same company, whoever owns it, at most ten.

    Same stem, same sound, or one slip apart (`names.keys`): index look-ups only.
    `scope` decides which of them may be shown (beyond.md: check as system, reveal the owner
    masked).
    """
    stem = names.forms(name).stem
    asked = {f"key{i}": key for i, key in enumerate(names.keys(stem))}
    sharing = _sharing(len(asked)).rows(db, asked)
    if len(sharing) < CANDIDATES and not any(_near(db, stem, one) for one in set(sharing)):
        return []  # as for nearly every new customer, but among many some share a key
    rows = _twins(scope.shape, len(asked)).rows(db, {**scope.people, "stem": stem, **asked})
    return [_twin(row) for row in rows if names.near(stem, row.stem)][:MOST]


def twins(db: Unit, ids: Iterable[str], scope: Reach) -> list[Twin]:
    """These customers, in this order, as they are shown to whoever sees those of `scope`."""
    wanted = dict.fromkeys(ids)
    seen = scope.over(CUSTOMER.owner_id)
    rows = db.execute(_owned(seen).where(CUSTOMER.id.in_([literal(one) for one in wanted])))
    found = {row.id: _twin(row) for row in rows}
    return [found[one] for one in wanted if one in found]


def _twin(row: Any) -> Twin:
    return Twin(Named(*row[: len(NAMED)]), row.owner, row.owner_region, bool(row.seen))


class _Queries(NamedTuple):
    """The statements for reaches of one shape, built once."""

    exact: Statement
    starts: Statement
    inside: Statement
    sounds: Statement
    spells: Statement
    listed: Statement
    nearest: Statement


KEY = table(CustomerKey).c
_BY_NAME = (CUSTOMER.name, CUSTOMER.id)


@lru_cache(maxsize=reach.SHAPES)
def _queries(shape: Shape) -> _Queries:
    seen = reach.condition(shape, CUSTOMER.owner_id)
    offer = select(*NAMED).where(seen).order_by(*_BY_NAME).limit(MOST + 1)
    exact = select(*NAMED).where(reach.condition(shape, CUSTOMER.owner_id, few=True))
    starts = _begins("core")
    inside = CUSTOMER.core.contains(bindparam("wanted"))  # letters only, nothing to escape
    sounds = or_(CUSTOMER.sound == bindparam("heard"), _begins("sound"))
    return _Queries(
        exact=Statement(exact.where(CUSTOMER.core == bindparam("wanted")).limit(MOST + 1)),
        starts=Statement(offer.where(_indexed(starts))),
        inside=Statement(
            offer.where(inside).order_by(None).order_by(case((starts, 0), else_=1), *_BY_NAME)
        ),
        sounds=Statement(offer.where(_indexed(sounds))),
        spells=Statement(offer.where(or_(_begins("letters"), _begins("initials")))),
        listed=Statement(offer.limit(LISTED + 1)),
        nearest=_nearest(seen),
    )


def _nearest(seen: ColumnElement[bool]) -> Statement:
    """The rough order: characters shared, the same first two, the shorter name."""
    shares = (CUSTOMER.core.like(bindparam(f"c{i}")) for i in range(COMPARED))
    shared = reduce(operator.add, (case((one, 1), else_=0) for one in shares))
    return Statement(
        select(*NAMED, CUSTOMER.core)
        .where(seen, shared >= bindparam("enough"))
        .order_by(shared.desc(), case((_begins("core"), 0), else_=1), func.length(CUSTOMER.core),
                  *_BY_NAME)
        .limit(CANDIDATES)
    )  # fmt: skip


_STEM = Statement(select(CUSTOMER.stem).where(CUSTOMER.id == bindparam("customer_id")))


@lru_cache(maxsize=256)
def _sharing(count: int) -> Statement:
    """Whoever has one of so many keys, once for each."""
    keys = (select(KEY.customer_id).where(KEY.key == bindparam(f"key{i}")) for i in range(count))
    every = union_all(*keys)  # for an IN, SQLite makes a temporary table
    return Statement(every.limit(CANDIDATES))


def _near(db: Unit, stem: str, sharing: Any) -> bool:
    other = _STEM.value(db, {"customer_id": sharing.customer_id})
    return other is not None and names.near(stem, other)


@lru_cache(maxsize=4 * reach.SHAPES)
def _twins(shape: Shape, count: int) -> Statement:
    """Index look-ups of a handful of keys; the very same stem comes first."""
    same = select(KEY.customer_id).where(KEY.key.in_([bindparam(f"key{i}") for i in range(count)]))
    return Statement(
        _owned(reach.condition(shape, CUSTOMER.owner_id, few=True))
        .where(CUSTOMER.id.in_(same))
        .order_by(CUSTOMER.stem != bindparam("stem"), *_BY_NAME)
        .limit(CANDIDATES)
    )


def _owned(seen: ColumnElement[bool]) -> Select[Any]:
    """Customers with their owners, and whether they are `seen`."""
    whose = PERSON.name.label("owner"), PERSON.region.label("owner_region")
    return select(*NAMED, *whose, seen.label("seen"), CUSTOMER.stem).join(
        Person, PERSON.id == CUSTOMER.owner_id
    )


def _sounding(
    db: Unit, queries: _Queries, wanted: names.Forms, scope: Reach
) -> list[Named]:  # fmt: skip
    heard = {"heard": wanted.sound, **_range("sound", f"{wanted.sound} ")}
    found = _rows(db, queries.sounds, scope, **heard)
    if found or not wanted.core.isascii():
        return found
    typed = {**_range("letters", wanted.core), **_range("initials", wanted.core)}
    return _rows(db, queries.spells, scope, **typed)


def _begins(column: str) -> ColumnElement[bool]:
    """Whether the column begins with a text given by `_range`; an index can serve it."""
    return and_(
        CUSTOMER[column] >= bindparam(f"{column}_from"),
        CUSTOMER[column] < bindparam(f"{column}_to"),
    )


def _indexed(wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition by its own index; SQLite would rather walk everything of the owners."""
    return CUSTOMER.id.in_(select(CUSTOMER.id).where(wanted))


def _range(column: str, start: str) -> dict[str, str]:
    return {f"{column}_from": start, f"{column}_to": f"{start}{LAST}"}


def _rows(db: Unit, statement: Statement, scope: Reach, **values: str) -> list[Named]:
    return [Named(*row) for row in statement.rows(db, {**scope.people, **values})]


def _cut(rows: list[Named]) -> Found:
    return Found(tuple(rows[:MOST]), more=len(rows) > MOST)
