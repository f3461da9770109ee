"""Opportunities: by referral two facts make a standard one (requirements A28–A30).

One that was a lead before has no introducer; `sales/lead_convert.py` opens it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Index, bindparam, or_, select, text, update
from sqlmodel import Field

from engine import audit
from engine.errors import Refusal
from engine.ids import as_numbered, day_number, ulid
from engine.model import Row, table
from engine.statement import Statement, insertion
from engine.types import Json, UtcTime
from engine.unit import Unit
from sales import contacts, customers, policy
from sales.customers import CUSTOMER, PROFILE, UNKNOWN, Customer, Named
from sales.people import Who

OPEN, WON, LOST = "open", "won", "lost"
BY_REFERRAL, FROM_LEAD = "referral", "lead"
"""What an opportunity came from."""
CREATE = "opportunity.create"
"""The right to register them, and to say what became of them."""
_CLOSED = text("closed_at IS NOT NULL")


class Opportunity(Row, table=True):
    """A chance to sell: open, or since `closed_at` won or lost.

    `flow` is the errand it came from: one errand, one opportunity.

    `effort_ms` is the time from opening the form to submitting it, None for one line
    (A30). `sources` of filled fields are those of the customer. `introducer_id` is the customer
    who vouched, None if it was a lead; `tags` are the trade tags taken over from them.
    """

    __tablename__ = "opportunity"
    __table_args__ = (
        Index("ix_opportunity_customer", "customer_id"),
        Index("ix_opportunity_owner", "owner_id", "created_at"),
        Index(
            "ix_opportunity_closed",
            "owner_id",
            "closed_at",
            sqlite_where=_CLOSED,
            postgresql_where=_CLOSED,
        ),
    )

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    flow: str = Field(unique=True)
    customer_id: str = Field(foreign_key="customer.id")
    owner_id: str = Field(foreign_key="person.id")
    introducer_id: str | None = Field(default=None, foreign_key="customer.id")
    source: str
    tags: list[str] = Field(
        default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"}
    )
    stage: str = OPEN
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    effort_ms: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcTime)


class OwnIntroducer(Refusal):
    """The new customer turned out to be its introducer."""

    code = "own_introducer"
    text = "「{name}」不能做自己的介绍人，请换一家介绍人，或改一下新客户名称。"


class NotOpen(Refusal):
    """There is no such opportunity, or it was closed before."""

    code = "opportunity_not_open"
    text = "没有找到您能关的商机「{number}」，或者它已经关了。编号要写成 OPP-20261123-0001 的样子。"


class NotYours(NotOpen):
    """The number is well written: there is no such opportunity to close for this person."""

    text = "没有找到您能关的商机 {number}，或者它已经关了。"


class Created(NamedTuple):
    """An opportunity as its card shows it.

    `filled` is (field, value, source) of what the customer took over from an introducer,
    `missing` the fields of the customer that nobody knows yet.
    """

    number: str
    customer_id: str
    customer: str
    introducer: str
    tags: tuple[str, ...]
    filled: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...]


class By(NamedTuple):
    """Whose it will be, when, and on what occasion."""

    person_id: str
    flow: str
    now: datetime
    today: date
    opened_at: datetime | None = None


OPPORTUNITY = table(Opportunity).c
_INSERT = insertion(table(Opportunity))
INHERITED = ("industry", "region")
"""Facts a new customer takes over from its introducer until somebody knows better."""
INTRODUCED = "介绍客户 "
"""How the source of such a fact begins."""

_VOUCHING = table(Customer).alias("introducer")
_OF_FLOW = Statement(
    select(
        OPPORTUNITY.number, OPPORTUNITY.customer_id, OPPORTUNITY.tags, CUSTOMER.name,
        CUSTOMER.sources, _VOUCHING.c.name.label("introducer"), *(CUSTOMER[f] for f in PROFILE),
    )
    .join(Customer, CUSTOMER.id == OPPORTUNITY.customer_id)
    .join(_VOUCHING, _VOUCHING.c.id == OPPORTUNITY.introducer_id)
    .where(OPPORTUNITY.flow == bindparam("wanted"))
)  # fmt: skip
_EXISTS = Statement(select(OPPORTUNITY.id).where(OPPORTUNITY.flow == bindparam("wanted")))


def refer(db: Unit, introducer: Named, new: str | Named, by: By) -> Created:
    """Customer and opportunity, with its introducer and copied tags, all or nothing.

    `new` is the name of a new customer, or the existing customer it turned out to be. The
    caller has asked `of_flow` first; the database refuses a second one of the same errand.

    Raises:
        OwnIntroducer: `new` is the introducer itself.
    """
    if isinstance(new, Named):
        if new.id == introducer.id:
            raise OwnIntroducer(name=new.name)
        _open(db, introducer, new.id, by)
        return _shown(db, by.flow)
    facts = _inherited(introducer)
    row = customers.draft(new, owner_id=by.person_id, now=by.now, facts=facts)
    customers.add(db, [row])
    number, tags = _open(db, introducer, row["id"], by)
    return Created(
        number, row["id"], row["name"], introducer.name, tags,
        tuple((field, *fact) for field, fact in facts.items()),
        (*(field for field in PROFILE if field not in facts), *contacts.WANTED.values()),
    )  # fmt: skip


def close(db: Unit, words: str, stage: str, who: Who, *, now: datetime) -> str:
    """An open opportunity is won or lost from here on; the customer's name.

    It is one `who` reaches, or one with a customer they do: a lead may have become an
    opportunity of somebody else's customer.

    Raises:
        NotOpen: there is none of this number, or it was closed before.
    """
    number = as_numbered(words) or ""
    seen = policy.visible(who, CREATE)
    of_customer = CUSTOMER.id == OPPORTUNITY.customer_id, seen.over(CUSTOMER.owner_id)
    ours = or_(seen.over(OPPORTUNITY.owner_id), select(CUSTOMER.id).where(*of_customer).exists())
    it = OPPORTUNITY.number == number, OPPORTUNITY.stage == OPEN, ours
    change = {"stage": stage, "closed_at": now}
    closed = update(Opportunity).where(*it).values(change)
    row = db.execute(closed.returning(OPPORTUNITY.id, OPPORTUNITY.customer_id)).first()
    if row is None:
        raise NotYours(number=number) if number else NotOpen(number=words.strip()[:20])
    audit.record(db, "opportunity.closed", ("opportunity", row.id), at=now,
                 detail={audit.SET: change})  # fmt: skip
    named = select(CUSTOMER.name).where(CUSTOMER.id == row.customer_id)
    return str(db.execute(named).scalar_one())


def of_flow(db: Unit, flow: str) -> Created | None:
    """The opportunity an errand has led to, if it has."""
    found = _EXISTS.value(db, {"wanted": flow})
    return None if found is None else _shown(db, flow)


def _shown(db: Unit, flow: str) -> Created:
    """The errand's result, read back: it is shown alike the first time and every other."""
    row = _OF_FLOW.one(db, {"wanted": flow})
    filled = tuple(
        (field, getattr(row, field), row.sources[field])
        for field in INHERITED
        if row.sources.get(field, "").startswith(INTRODUCED)
    )
    missing = [field for field in PROFILE if getattr(row, field) == UNKNOWN]
    return Created(
        row.number, row.customer_id, row.name, row.introducer, tuple(row.tags), filled,
        (*missing, *contacts.missing(db, row.customer_id)),
    )  # fmt: skip


