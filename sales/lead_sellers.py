"""Whoever may get leads, with what a rule may ask of them, as of this moment (B11, B12).

成单率 counts the opportunities somebody has closed within thirty days with customers of one
industry: won ÷ closed. Who has closed none has no rate, and is not eligible by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select

from engine.calendar_days import Absence
from engine.model import table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales import figures
from sales.assigning import Seller
from sales.conditions import Value
from sales.customers import CUSTOMER, Customer
from sales.lead_decisions import DECISION
from sales.lead_states import OWNED
from sales.leads import LEAD
from sales.opportunities import LOST, OPPORTUNITY, WON
from sales.people import PERSON, Role
from sales.rules.assigning_values import share

LATELY = timedelta(days=30)
"""How far back a win rate looks (requirements B11)."""
_AWAY = table(Absence).c
_NOW = bindparam("now", type_=UtcTime)


def _count(rows: Select[Any], name: str) -> ColumnElement[int]:
    return rows.correlate(PERSON.id.table).scalar_subquery().label(name)


_CLOSED = (
    select(func.count())
    .select_from(OPPORTUNITY.id.table)
    .join(Customer, CUSTOMER.id == OPPORTUNITY.customer_id)
    .where(OPPORTUNITY.owner_id == PERSON.id, CUSTOMER.industry == bindparam("industry"))
    .where(OPPORTUNITY.closed_at >= bindparam("since", type_=UtcTime))
)
_OPEN = select(func.count()).where(
    LEAD.owner_id == PERSON.id, LEAD.state.in_([literal(state) for state in OWNED])
)
_LAST = select(func.max(DECISION.at)).where(DECISION.owner_id == PERSON.id)
_LEAVE = select(func.count()).where(
    _AWAY.person_id == PERSON.id, _AWAY.from_at <= _NOW, _AWAY.to_at > _NOW
)
_WON = OPPORTUNITY.stage == WON
_SELLERS = Statement(
    select(
        PERSON.id, PERSON.name, PERSON.region, PERSON.rank, PERSON.series, PERSON.product_line,
        PERSON.created_at, _count(_OPEN, "open"), _count(_LAST, "last"), _count(_LEAVE, "away"),
        _count(_CLOSED.where(OPPORTUNITY.stage.in_([literal(WON), literal(LOST)])), "closed"),
        _count(_CLOSED.where(_WON), "won"),
    )
    .where(PERSON.role == Role.REP.value, PERSON.status == "active")
    .order_by(PERSON.id)
)  # fmt: skip


_TRAITS = Statement(
    select(PERSON.region, PERSON.rank, PERSON.series, PERSON.product_line.label("product"))
    .where(PERSON.role == Role.REP.value, PERSON.status == "active")
    .distinct()
)  # fmt: skip
LASTING = ("region", "rank", "series", "product")
"""What a rule may ask of a colleague that does not depend on the lead or on the day."""
_OPEN_COUNTS = Statement(
    select(PERSON.id, _count(_OPEN, "open"))
    .where(PERSON.role == Role.REP.value, PERSON.status == "active")
)  # fmt: skip


def sellers(
    db: Unit, *, industry: str | None, region: str | None, now: datetime, open_from: str = ""
) -> list[Seller]:  # fmt: skip
    """Everybody active who sells, in the order of their ids, for a lead of this industry.

    `open_from` is the figure conditions on 待办 ask instead of our own count.
    """
    asked = {"industry": industry or "", "since": now - LATELY, "now": now}
    found = [_seller(row, region) for row in _SELLERS.rows(db, asked)]
    if not open_from:
        return found
    said = figures.of(db, open_from)
    return [asking(one, said) for one in found]


def traits(db: Unit) -> list[dict[str, str | None]]:
    """What is `LASTING` of those who sell, each combination once."""
    return [{name: getattr(row, name) or None for name in LASTING} for row in _TRAITS.rows(db, {})]


def asking(seller: Seller, said: Mapping[str, int]) -> Seller:
    """A seller whose 待办 is what another system says."""
    return replace(seller, record={**seller.record, "open": said.get(seller.id)})


def open_counts(db: Unit) -> dict[str, int]:
    """{person id: leads in hand} of everybody active who sells."""
    return {row.id: row.open for row in _OPEN_COUNTS.rows(db, {})}


def _seller(row: Any, region: str | None) -> Seller:
    """One row as the rules see it; what is not known about a colleague is None."""
    same = None if region is None or not row.region else "是" if row.region == region else "否"
    record: dict[str, Value | None] = {
        "won": share(row.won, row.closed), "open": row.open, "region": row.region or None,
        "same_region": same, "rank": row.rank or None, "series": row.series or None,
        "product": row.product_line or None,
    }  # fmt: skip
    return Seller(
        row.id, row.name, record, row.open, row.last or row.created_at, away=bool(row.away)
    )
