"""What a table holds, counted and fingerprinted: the proof that a copy is a copy.

Values are compared as they are stored (a moment is an integer, JSON is text), so that SQLite
and PostgreSQL give the same rows in Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, String, Table, collate, select, type_coerce
from sqlalchemy.types import TypeDecorator

AT_ONCE = 1000
"""Rows in memory at a time."""


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and the SHA-256 over all of them in order, in hex."""

    rows: int
    digest: str


class Tally:
    """Counts and fingerprints rows as they pass."""

    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()

    def through(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The same rows; by the last of them `content` is theirs."""
        for row in rows:
            self._rows += 1
            self._hash.update(repr(row).encode())
            yield row

    @property
    def content(self) -> Content:
        """What passed so far."""
        return Content(self._rows, self._hash.hexdigest())


def content(rows: Iterable[tuple[Any, ...]]) -> Content:
    """Count and fingerprint `rows`."""
    tally = Tally()
    for _ in tally.through(rows):
        pass
    return tally.content


def stored(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """The rows of a table as they are stored, by primary key, a thousand at a time."""
    bytewise = "C" if connection.dialect.name == "postgresql" else "BINARY"
    ordered = _columns(table).order_by(*(
        collate(column, bytewise) if isinstance(column.type, String) else column
        for column in table.primary_key
    ))  # fmt: skip
    for row in connection.execute(ordered.execution_options(yield_per=AT_ONCE)):
        yield tuple(row)


def _columns(table: Table) -> Select[Any]:
    return select(*(type_coerce(column, _storage(column)) for column in table.columns))


def _storage(column: Column[Any]) -> Any:
    return column.type.impl if isinstance(column.type, TypeDecorator) else column.type
