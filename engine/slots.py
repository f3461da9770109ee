"""Slots: the moments a regular job was meant to run, each of them run once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from engine.model import Row
from engine.types import UtcTime


class Slot(Row, table=True):
    """One occurrence of one regular job and what came of it.

    `outcome`: "waiting", "done", "failed" (with `detail`), "skipped" (a newer slot took its
    place, or the rule says so). `detail` says in a few words what was done or went wrong.
    """

    __tablename__ = "slot"

    job: str = Field(primary_key=True)
    slot_at: datetime = Field(primary_key=True, sa_type=UtcTime)
    outcome: str = "waiting"
    detail: str = ""
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
