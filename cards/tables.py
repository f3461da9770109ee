"""What every phone shows: cards by person and key, their messages, and what is not to come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from engine.model import WITHOUT_ROWID, Row, table
from engine.types import UtcTime


class CardRow(Row, table=True):
    """The newest face of one card of one person; `version` counts its faces from 1.

    `person_id` is "" for an account we do not know; its cards are plain answers.
    """

    __tablename__ = "card"
    __table_args__ = (UniqueConstraint("person_id", "key"),)

    id: str = Field(primary_key=True)
    person_id: str
    key: str
    version: int = 1
    body: str
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)


class Delivery(Row, table=True):
    """One message that carries a card; its id is the platform-side reference (`Slot.ref`).

    state: "waiting" (not on the phone yet), "shown", "replaced" (a newer message carries
    the card), "failed" with `reason`, "uncertain" (nobody knows whether it arrived).
    `shown_version` is the face on the phone and never goes back. `token` is the newest
    one-use update token. `opened_at` is when the person first opened the card's form page.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_card", "card_id"),)

    id: str = Field(primary_key=True)
    card_id: str = Field(foreign_key="card.id")
    platform: str
    tenant: str
    account: str
    state: str = "waiting"
    shown_version: int = 0
    message_id: str = ""
    token: str = ""
    reason: str = ""
    opened_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class Mute(Row, table=True):
    """What a person has said to want no more of: no push of the topic before `until`."""

    __tablename__ = "mute"
    __table_args__ = WITHOUT_ROWID

    person_id: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    until: datetime = Field(sa_type=UtcTime)


CARD = table(CardRow).c
MUTE = table(Mute).c
DELIVERY = table(Delivery).c
