"""Planning deadlines anew when the working calendar has changed under them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from engine.calendar import Calendar
from engine.deadlines import DEADLINE, WORKING, Level, plan
from engine.statement import Statement
from engine.types import EPOCH, MICROSECOND
from engine.unit import Unit

AT_ONCE = 1000
"""Deadlines looked up at a time."""

_D = DEADLINE.c
_TOUCHED = Statement(
    select(_D.id)
    .where(_D.clock == WORKING, _D.state == "pending", _D.id > bindparam("after"))
    .where(_D.started_at < bindparam("end"), _D.ends_at >= bindparam("start"))
    .order_by(_D.id)
    .limit(AT_ONCE)
)
_ONE = Statement(
    select(
        _D.started_at, _D.allowance_s, _D.due_at, _D.levels, _D.ends_at, _D.provisional, _D.fired,
        _D.next_at,
    ).where(_D.id == bindparam("wanted"), _D.state == "pending")
)  # fmt: skip
_CHANGE = Statement(
    update(DEADLINE)
    .where(_D.id == bindparam("wanted"), _D.state == "pending")
    .where(_D.fired == bindparam("before"), _D.levels == bindparam("as_read"))
    .values(
        due_at=bindparam("new_due_at"), levels=bindparam("new_levels"),
        ends_at=bindparam("new_ends_at"), provisional=bindparam("new_provisional"),
        next_at=bindparam("following"),
    )
)  # fmt: skip


def replan(db: Unit, changed: Collection[date], calendar: Calendar) -> int:
    """Work out anew what lies on the changed dates; how many deadlines have other moments now.

    Levels that have fired stay so. A deadline none of whose moments changes may still lose
    its 暂定.
    """
    if not changed:
        return 0
    span = {
        "start": _midnight(min(changed), calendar),
        "end": _midnight(max(changed) + timedelta(days=1), calendar),
    }
    moved, after = 0, ""
    while found := _TOUCHED.rows(db, {"after": after, **span}):
        after = found[-1].id
        moved += sum(_replanned(db, row.id, calendar) for row in found)
    return moved


def _replanned(db: Unit, deadline_id: str, calendar: Calendar) -> bool:
    """Whether its moments changed; read again if a level fires meanwhile."""
    while (row := _ONE.row(db, {"wanted": deadline_id})) is not None:
        levels = [Level(timedelta(microseconds=offset), act) for _, act, offset in row.levels]
        anew = plan(row.started_at, timedelta(seconds=row.allowance_s), levels, calendar).moments
        if all(getattr(row, name) == value for name, value in anew.items()):
            return False
        if _CHANGE.run(db, _values(deadline_id, row, anew)):
            return bool(row.due_at != anew["due_at"] or row.levels != anew["levels"])
    return False


def _values(deadline_id: str, row: Any, anew: dict[str, Any]) -> dict[str, Any]:
    following = EPOCH + anew["levels"][row.fired][0] * MICROSECOND
    return {
        "wanted": deadline_id, "before": row.fired, "as_read": row.levels,
        "following": None if row.next_at is None else following,
        **{f"new_{name}": value for name, value in anew.items()},
    }  # fmt: skip


def _midnight(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, time.min, calendar.zone)
