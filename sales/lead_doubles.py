"""Who else may be the same customer: found by the system, whoever owns it (beyond.md, B4).

By telephone number (the vault's HMAC), by credit code, by the same name and by a name one slip
away. What a person may see of it is decided where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal, select

from engine.statement import Statement
from engine.unit import Unit
from engine.vault import Vault
from sales import contacts, names
from sales.contacts import CONTACT
from sales.customers import CUSTOMER, UNKNOWN
from sales.finding import KEY
from sales.lead_states import MERGED, OVER
from sales.leads import LEAD, LEAD_KEY
from sales.people import PERSON, Person

MOST = 10
"""Doubles of one lead anybody looks at."""
_AT_ONCE = 50
ONE_DAY = timedelta(hours=24)
"""Within which one person splitting a customer is looked for (A50)."""


class Why(StrEnum):
    """What two of them share, the surest first."""

    PHONE = "phone"
    CODE = "code"
    NAME = "name"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Double:
    """A lead or customer that may be the same one; `number` is "" for a customer.

    `owner_id` is None for a lead in the pool; a customer's `state` is "".
    """

    kind: str
    id: str
    number: str
    company: str
    state: str
    owner_id: str | None
    owner: str | None
    owner_region: str | None
    created_by: str
    created_at: datetime
    why: Why

    @property
    def sure(self) -> bool:
        """Whether it is the same for all we know; a near name only may be."""
        return self.why is not Why.NEAR


_ORDER = tuple(Why)
_OWNER = (PERSON.name.label("owner"), PERSON.region.label("owner_region"))
_EVERY_LEAD = (
    select(
        literal("lead").label("kind"), LEAD.id, LEAD.number, LEAD.company, LEAD.state,
        LEAD.owner_id, *_OWNER, LEAD.created_by, LEAD.created_at,
    )
    .outerjoin(Person, PERSON.id == LEAD.owner_id)
    .order_by(LEAD.created_at, LEAD.id)
    .limit(_AT_ONCE)
)  # fmt: skip
_CUSTOMERS = (
    select(
        literal("customer").label("kind"), CUSTOMER.id, literal("").label("number"), CUSTOMER.name,
        literal("").label("state"), CUSTOMER.owner_id, *_OWNER, literal("").label("created_by"),
        CUSTOMER.created_at,
    )
    .outerjoin(Person, PERSON.id == CUSTOMER.owner_id)
    .order_by(CUSTOMER.created_at, CUSTOMER.id)
    .limit(_AT_ONCE)
)  # fmt: skip
_LEADS = {
    False: _EVERY_LEAD.where(LEAD.state.not_in([literal(state) for state in OVER])),
    True: _EVERY_LEAD.where(LEAD.state != literal(MERGED)),
}
"""Leads that may be the same one: open ones, or those that are over as well."""
_LEADS_BY_CODE = {
    over: Statement(found.where(LEAD.credit_code == bindparam("code")))
    for over, found in _LEADS.items()
}
_CUSTOMERS_BY_CODE = Statement(
    _CUSTOMERS.where(CUSTOMER.credit_code == bindparam("code"), CUSTOMER.credit_code != UNKNOWN)
)


def find(
    db: Unit, vault: Vault, company: str, *, phone: str = "", code: str = "", but: str = ""
) -> list[Double]:  # fmt: skip
    """Every open lead and every customer that may be the same one, the surest first, ten at most.

    Each is named once, by the surest thing it shares; the lead `but` is left out.
    """
    found: dict[str, Double] = {}
    for double in sorted(_all(db, vault, company, phone, code), key=_rank):
        found.setdefault(double.id, double)
    found.pop(but, None)
    return list(found.values())[:MOST]


def lead_of(db: Unit, vault: Vault, company: str, *, phone: str, code: str) -> Double | None:
    """The lead that surely is this one, also one that is over; one somebody has comes first."""
    found = [
        one
        for one in sorted(_all(db, vault, company, phone, code, over=True), key=_rank)
        if one.sure and one.kind == "lead"
    ]
    return min(found, key=lambda one: (one.owner_id is None, one.state in OVER), default=None)


def split(
    brought_by: str, at: datetime, doubles: Sequence[Double]
) -> list[Double]:  # fmt: skip
    """Those that are surely the same lead, brought by the same person within a day (A50)."""
    return [
        one for one in doubles
        if one.sure and brought_by and one.created_by == brought_by
        and abs(at - one.created_at) <= ONE_DAY
    ]  # fmt: skip


def _rank(double: Double) -> tuple[int, datetime, str]:
    return _ORDER.index(double.why), double.created_at, double.id


def _all(
    db: Unit, vault: Vault, company: str, phone: str, code: str, *, over: bool = False
) -> Iterator[Double]:  # fmt: skip
    if phone and (known := contacts.by_number(db, vault, phone)):
        theirs = select(CONTACT.customer_id).where(CONTACT.id.in_(known))
        yield from _shared(db.execute(_LEADS[over].where(LEAD.contact_id.in_(known))), Why.PHONE)
        yield from _shared(db.execute(_CUSTOMERS.where(CUSTOMER.id.in_(theirs))), Why.PHONE)
    for statement in (_LEADS_BY_CODE[over], _CUSTOMERS_BY_CODE) if code else ():
        yield from _shared(statement.rows(db, {"code": code}), Why.CODE)
    core, stem = names.forms(company).core, names.forms(company).stem
    keys = sorted(names.keys(stem))
    asked = {f"key{i}": key for i, key in enumerate(keys)}
    for statement in _by_keys(len(keys), over):
        for row in statement.rows(db, asked):
            shown = names.forms(row[3])
            if shown.core == core:
                yield Double(*(*row, Why.NAME))
            elif names.near(stem, shown.stem):
                yield Double(*(*row, Why.NEAR))


def _shared(rows: Iterable[Any], why: Why) -> Iterator[Double]:
    return (Double(*(*row, why)) for row in rows)


@lru_cache(maxsize=64)
def _by_keys(count: int, over: bool) -> tuple[Statement, Statement]:  # noqa: FBT001  part of a key
    keys: list[ColumnElement[str]] = [bindparam(f"key{i}") for i in range(count)]
    leads = select(LEAD_KEY.lead_id).where(LEAD_KEY.key.in_(keys))
    customers = select(KEY.customer_id).where(KEY.key.in_(keys))
    return (
        Statement(_LEADS[over].where(LEAD.id.in_(leads))),
        Statement(_CUSTOMERS.where(CUSTOMER.id.in_(customers))),
    )