def open_(
    db: Unit, customer_id: str, source: str, by: By, *,
    introducer_id: str | None = None, tags: Sequence[str] = (), **known: Any,
) -> tuple[str, str]:  # fmt: skip
    """A new opportunity: its id and number; `known` is what else the trail says of it."""
    opportunity_id, number = ulid(by.now), day_number(db, "OPP", by.today)
    effort = None if by.opened_at is None else by.now - by.opened_at
    row = {
        "number": number, "customer_id": customer_id, "owner_id": by.person_id,
        "source": source, "stage": OPEN, "closed_at": None,
        "effort_ms": None if effort is None else effort // timedelta(milliseconds=1),
    }  # fmt: skip
    _INSERT.run(db, {
        "id": opportunity_id, "flow": by.flow, "created_at": by.now,
        "introducer_id": introducer_id, "tags": tags, **row,
    })  # fmt: skip
    if introducer_id is not None:
        known |= {"introducer": introducer_id, "tags": tags}
    audit.record(db, "opportunity.created", ("opportunity", opportunity_id), at=by.now,
                 detail={audit.SET: {**row, **known}})  # fmt: skip
    return opportunity_id, number


def _open(
    db: Unit, introducer: Named, customer_id: str, by: By
) -> tuple[str, tuple[str, ...]]:  # fmt: skip
    """The number of a new opportunity by referral, and the tags it took over."""
    tags = tuple(customers.tags(db, introducer.id))
    _, number = open_(
        db, customer_id, BY_REFERRAL, by, introducer_id=introducer.id, tags=tags
    )  # fmt: skip
    return number, tags


def _inherited(introducer: Named) -> dict[str, tuple[str, str]]:
    source = f"{INTRODUCED}{introducer.name}"
    known = {field: getattr(introducer, field) for field in INHERITED}
    return {field: (value, source) for field, value in known.items() if value != UNKNOWN}
