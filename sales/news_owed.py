"""What a sheet has brought and nobody has heard of yet.

A long sheet is written in several commits, but whoever has to know hears of all of it at once.
So each commit owes the news of its rows, and whoever ends the import says it. What is owed and
never said, because the process died, is said by the hourly upkeep (`scheduler/upkeep.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Index, bindparam, delete, select
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement, insertion_once
from engine.types import UtcTime
from engine.unit import Unit

LEAD, CONFLICT = "lead", "conflict"


class OwedNews(Row, table=True):
    """A lead or a contradiction (`kind`) that an import, its `batch`, has brought."""

    __tablename__ = "owed_news"
    __table_args__ = (Index("ix_owed_news_batch", "batch"),)

    id: str = Field(primary_key=True)
    kind: str
    batch: str
    at: datetime = Field(sa_type=UtcTime)


class Owed(NamedTuple):
    """The ids of what is to be told, in the order it came."""

    leads: list[str]
    conflicts: list[str]


_NEWS = table(OwedNews).c
_OWE = insertion_once(table(OwedNews), "id", "kind", "batch", "at")
_OF = _NEWS.batch == bindparam("wanted")
_LEADS = Statement(select(_NEWS.id).where(_OF, _NEWS.kind == LEAD))
_TAKE = Statement(delete(OwedNews).where(_OF).returning(_NEWS.id, _NEWS.kind))
_LEFT = Statement(
    select(_NEWS.batch).where(_NEWS.at < bindparam("before", type_=UtcTime)).distinct()
)


def owe(db: Unit, kind: str, ids: Iterable[str], batch: str, *, now: datetime) -> None:
    """Remember that somebody has to hear of these."""
    _OWE.run_many(db, [{"id": one, "kind": kind, "batch": batch, "at": now} for one in ids])


def leads(db: Unit, batch: str) -> set[str]:
    """The leads an import has brought so far."""
    return {row.id for row in _LEADS.rows(db, {"wanted": batch})}


def take(db: Unit, batch: str) -> Owed:
    """What is owed of an import, to be said in this unit: whoever takes it is the only one."""
    rows = sorted(_TAKE.rows(db, {"wanted": batch}), key=lambda row: str(row.id))
    return Owed(*([row.id for row in rows if row.kind == kind] for kind in (LEAD, CONFLICT)))


def left(db: Unit, *, before: datetime) -> list[str]:
    """The imports that owe news from before a moment."""
    return sorted(row.batch for row in _LEFT.rows(db, {"before": before}))
