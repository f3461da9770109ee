"""Deadlines: promises about time, kept as rows and fired once per level."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from engine.model import Row
from engine.types import Json, UtcTime

_PENDING = text("state = 'pending'")


class Deadline(Row, table=True):
    """One promise: something about a subject has to happen by `due_at`.

    `clock` says what was counted, "wall" or "working" time. `levels` is what happens when
    nobody acts, earliest first: [moment in µs, act]. `fired` counts the levels that have
    happened, `next_at` is the moment of the next one. `provisional` is True while a day
    nobody has published yet lies on the way (暂定). `state`: "pending", "met", "met_late",
    "breached" (all levels fired), "cancelled", "superseded".
    """

    __tablename__ = "deadline"
    __table_args__ = (
        Index("uq_deadline_open", "kind", "subject_type", "subject_id", unique=True,
              sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_deadline_next", "next_at", "owner", sqlite_where=_PENDING,
              postgresql_where=_PENDING),
        Index("ix_deadline_owner", "owner", "next_at", sqlite_where=_PENDING,
              postgresql_where=_PENDING),
        Index("ix_deadline_subject", "subject_type", "subject_id"),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    kind: str
    subject_type: str
    subject_id: str
    owner: str
    clock: str
    started_at: datetime = Field(sa_type=UtcTime)
    allowance_s: int
    due_at: datetime = Field(sa_type=UtcTime)
    levels: list[Any] = Field(sa_type=Json)
    fired: int = 0
    next_at: datetime | None = Field(default=None, sa_type=UtcTime)
    provisional: bool = False
    state: str = "pending"
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)
