"""Leases: things only one process may do at a time, each with an epoch that outlives it.

A lease row names its holder until a moment. Every taking counts the epoch up, and what the
holder writes names its epoch: whoever was stopped, lost the lease and wakes up later finds a
newer epoch and changes nothing (durability reference §4.8).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit


class Lease(Row, table=True):
    """Who holds a name, until when. `epoch` counts the holders; an old one acts in vain."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    epoch: int
    until: datetime = Field(sa_type=UtcTime)


LEASE = table(Lease)
_ACQUIRE = Statement(
    lambda dialect: dialect.insert(LEASE)
        .values(
            name=bindparam("wanted"), holder=bindparam("by"), epoch=1,
            until=bindparam("ends", type_=UtcTime),
        )
        .on_conflict_do_update(
            index_elements=["name"],
            set_={
                "holder": bindparam("by"), "epoch": LEASE.c.epoch + 1,
                "until": bindparam("ends", type_=UtcTime),
            },
            where=LEASE.c.until <= bindparam("now", type_=UtcTime),
        )
        .returning(LEASE.c.epoch)
)  # fmt: skip
_MINE = (LEASE.c.name == bindparam("wanted"), LEASE.c.epoch == bindparam("as_epoch"))
_EXTEND = Statement(update(LEASE).where(*_MINE).values(until=bindparam("ends", type_=UtcTime)))
_UNTIL = Statement(select(LEASE.c.until).where(LEASE.c.name == bindparam("wanted")))
_GUARD = Statement(select(LEASE.c.epoch).where(*_MINE).with_for_update(read=True))


def acquire(db: Unit, name: str, holder: str, *, now: datetime, ttl: timedelta) -> int | None:
    """Take the lease; its new epoch, or None while somebody holds it, this holder included."""
    values = {"wanted": name, "by": holder, "now": now, "ends": now + ttl}
    return _ACQUIRE.value(db, values)


def renew(db: Unit, name: str, epoch: int, *, now: datetime, ttl: timedelta) -> bool:
    """Keep the lease for another `ttl`; False when a later epoch holds it."""
    return _EXTEND.run(db, {"wanted": name, "as_epoch": epoch, "ends": now + ttl}) == 1


def release(db: Unit, name: str, epoch: int, *, now: datetime) -> None:
    """Let the next one take it at once; nothing happens if it is lost already."""
    _EXTEND.run(db, {"wanted": name, "as_epoch": epoch, "ends": now})


def until(db: Unit, name: str) -> datetime | None:
    """When the lease ends or ended; None if nobody ever held it."""
    return _UNTIL.value(db, {"wanted": name})


def guard(db: Unit, name: str, epoch: int) -> bool:
    """The first statement of a holder's unit: False when a later epoch holds the lease.

    Until the unit ends nobody else can take it.
    """
    return _GUARD.row(db, {"wanted": name, "as_epoch": epoch}) is not None
