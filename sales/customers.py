"""Customers: the table, finding them by a few letters, and who is nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import BigInteger, ColumnElement, Index, Select, bindparam, insert, select, union
from sqlmodel import Field, Session

from engine.errors import Refusal
from engine.ids import ulid
from engine.model import Row, table
from engine.types import Json, UtcTime
from sales import names
from sales.people import PERSON, Person

UNKNOWN = "unknown"
MOST = 10
LISTED = 50
SHOWN_ORDERS = 3
NEAR = 60.0
"""Least similarity (0–100) of a name offered as "nearest": below it the offer is noise."""


class Customer(Row, table=True):
    """One company we sell to or hope to.

    A field nobody has filled is "unknown" and has no entry in `sources`, which names where
    each filled one came from (requirements A29). `core`, `stem`, `sound`: `names.forms`.
    """

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_core", "core"),
        Index("ix_customer_stem", "stem"),
        Index("ix_customer_sound", "sound"),
        Index("ix_customer_owner", "owner_id"),
        Index("ix_customer_code", "credit_code"),
    )

    id: str = Field(primary_key=True)
    name: str
    core: str
    stem: str
    sound: str
    owner_id: str = Field(foreign_key="person.id")
    credit_code: str = UNKNOWN
    industry: str = UNKNOWN
    region: str = UNKNOWN
    address: str = UNKNOWN
    size_band: str = UNKNOWN
    contact: str = UNKNOWN
    phone: str = UNKNOWN
    rating: str = UNKNOWN
    sources: dict[str, str] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcTime)


class CustomerTag(Row, table=True):
    """A trade tag: what this customer has bought or done with us."""

    __tablename__ = "customer_tag"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    tag: str = Field(primary_key=True)


class Purchase(Row, table=True):
    """One past order. `amount_fen` in 分 (¥0.01)."""

    __tablename__ = "purchase"
    __table_args__ = (Index("ix_purchase_customer", "customer_id", "ordered_on"),)

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id")
    ordered_on: date
    product: str
    amount_fen: int = Field(sa_type=BigInteger)


class UnknownCustomer(Refusal):
    """No customer the person may see is called anything like it."""

    code = "unknown_customer"
    text = "您能看到的客户里没有「{name}」，相近的也没有。请核对后重发，或请运营先导入这家客户。"


@dataclass(frozen=True, slots=True)
class Named:
    """A customer as it is offered for picking."""

    id: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class Twin:
    """A customer that may be the same company; only a `visible` one may be shown by name."""

    customer: Named
    owner: str
    owner_region: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One past order as it is shown; `amount_fen` in 分."""

    ordered_on: date
    product: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer as its card shows it, newest order first."""

    id: str
    name: str
    owner: str
    industry: str
    region: str
    rating: str
    tags: tuple[str, ...]
    orders: tuple[Order, ...]


CUSTOMER = table(Customer).c
TAG = table(CustomerTag).c
PURCHASE = table(Purchase).c
_NAMED = (CUSTOMER.id, CUSTOMER.name, CUSTOMER.region)


def get(db: Session, customer_id: str, scope: ColumnElement[bool]) -> Named | None:
    """The customer with this id if it lies within `scope` (`policy.visible`)."""
    row = db.connection().execute(_by_id(scope), {"wanted": customer_id}).first()
    return None if row is None else Named(*row)


def find(db: Session, words: str, scope: ColumnElement[bool]) -> list[Named]:
    """The customers people mean by `words`, best first, at most ten.

    One exact name (or the only name starting with or containing the words) is alone in the
    list. Otherwise everything that starts with, contains, sounds like, or has the initials.
    """
    wanted = names.forms(words)
    exact = _rows(db, _by_core(scope), wanted=wanted.core)
    if exact:
        return exact[:MOST]
    starts = _rows(db, _select(scope).where(_prefix(CUSTOMER.core, wanted.core)))
    if len(starts) == 1:
        return starts
    inside = _rows(db, _select(scope).where(CUSTOMER.core.contains(wanted.core, autoescape=True)))
    if inside:
        return sorted(inside, key=lambda c: (c not in starts, c.name))[:MOST]
    return _sounding(db, wanted, scope)


def nearest(db: Session, words: str, scope: ColumnElement[bool]) -> list[Named]:
    """The customers whose names look most like `words`, best first, at most ten."""
    wanted = names.forms(words)
    everyone = {c.id: c for c in _rows(db, _select(scope))}
    cores = {c.id: names.forms(c.name).core for c in everyone.values()}
    ranked = process.extract(wanted.core, cores, scorer=fuzz.WRatio, limit=MOST, score_cutoff=NEAR)
    return [everyone[key] for _, _, key in ranked]


def suggest(db: Session, typed: str, scope: ColumnElement[bool]) -> list[Named]:
    """What a pick list offers: the first fifty by name, or what fits the typed letters."""
    if typed.strip():
        return find(db, typed, scope)
    return _rows(db, _select(scope).limit(LISTED))


def similar(db: Session, name: str, scope: ColumnElement[bool]) -> list[Twin]:
    """Every customer that may be the same company, whoever owns it, at most ten.

    Same core, same stem, same sound, or one character more that is no serial mark
    ("华东泵业" and "华东泵业二期" are two customers; "华东泵业业" is a slip). `scope` only
    decides which of them may be shown (beyond.md: check as system, reveal the owner masked).
    """
    wanted = names.forms(name)
    rows = db.connection().execute(
        _twins(scope),
        {"core": wanted.core, "stem": wanted.stem, "sound": wanted.sound,
         "shorter": names.one_less(wanted.core)},
    )  # fmt: skip
    return [Twin(Named(*row[:3]), row[3], row[4], bool(row[5])) for row in rows]


def draft(
    name: str, *, owner_id: str, now: datetime, facts: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """The row of a new customer; `facts` are field → (value, source), all others unknown."""
    wanted = names.forms(name)
    row: dict[str, Any] = {
        "id": ulid(now), "name": wanted.name, "core": wanted.core, "stem": wanted.stem,
        "sound": wanted.sound, "owner_id": owner_id, "created_at": now,
        "sources": {field: source for field, (_, source) in facts.items()},
    }  # fmt: skip
    for field in PROFILE:
        row[field] = facts[field][0] if field in facts else UNKNOWN
    return row


def add(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new customers, rows made by `draft`."""
    if rows:
        db.connection().execute(_INSERT, rows)


