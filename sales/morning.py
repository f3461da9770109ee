"""Who has something waiting today: open deadlines with a level to come before tonight."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, literal, select

from engine.deadlines import DEADLINE
from engine.deadlines_due import Kinds
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit

_D = DEADLINE.c


def people_with(
    db: Unit, kinds: Kinds, *, until: datetime, after: str, most: int
) -> list[str]:  # fmt: skip
    """The next `most` people after the id `after` who have a level to come by `until`."""
    asked = {"until": until, "after": after, "most": most}
    return [row.owner for row in _owners(kinds).rows(db, asked)]


@cache
def _owners(kinds: Kinds) -> Statement:
    return Statement(
        select(_D.owner)
        .distinct()
        .where(_D.state == "pending", _D.kind.in_([literal(kind) for kind in kinds]))
        .where(_D.next_at <= bindparam("until", type_=UtcTime), _D.owner > bindparam("after"))
        .order_by(_D.owner)
        .limit(bindparam("most"))
    )
