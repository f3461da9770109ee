"""Who is running: every process is heard of every few seconds, or it is gone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit

FORGOTTEN = timedelta(days=1)
"""A process silent for this long is taken off the list."""
ALIVE = timedelta(seconds=30)
"""A process heard of within this is running; they speak up every ten seconds."""


class Worker(Row, table=True):
    """A running process: its role, its version, and when it was last heard of.

    `publication` is the newest change of published documents it goes by.
    """

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    role: str
    version: str
    started_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
    publication: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


@dataclass(frozen=True, slots=True)
class Process:
    """What one process says of itself."""

    id: str
    role: str
    version: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Running:
    """What is known of a process that was heard of lately."""

    id: str
    role: str
    publication: int


WORKER = table(Worker)
_SEEN = Statement(
    lambda dialect: dialect.insert(WORKER)
        .values(
            id=bindparam("id"), role=bindparam("role"), version=bindparam("version"),
            started_at=bindparam("started_at", type_=UtcTime),
            seen_at=bindparam("now", type_=UtcTime), publication=bindparam("publication"),
        )
        .on_conflict_do_update(
            index_elements=["id"],
            set_={
                "seen_at": bindparam("now", type_=UtcTime),
                "publication": bindparam("publication"),
            },
        )
)  # fmt: skip
_GONE = Statement(delete(WORKER).where(WORKER.c.id == bindparam("gone")))
_FORGET = Statement(delete(WORKER).where(WORKER.c.seen_at < bindparam("before")))
_RUNNING = Statement(
    select(WORKER.c.id, WORKER.c.role, WORKER.c.publication)
    .where(WORKER.c.seen_at >= bindparam("since", type_=UtcTime))
    .order_by(WORKER.c.role, WORKER.c.id)
)


def seen(db: Unit, process: Process, *, publication: int, now: datetime) -> None:
    """Note that the process lives, and what it goes by; forget those not heard of for a day."""
    _SEEN.run(db, {**asdict(process), "publication": publication, "now": now})
    _FORGET.run(db, {"before": now - FORGOTTEN})


def gone(db: Unit, process: Process) -> None:
    """Take the process off the list; it ends in order."""
    _GONE.run(db, {"gone": process.id})


def running(db: Unit, *, now: datetime) -> list[Running]:
    """The processes heard of lately."""
    return [Running(*row) for row in _RUNNING.rows(db, {"since": now - ALIVE})]
