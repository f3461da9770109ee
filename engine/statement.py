"""SQL statements that are compiled once and then run on the driver itself.

A statement is written in SQLAlchemy Core and compiled at its first use on each database.
Running it afterwards costs the driver's time and little more; executing the Core expression
anew costs some 150 µs, which is most of what a callback may take (performance reference §1c).
What runs rarely needs none of this: `Unit.execute` takes any Core expression.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import chain, zip_longest
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    insert,
)  # fmt: skip

from engine.unit import Unit

Expression: TypeAlias = (
    Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Insert | Update | Delete
)
Dialected: TypeAlias = Callable[[Any], Expression]
"""Makes the expression from the database's module (`sqlite`, `postgresql`): for ON CONFLICT."""


class Statement:
    """One Core expression with named `bindparam`s; values are given by name.

    `columns` names the columns of an INSERT whose values come with each run. The members of an
    IN are expressions (`literal`, `bindparam`), never one list of values. Its methods
    raise `DBAPIError` when the database refuses and `KeyError` when a value is missing.
    """

    def __init__(
        self,
        expression: Expression | Dialected,
        *,
        columns: Sequence[str] = (),
    ) -> None:
        self._expression = expression
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}
        self._changes = not isinstance(expression, Select | CompoundSelect)

    def run(self, db: Unit, values: Mapping[str, Any]) -> int:
        """Execute it; the number of rows it touched."""
        sql, bind, _ = self._compiled.get(db.dialect_name) or self._compile(db)
        db.writes += 1
        return int(db.drive(sql, bind(values)).rowcount)

    def run_many(self, db: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it once for every row of values."""
        if rows:
            sql, bind, _ = self._compiled.get(db.dialect_name) or self._compile(db)
            db.writes += 1
            db.drive_many(sql, [bind(values) for values in rows])

    def run_stored(self, db: Unit, rows: Sequence[Sequence[Any]]) -> None:
        """Execute an INSERT for every row, whose values are in order and as they are stored."""
        sql, _, _ = self._compiled.get(db.dialect_name) or self._compile(db)
        db.writes += 1
        db.drive_many(sql, rows)

    def rows(self, db: Unit, values: Mapping[str, Any]) -> list[Any]:
        """All result rows, as named tuples."""
        sql, bind, record = self._compiled.get(db.dialect_name) or self._compile(db)
        db.writes += self._changes
        return [record(row) for row in db.drive(sql, bind(values))]

    def row(self, db: Unit, values: Mapping[str, Any]) -> Any | None:
        """The first result row as a named tuple, or None."""
        sql, bind, record = self._compiled.get(db.dialect_name) or self._compile(db)
        db.writes += self._changes
        row = db.drive(sql, bind(values)).fetchone()
        return None if row is None else record(row)

    def one(self, db: Unit, values: Mapping[str, Any]) -> Any:
        """The result row that must be there.

        Raises:
            LookupError: it is not.
        """
        row = self.row(db, values)
        if row is None:
            raise LookupError(str(self._expression))
        return row

    def number(self, db: Unit, values: Mapping[str, Any]) -> int | None:
        """Run an `insertion_counted`: the new row's number, None if its key was there already."""
        sql, bind, _ = self._compiled.get(db.dialect_name) or self._compile(db)
        db.writes += 1
        cursor = db.drive(sql, bind(values))
        if cursor.description is not None:
            row = cursor.fetchone()
            return None if row is None else int(row[0])
        return int(cursor.lastrowid) if cursor.rowcount else None

    def value(self, db: Unit, values: Mapping[str, Any]) -> Any | None:
        """The first column of the first row; None if there is no row."""
        row = self.row(db, values)
        return None if row is None else row[0]

    def _compile(self, db: Unit) -> _Compiled:
        expression = self._expression
        chosen = expression(module(db)) if callable(expression) else expression
        compiled = self._compiled[db.dialect_name] = _compile(chosen, self._columns, db.dialect)
        return compiled


def insertion(table: Table, *columns: str) -> Statement:
    """An INSERT of the given columns, or of all."""
    return Statement(insert(table), columns=columns or [column.name for column in table.c])


def insertion_once(table: Table, *columns: str) -> Statement:
    """An INSERT that touches no row when a unique key is there already."""
    return Statement(
        lambda dialect: dialect.insert(table).on_conflict_do_nothing(), columns=columns
    )


def insertion_counted(table: Table, *columns: str) -> Statement:
    """`insertion_once` into a table that counts its own keys, for `Statement.number`."""
    counted: Any = table.autoincrement_column

    def expression(dialect: Any) -> Expression:
        once: Insert = dialect.insert(table).on_conflict_do_nothing()
        # SQLite makes a temporary table for what is returned, and tells the number anyway.
        return once if dialect.__name__.endswith("sqlite") else once.returning(counted)

    return Statement(expression, columns=columns)


def module(db: Unit) -> Any:
    """SQLAlchemy's module for this database; the other one is never imported."""
    return import_module(f"sqlalchemy.dialects.{db.dialect_name}")


Convert: TypeAlias = Callable[[Any], Any]


class _Compiled(NamedTuple):
    """The SQL text, how values become parameters, and how a row becomes a named tuple."""

    sql: str
    bind: Callable[[Mapping[str, Any]], Sequence[Any]]
    record: Callable[[Sequence[Any]], Any]


def _compile(expression: Expression, columns: Sequence[str], dialect: Dialect) -> _Compiled:
    sql = expression.compile(dialect=dialect, column_keys=list(columns) or None)
    binds = [sql.binds[name] for name in sql.positiontup or ()]
    asked = [name for name in sql.positiontup or () if sql.binds[name].required]
    shown = list(expression.exported_columns)
    record = namedtuple("Record", [str(c.key) for c in shown], rename=True)  # type: ignore[misc]  # noqa: PYI024  names are the statement's
    bound = [sql.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in asked]
    read = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in shown]
    return _Compiled(
        sql=_with_constants(str(sql), binds, dialect),
        bind=_binder(asked, bound),
        record=_reader(record, read),
    )


