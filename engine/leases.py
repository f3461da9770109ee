"""Leases: things only one process may do at a time, each with an epoch that outlives it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from engine.model import Row
from engine.types import UtcTime


class Lease(Row, table=True):
    """Who holds a name, until when. `epoch` counts the holders; an old one acts in vain."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    epoch: int
    until: datetime = Field(sa_type=UtcTime)


class Shared(Row, table=True):
    """A short-lived value one process fetched for all, sealed: a platform's access token."""

    __tablename__ = "shared"

    name: str = Field(primary_key=True)
    sealed: str
    expires_at: datetime = Field(sa_type=UtcTime)


class Worker(Row, table=True):
    """A running process: its role, its version, and when it was last heard of."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    role: str
    version: str
    started_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
