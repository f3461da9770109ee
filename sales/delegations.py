"""Delegations: somebody does a colleague's selling for a while (domain.md §2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Index, and_, bindparam, select, text, update
from sqlmodel import Field

from engine import audit
from engine.errors import Refusal
from engine.ids import next_number, ulid
from engine.model import Row, table
from engine.statement import Statement, insertion
from engine.types import UtcTime
from engine.unit import Unit

EVERYBODY = 1_000_000
HOPS = 2
"""A stand-in may have a stand-in; who comes after that has not been asked by anybody."""
LONGEST = timedelta(days=366)
_OPEN = text("ended_at IS NULL")


class Delegation(Row, table=True):
    """`to_id` may do what `from_id` may with customers, until `until` or `ended_at`."""

    __tablename__ = "delegation"
    __table_args__ = (
        Index("ix_delegation_to", "to_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delegation_from", "from_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: str = Field(primary_key=True)
    from_id: str = Field(foreign_key="person.id")
    to_id: str = Field(foreign_key="person.id")
    starts_at: datetime = Field(sa_type=UtcTime)
    until: datetime = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)


class ToOneself(Refusal):
    """Nobody stands in for themselves."""

    code = "delegation_to_oneself"
    text = "不能委托给自己，请写一位同事的姓名。"


class Circular(Refusal):
    """The stand-in has already handed their own work to this person, directly or not."""

    code = "delegation_circular"
    text = "{name} 的事已经委托给您这一边了，再委托回去就成了圈。请先收回那一个，或换一位同事。"


class TooFar(Refusal):
    """Rights lent for so long are forgotten before they end."""

    code = "delegation_too_far"
    text = "最多委托一年，请写近一点的日期，到期可以再委托一次。"


DELEGATION = table(Delegation).c
_INSERT = insertion(table(Delegation), "id", "from_id", "to_id", "starts_at", "until")
_RUNNING = and_(
    DELEGATION.ended_at.is_(None),
    DELEGATION.starts_at <= bindparam("now"),
    DELEGATION.until > bindparam("now"),
)
_LENDERS = Statement(
    select(DELEGATION.from_id)
    .where(DELEGATION.to_id == bindparam("who"), _RUNNING)
    .order_by(DELEGATION.from_id)
)
_LENT = Statement(
    select(DELEGATION.id, DELEGATION.to_id, DELEGATION.until)
    .where(DELEGATION.from_id == bindparam("who"), _RUNNING)
    .order_by(DELEGATION.until, DELEGATION.id)
)
_END = Statement(
    update(Delegation)
    .where(DELEGATION.id == bindparam("wanted"), DELEGATION.from_id == bindparam("who"))
    .where(DELEGATION.ended_at.is_(None), DELEGATION.until > bindparam("now"))
    .values(ended_at=bindparam("now"))
)


def delegate(
    db: Unit, from_id: str, to_id: str, until: datetime, *, name: str, now: datetime
) -> str:  # fmt: skip
    """Let `to_id`, called `name`, stand in for `from_id`; the new delegation's id.

    Raises:
        ToOneself: both are the same person.
        TooFar: `until` is more than a year ahead.
        Circular: `to_id` is among those whose work came to `from_id`.
    """
    if from_id == to_id:
        raise ToOneself
    if until > now + LONGEST:
        raise TooFar
    next_number(db, "delegation")  # one at a time, or two halves of a circle would not see it
    if to_id in lenders(db, from_id, now=now, hops=EVERYBODY):
        raise Circular(name=name)
    row = {"id": ulid(now), "from_id": from_id, "to_id": to_id, "starts_at": now, "until": until}
    _INSERT.run(db, row)
    audit.record(db, "delegation.given", ("person", from_id), at=now,
                 detail={"to": to_id, "until": until})  # fmt: skip
    return str(row["id"])


def take_back(db: Unit, delegation_id: str, from_id: str, *, now: datetime) -> bool:
    """End a delegation early; False if it had ended, or was somebody else's."""
    if not _END.run(db, {"wanted": delegation_id, "who": from_id, "now": now}):
        return False
    audit.record(db, "delegation.ended", ("person", from_id), at=now)
    return True


def end_all(db: Unit, person_id: str, *, now: datetime) -> None:
    """End every delegation from and to somebody who left."""
    db.execute(
        update(Delegation)
        .where((DELEGATION.from_id == person_id) | (DELEGATION.to_id == person_id))
        .where(DELEGATION.ended_at.is_(None))
        .values(ended_at=now)
    )


def lent(db: Unit, person_id: str, *, now: datetime) -> list[tuple[str, str, datetime]]:
    """(id, stand-in, until) of a person's running delegations."""
    return [tuple(row) for row in _LENT.rows(db, {"who": person_id, "now": now})]


def lenders(db: Unit, person_id: str, *, now: datetime, hops: int = HOPS) -> list[str]:
    """Whose work a person does, through at most `hops` hands; the nearest first, nobody twice."""
    found: list[str] = []
    nearest = [person_id]
    while nearest and hops:
        hops -= 1
        rows = (_LENDERS.rows(db, {"who": who, "now": now}) for who in nearest)
        fresh = [row.from_id for some in rows for row in some]
        nearest = [who for who in dict.fromkeys(fresh) if who not in {person_id, *found}]
        found += nearest
    return found
