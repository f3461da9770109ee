"""Secrets this deployment made for itself, shared by all its processes through the database."""

from __future__ import annotations

import secrets as random

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session

from engine.model import Row, table

BYTES = 32


class Secret(Row, table=True):
    """One generated secret by its purpose."""

    __tablename__ = "secret"

    name: str = Field(primary_key=True)
    value: str


SECRET = table(Secret).c


def secret(db: Session, name: str) -> str:
    """The secret for a purpose, 256 random bits in hex; made by whoever asks first."""
    connection = db.connection()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = {"name": name, "value": random.token_hex(BYTES)}
    connection.execute(dialect.insert(table(Secret)).values(fresh).on_conflict_do_nothing())
    return str(connection.execute(select(SECRET.value).where(SECRET.name == name)).scalar_one())
