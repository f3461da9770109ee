"""Moving house: every row of a SQLite database into an empty PostgreSQL, proved equal.

All of it happens in one transaction of the target. Leases go along as they are: what was
held when the old service stopped comes back when its lease ends, as after a crash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select, text

from engine.contents import Content, Tally, content, stored


class CopyError(Exception):
    """The copy cannot be made; nothing of it stays in the target."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One table as it was read and as it arrived."""

    table: str
    source: Content
    target: Content

    @property
    def equal(self) -> bool:
        """Whether every row arrived as it was."""
        return self.source == self.target


def copy(source: Connection, target: Connection, tables: Sequence[Table]) -> list[Moved]:
    """Copy `tables`, in an order in which no row refers to one that comes later.

    Both ends have the same schema; `target` is a PostgreSQL transaction, which the caller
    commits only if every table is equal.

    Raises:
        CopyError: the target is not empty, or PostgreSQL does not take a value.
    """
    for table in tables:
        if target.execute(select(table.primary_key.columns[0]).limit(1)).first() is not None:
            raise CopyError(f"目标数据库不是空的：表 {table.name} 里已经有数据。")
    target.execute(text("SET LOCAL statement_timeout = 0"))
    return [_moved(source, target, table) for table in tables]


def _moved(source: Connection, target: Connection, table: Table) -> Moved:
    tally = Tally()
    _pour(tally.through(stored(source, table)), target, table)
    _set_counter(source, target, table)
    return Moved(table.name, tally.content, content(stored(target, table)))


def _pour(rows: Iterator[tuple[object, ...]], target: Connection, table: Table) -> None:
    """One COPY per table: PostgreSQL checks its foreign keys when the statement ends.

    So rows of one table that refer to each other (a person and the manager) need no order.
    """
    quote = target.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    cursor = target.connection.cursor()
    try:
        with cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as sink:
            for row in rows:
                sink.write_row(row)
    except target.dialect.loaded_dbapi.Error as refused:  # its words may hold people's
        kind = type(refused).__name__
        raise CopyError(f"PostgreSQL 不接受表 {table.name} 里的数据（{kind}）。") from None
    finally:
        cursor.close()


def _set_counter(source: Connection, target: Connection, table: Table) -> None:
    """Numbers go on after the last one ever given out, also when its row is gone."""
    column = table.autoincrement_column
    if column is None:
        return
    counted = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    last = source.execute(counted, {"table": table.name}).scalar()
    if last:
        target.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
            {"table": table.name, "column": column.name, "last": last},
        )
