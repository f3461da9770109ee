"""Column types that hold the house's rules: UTC time, JSON text, enums by value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json
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

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:  # noqa: ARG002  SQLAlchemy's signature
        """Aware datetime to microseconds."""
        return microseconds

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy's signature
        coltype: object,  # noqa: ARG002
    ) -> Callable[[int | None], datetime | None]:
        """Microseconds to aware datetime."""
        return _to_moment


@lru_cache(maxsize=256)  # a unit writes its one moment a dozen times
def microseconds(value: datetime | None) -> int | None:
    """A moment as it is stored.

    Raises:
        ValueError: it has no time zone.
    """
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value.isoformat()} must not reach the database")
    return (value - EPOCH) // MICROSECOND


@lru_cache(maxsize=4096)  # of many rows many have one moment
def _to_moment(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """A JSON value as readable text, the same bytes on every database."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:  # noqa: ARG002  SQLAlchemy's signature
        """Value to text; Chinese stays Chinese."""
        return _to_text

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy's signature
        coltype: object,  # noqa: ARG002
    ) -> Callable[[str | None], Any]:
        """Text to value."""
        return _to_value


def _to_text(value: Any) -> str | None:
    return None if value is None else to_json(value).decode()


def _to_value(text: str | None) -> Any:
    return None if text is None else from_json(text)
