"""Customers: the tables, a new one, and what is known of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Index, String, bindparam, select, text, update
from sqlmodel import Field

from engine import audit
from engine.errors import Refusal
from engine.ids import ulid
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import Statement, insertion
from engine.types import Json, UtcTime
from engine.unit import Unit
from sales import names, reach
from sales.people import PERSON, Person
from sales.reach import Reach, Shape

UNKNOWN = "unknown"
SHOWN_ORDERS = 3
AT_ONCE = 1000
"""Customers whose keys are stored by one statement; a key is some 100 bytes of memory."""

Bytewise = String().with_variant(String(collation="C"), "postgresql")
"""A text ordered by its bytes on every database, so that an index serves its beginnings."""


_KNOWN_CODE = text("credit_code <> 'unknown'")


class Customer(Row, table=True):
    """One company we sell to or hope to.

    A field nobody has filled is "unknown" and has no entry in `sources`, which names where
    each filled one came from (requirements A29). `core` to `initials`: `names.forms`.
    """

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_core", "core"),
        Index("ix_customer_sound", "sound"),
        Index("ix_customer_owner", "owner_id"),
        Index(
            "ix_customer_code",
            "credit_code",
            sqlite_where=_KNOWN_CODE,
            postgresql_where=_KNOWN_CODE,
        ),
    )

    id: str = Field(primary_key=True)
    name: str
    core: str = Field(sa_type=Bytewise)
    stem: str
    sound: str = Field(sa_type=Bytewise)
    letters: str = Field(sa_type=Bytewise)
    initials: str = Field(sa_type=Bytewise)
    owner_id: str = Field(foreign_key="person.id")
    credit_code: str = UNKNOWN
    industry: str = UNKNOWN
    region: str = UNKNOWN
    address: str = UNKNOWN
    size_band: str = UNKNOWN
    rating: str = UNKNOWN
    sources: dict[str, str] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcTime)


class CustomerKey(Row, table=True):
    """One way a customer's name is written with one slip (`names.keys`)."""

    __tablename__ = "customer_key"
    __table_args__ = WITHOUT_ROWID

    key: str = Field(primary_key=True)
    customer_id: str = Field(primary_key=True)  # written with its customer; no check per key


class CustomerTag(Row, table=True):
    """A trade tag: what this customer has bought or done with us."""

    __tablename__ = "customer_tag"
    __table_args__ = WITHOUT_ROWID

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


class Named(NamedTuple):
    """A customer as it is offered for picking, with what its referrals take over."""

    id: str
    name: str
    region: str
    industry: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class Order:
    """One past order as it is shown; `amount_fen` in 分."""

    ordered_on: date
    product: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer as its card shows it, newest order first, without the `hidden` fields."""

    id: str
    name: str
    owner: str
    industry: str
    region: str
    rating: str
    tags: tuple[str, ...]
    orders: tuple[Order, ...]
    hidden: frozenset[str] = frozenset()


CUSTOMER = table(Customer).c
CUSTOMER_TAG = table(CustomerTag).c
PURCHASE = table(Purchase).c
NAMED = (CUSTOMER.id, CUSTOMER.name, CUSTOMER.region, CUSTOMER.industry)


def get(db: Unit, customer_id: str, scope: Reach) -> Named | None:
    """The customer with this id if it lies within `scope` (`policy.visible`)."""
    row = _by_id(scope.shape).row(db, {**scope.people, "wanted": customer_id})
    return None if row is None else Named(*row)


def draft(
    name: str, *, owner_id: str, now: datetime, facts: Mapping[str, tuple[str, str]],
    tags: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """The row of a new customer; `facts` are field → (value, source), all others unknown."""
    wanted = names.forms(name)
    row: dict[str, Any] = {
        "id": ulid(now), "name": wanted.name, "core": wanted.core, "stem": wanted.stem,
        "sound": wanted.sound, "letters": wanted.letters, "initials": wanted.initials,
        "owner_id": owner_id, "created_at": now,
        "sources": {field: source for field, (_, source) in facts.items()}, "tags": tags,
    }  # fmt: skip
    for field in PROFILE:
        row[field] = facts[field][0] if field in facts else UNKNOWN
    return row


def add(db: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new customers, rows made by `draft`, with their tags and the keys they are found by."""
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        _INSERT.run_many(db, some)
        keys = [(key, row["id"]) for row in some for key in names.keys(row["stem"])]
        _INSERT_KEYS.run_stored(db, keys)
        add_tags(db, ((row["id"], tag) for row in some for tag in row["tags"]))
        for row in some:
            detail = {audit.SET: {field: row[field] for field in TOLD if row[field] != UNKNOWN}}
            audit.record(db, "customer.created", ("customer", row["id"]), at=row["created_at"],
                         detail=detail)  # fmt: skip


