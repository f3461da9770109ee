"""The trail: who did what to which object, written in the transaction that did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Index
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import insertion
from engine.types import Json, Serial, UtcTime
from engine.unit import Unit


class Audit(Row, table=True):
    """One thing that happened; rows are only ever added.

    `actor` is a person id ("" for the system), `channel` the platform it came through,
    `cause` the inbox job of the message behind it, `detail` what an auditor needs beyond.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject", "subject_type", "subject_id", "seq"),
        Index("ix_audit_actor", "actor", "at"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    at: datetime = Field(sa_type=UtcTime)
    actor: str
    channel: str
    action: str
    subject_type: str
    subject_id: str
    cause: str
    detail: dict[str, Any] = Field(sa_type=Json)


_INSERT = insertion(
    table(Audit),
    "at",
    "actor",
    "channel",
    "action",
    "subject_type",
    "subject_id",
    "cause",
    "detail",
)  # fmt: skip


Subject: TypeAlias = tuple[str, str]
"""(type, id) of what something happened to."""
Happened: TypeAlias = tuple[str, Subject, Mapping[str, Any]]
"""(action, subject, detail)."""


def record(
    db: Unit,
    action: str,
    subject: Subject,
    *,
    at: datetime,
    actor: str = "",
    channel: str = "",
    cause: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row to the trail."""
    record_all(db, [(action, subject, detail or {})], at=at, actor=actor, channel=channel,
               cause=cause)  # fmt: skip


def record_all(
    db: Unit, happened: Sequence[Happened], *,
    at: datetime, actor: str, channel: str, cause: str,
) -> None:  # fmt: skip
    """Add what happened on one occasion, in this order."""
    rows = [
        {"at": at, "actor": actor, "channel": channel, "action": action, "cause": cause,
         "subject_type": subject[0], "subject_id": subject[1], "detail": detail}
        for action, subject, detail in happened
    ]  # fmt: skip
    _INSERT.run_many(db, rows)
