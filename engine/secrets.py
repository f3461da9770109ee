"""Secrets this deployment made for itself, shared by all its processes through the database."""

from __future__ import annotations

import secrets as random

from sqlalchemy import select
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import insertion_once
from engine.unit import Unit

BYTES = 32


class Secret(Row, table=True):
    """One generated secret by its purpose."""

    __tablename__ = "secret"

    name: str = Field(primary_key=True)
    value: str


SECRET = table(Secret).c
_KEEP = insertion_once(table(Secret), "name", "value")


def secret(db: Unit, name: str) -> str:
    """The secret for a purpose, 256 random bits in hex; made by whoever asks first."""
    _KEEP.run(db, {"name": name, "value": random.token_hex(BYTES)})
    return str(db.execute(select(SECRET.value).where(SECRET.name == name)).scalar_one())
