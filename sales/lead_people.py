"""Who looks after leads: a region's managers, else the directors, and who runs the process."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, select

from engine.calendar_days import Absence, leaves
from engine.model import table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales import people
from sales.desk import Desk
from sales.people import PERSON, Role

_AWAY = table(Absence).c
_NOW = bindparam("now", type_=UtcTime)
_ON_LEAVE = exists().where(_AWAY.person_id == PERSON.id, _AWAY.from_at <= _NOW, _AWAY.to_at > _NOW)
_KEEPING = (
    select(PERSON.id, _ON_LEAVE.label("away"))
    .where(PERSON.role == bindparam("role"), PERSON.status == "active")
    .order_by(PERSON.id)
)
_MANAGERS = Statement(_KEEPING.where(PERSON.region == bindparam("of_region")))
_DIRECTORS = Statement(_KEEPING)
_ABOVE = Statement(
    select(PERSON.manager_id, PERSON.status, _ON_LEAVE.label("away"))
    .where(PERSON.id == bindparam("wanted"))
)  # fmt: skip


def keepers(db: Unit, region: str | None, *, now: datetime) -> list[str]:
    """The ids of whoever hears of a lead nobody could be given, the nearest first.

    For who is on leave `now` it is the nearest person above who is here, if anybody is.
    """
    asked = {"of_region": region or "", "now": now}
    nearest = _MANAGERS.rows(db, {**asked, "role": Role.MANAGER.value})
    nearest = nearest or _DIRECTORS.rows(db, {"role": Role.DIRECTOR.value, "now": now})
    here = [(manager(db, row.id, now=now) if row.away else None) or str(row.id) for row in nearest]
    found = list(dict.fromkeys((*here, *people.in_roles(db, Role.SALES_OPS))))
    return found or people.in_roles(db, Role.ADMIN)


def rule_keepers(db: Unit) -> list[str]:
    """The ids of whoever keeps the rules leads are given out by."""
    return people.in_roles(db, Role.SALES_OPS) or people.in_roles(db, Role.DIRECTOR)


def back(db: Unit, person_id: str, desk: Desk) -> datetime | None:
    """When somebody who is on leave today is here again; None if they are here."""
    tomorrow = datetime.combine(
        desk.today + timedelta(days=1), datetime.min.time(), desk.calendar.zone
    )
    away = leaves(db, person_id, desk.now, tomorrow)
    return max((end for _, end in away), default=None)


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