def complete(
    db: Unit, customer_id: str, change: Mapping[str, Any], tags: Sequence[str], *, now: datetime
) -> None:  # fmt: skip
    """Write fields of a known customer; `tags` are all it has from now on, stored already."""
    if change:
        db.execute(update(Customer).where(CUSTOMER.id == customer_id).values(change))
    audit.record(db, "customer.completed", ("customer", customer_id), at=now,
                 detail={audit.SET: {**change, "tags": tags}})  # fmt: skip


def fill(
    db: Unit, customer_id: str, facts: Mapping[str, tuple[str, str]], *, now: datetime
) -> None:  # fmt: skip
    """Learn facts about a customer, field → (value, source), where nobody knew anything.

    Nothing at all if somebody writes about the same customer at this moment.
    """
    row = db.execute(select(*CUSTOMER).where(CUSTOMER.id == customer_id)).one()
    new = {field: fact for field, fact in facts.items() if getattr(row, field) == UNKNOWN}
    if not new:
        return
    sources = {**row.sources, **{field: source for field, (_, source) in new.items()}}
    change = {**{field: value for field, (value, _) in new.items()}, "sources": sources}
    as_seen = CUSTOMER.id == customer_id, CUSTOMER.sources == row.sources
    if db.execute(update(Customer).where(*as_seen).values(change)).rowcount:
        audit.record(db, "customer.completed", ("customer", customer_id), at=now,
                     detail={audit.SET: change})  # fmt: skip


def tags(db: Unit, customer_id: str) -> list[str]:
    """The distinct trade tags of a customer, in alphabetical order."""
    return [tag for (tag,) in _TAGS.rows(db, {"customer": customer_id})]


def add_tags(db: Unit, tags: Iterable[tuple[str, str]]) -> None:
    """Store new trade tags, as (customer id, tag)."""
    rows = [{"customer_id": customer_id, "tag": tag} for customer_id, tag in tags]
    _INSERT_TAGS.run_many(db, rows)


def profile(
    db: Unit, customer_id: str, scope: Reach, hidden: AbstractSet[str] = frozenset()
) -> Profile | None:  # fmt: skip
    """Everything the customer card shows, if the customer lies within `scope`.

    The fields in `hidden` (`policy.hidden`) are left out.
    """
    row = _profile(scope.shape).row(db, {**scope.people, "wanted": customer_id})
    if row is None:
        return None
    shown = () if "orders" in hidden else orders(db, customer_id, limit=SHOWN_ORDERS)
    return Profile(
        id=customer_id, name=row.name, owner=row.owner, industry=row.industry,
        region=row.region, rating=row.rating if "rating" not in hidden else UNKNOWN,
        tags=tuple(tags(db, customer_id)), orders=tuple(shown), hidden=frozenset(hidden),
    )  # fmt: skip


def orders(db: Unit, customer_id: str, *, limit: int) -> list[Order]:
    """The newest orders, newest first."""
    rows = _ORDERS.rows(db, {"customer": customer_id, "most": limit})
    return [Order(*row) for row in rows]


PROFILE = ("credit_code", "industry", "region", "address", "size_band", "rating")
"""The fields that start as "unknown"."""
TOLD = ("name", "owner_id", *PROFILE, "sources", "tags")
"""What the trail says of a customer; the rest follows from it."""

_INSERT = insertion(table(Customer))
_INSERT_KEYS = insertion(table(CustomerKey), "key", "customer_id")
_INSERT_TAGS = insertion(table(CustomerTag))
_TAGS = Statement(
    select(CUSTOMER_TAG.tag)
    .where(CUSTOMER_TAG.customer_id == bindparam("customer"))
    .order_by(CUSTOMER_TAG.tag)
)
_ORDERS = Statement(
    select(PURCHASE.ordered_on, PURCHASE.product, PURCHASE.amount_fen)
    .where(PURCHASE.customer_id == bindparam("customer"))
    .order_by(PURCHASE.ordered_on.desc(), PURCHASE.id.desc())
    .limit(bindparam("most"))
)


@lru_cache(maxsize=reach.SHAPES)
def _by_id(shape: Shape) -> Statement:
    seen = reach.condition(shape, CUSTOMER.owner_id, few=True)
    return Statement(select(*NAMED).where(CUSTOMER.id == bindparam("wanted"), seen))


@lru_cache(maxsize=reach.SHAPES)
def _profile(shape: Shape) -> Statement:
    return Statement(
        select(CUSTOMER.name, CUSTOMER.industry, CUSTOMER.region, CUSTOMER.rating,
               PERSON.name.label("owner"))
        .join(Person, PERSON.id == CUSTOMER.owner_id)
        .where(CUSTOMER.id == bindparam("wanted"),
               reach.condition(shape, CUSTOMER.owner_id, few=True))
    )  # fmt: skip
