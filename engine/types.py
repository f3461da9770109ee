"""Column types that hold the house's rules: UTC time, JSON text, enums by value."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


Serial = BigInteger().with_variant(Integer, "sqlite")
"""A self-counting key; SQLite counts only INTEGER, which holds 64 bits there anyway."""


class UtcTime(TypeDecorator[datetime]):
    """A moment, stored as whole microseconds since 1970 UTC on every database.

    One integer sorts, subtracts and groups alike on SQLite and PostgreSQL, where their own
    time types do not (decision 0004).

    Raises:
        ValueError: a naive datetime is written.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  SQLAlchemy's signature
        """Aware datetime to microseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value.isoformat()} must not reach the database")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        """Microseconds to aware datetime."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """A JSON value as readable text, the same bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        """Value to text; Chinese stays Chinese."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002  SQLAlchemy's signature
        """Text to value."""
        return None if value is None else json.loads(value)