def _with_constants(sql: str, binds: Sequence[BindParameter[Any]], dialect: Dialect) -> str:
    """The text with its constants written out: only so can a partial index serve it."""
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    words = [mark if bind.required else _literal(bind, dialect) for bind in binds]
    return "".join(chain.from_iterable(zip_longest(sql.split(mark), words, fillvalue="")))


def _literal(bind: BindParameter[Any], dialect: Dialect) -> str:
    if bind.value is None:
        return "NULL"
    written = bind.type.dialect_impl(dialect).literal_processor(dialect)
    if written is None:
        raise TypeError(f"a constant of type {bind.type!r} cannot be written into SQL")
    word = written(bind.effective_value)
    return word.replace("%", "%%") if dialect.paramstyle == "format" else word


def _binder(names: Sequence[str], converts: Sequence[Convert | None]) -> Convert:
    """From values by name to parameters by position."""
    cells = [f"values[{name!r}]" for name in names]
    return _function("values", f"[{_converted(cells, converts)}]", converts)


def _reader(record: type, converts: Sequence[Convert | None]) -> Convert:
    """From a row of the driver to a named tuple."""
    cells = _converted([f"row[{i}]" for i in range(len(converts))], converts)
    return _function("row", f"new(record, ({cells}))" if any(converts) else "new(record, row)",
                     converts, new=tuple.__new__, record=record)  # fmt: skip


def _converted(cells: Sequence[str], converts: Sequence[Convert | None]) -> str:
    pairs = enumerate(zip(cells, converts, strict=True))
    return "".join(
        f"convert{i}({cell})," if convert else f"{cell}," for i, (cell, convert) in pairs
    )


def _function(given: str, result: str, converts: Sequence[Convert | None], **known: Any) -> Convert:
    """A function written out for one statement, as a named tuple's methods are."""
    known |= {f"convert{i}": convert for i, convert in enumerate(converts)}
    function: Convert = eval(f"lambda {given}: {result}", known)  # noqa: S307  our own columns
    return function
