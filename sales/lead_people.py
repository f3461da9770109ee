"""Who looks after leads: a region's managers, else the directors, and who runs the process."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, select

from engine.calendar_days import Absence
from engine.model import table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales import people
from sales.people import PERSON, Role

_AWAY = table(Absence).c
_NOW = bindparam("now", type_=UtcTime)
_MANAGERS = Statement(
    select(PERSON.id)
    .where(PERSON.role == Role.MANAGER.value, PERSON.status == "active")
    .where(PERSON.region == bindparam("of_region"))
    .order_by(PERSON.id)
)
_ON_LEAVE = exists().where(_AWAY.person_id == PERSON.id, _AWAY.from_at <= _NOW, _AWAY.to_at > _NOW)
_ABOVE = Statement(
    select(PERSON.manager_id, PERSON.status, _ON_LEAVE.label("away"))
    .where(PERSON.id == bindparam("wanted"))
)  # fmt: skip


def keepers(db: Unit, region: str | None) -> list[str]:
    """The ids of whoever hears of a lead nobody could be given, the nearest first."""
    managers = [row.id for row in _MANAGERS.rows(db, {"of_region": region or ""})]
    managers = managers or people.in_roles(db, Role.DIRECTOR)
    return [*managers, *people.in_roles(db, Role.SALES_OPS)] or people.in_roles(db, Role.ADMIN)


def rule_keepers(db: Unit) -> list[str]:
    """The ids of whoever keeps the rules leads are given out by."""
    return people.in_roles(db, Role.SALES_OPS) or people.in_roles(db, Role.DIRECTOR)


def manager(db: Unit, person_id: str, *, now: datetime) -> str | None:
    """The nearest person above somebody who is here (B14: manager absent → manager's manager).

    If all of them are away, the nearest who has not left.
    """
    seen, away = {person_id}, None
    row = _ABOVE.row(db, {"wanted": person_id, "now": now})
    while row is not None and row.manager_id is not None and row.manager_id not in seen:
        above = str(row.manager_id)
        seen.add(above)
        row = _ABOVE.row(db, {"wanted": above, "now": now})
        if row is not None and row.status == "active":
            if not row.away:
                return above
            away = away or above
    return away