def tags(db: Session, customer_id: str) -> list[str]:
    """The distinct trade tags of a customer, in alphabetical order."""
    return list(db.connection().execute(_TAGS, {"customer": customer_id}).scalars())


def add_tags(db: Session, tags: Iterable[tuple[str, str]]) -> None:
    """Store new trade tags, as (customer id, tag)."""
    rows = [{"customer_id": customer_id, "tag": tag} for customer_id, tag in tags]
    if rows:
        db.connection().execute(insert(CustomerTag), rows)


def profile(db: Session, customer_id: str, scope: ColumnElement[bool]) -> Profile | None:
    """Everything the customer card shows, if the customer lies within `scope`."""
    row = db.connection().execute(
        select(CUSTOMER.name, CUSTOMER.industry, CUSTOMER.region, CUSTOMER.rating,
               PERSON.name.label("owner"))
        .join(Person, PERSON.id == CUSTOMER.owner_id)
        .where(CUSTOMER.id == customer_id, scope)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return Profile(
        id=customer_id, name=row.name, owner=row.owner, industry=row.industry,
        region=row.region, rating=row.rating, tags=tuple(tags(db, customer_id)),
        orders=tuple(orders(db, customer_id, limit=SHOWN_ORDERS)),
    )  # fmt: skip


def orders(db: Session, customer_id: str, *, limit: int) -> list[Order]:
    """The newest orders, newest first."""
    rows = db.connection().execute(
        select(PURCHASE.ordered_on, PURCHASE.product, PURCHASE.amount_fen)
        .where(PURCHASE.customer_id == customer_id)
        .order_by(PURCHASE.ordered_on.desc(), PURCHASE.id.desc())
        .limit(limit)
    )
    return [Order(*row) for row in rows]


PROFILE = (
    "credit_code", "industry", "region", "address", "size_band", "contact", "phone", "rating",
)  # fmt: skip
"""The fields that start as "unknown"."""

_INSERT = insert(Customer)
_TAGS = select(TAG.tag).where(TAG.customer_id == bindparam("customer")).order_by(TAG.tag)


@lru_cache(maxsize=1024)
def _select(scope: ColumnElement[bool]) -> Select[Any]:
    return select(*_NAMED).where(scope).order_by(CUSTOMER.name, CUSTOMER.id)


@lru_cache(maxsize=1024)
def _by_id(scope: ColumnElement[bool]) -> Select[Any]:
    return select(*_NAMED).where(CUSTOMER.id == bindparam("wanted"), scope)


@lru_cache(maxsize=1024)
def _by_core(scope: ColumnElement[bool]) -> Select[Any]:
    return _select(scope).where(CUSTOMER.core == bindparam("wanted"))


@lru_cache(maxsize=1024)
def _twins(scope: ColumnElement[bool]) -> Select[Any]:
    """One indexed look-up per form; the union is a handful of ids."""
    same = union(
        select(CUSTOMER.id).where(CUSTOMER.core == bindparam("core")),
        select(CUSTOMER.id).where(CUSTOMER.stem == bindparam("stem")),
        select(CUSTOMER.id).where(CUSTOMER.sound == bindparam("sound")),
        select(CUSTOMER.id).where(CUSTOMER.core.in_(bindparam("shorter", expanding=True))),
    )
    return (
        select(*_NAMED, PERSON.name, PERSON.region, scope)
        .join(Person, PERSON.id == CUSTOMER.owner_id)
        .where(CUSTOMER.id.in_(same))
        .order_by(CUSTOMER.name, CUSTOMER.id)
        .limit(MOST)
    )


def _rows(db: Session, statement: Select[Any], **values: str) -> list[Named]:
    return [Named(*row) for row in db.connection().execute(statement, values)]


def _prefix(column: ColumnElement[str], start: str) -> ColumnElement[bool]:
    return column.startswith(start, autoescape=True)


def _sounding(db: Session, wanted: names.Forms, scope: ColumnElement[bool]) -> list[Named]:
    letters = wanted.core
    heard = _rows(db, _select(scope).where(_prefix(CUSTOMER.sound, wanted.sound)))
    if heard or not letters.isascii():
        return heard[:MOST]
    return [
        c
        for c in _rows(db, _select(scope))
        if names.initials(names.forms(c.name).core).startswith(letters)
        or names.forms(c.name).sound.replace(" ", "").startswith(letters)
    ][:MOST]
