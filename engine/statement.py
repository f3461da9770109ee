"""SQL statements that are compiled once and then run on the driver itself.

A statement is written in SQLAlchemy Core and compiled at its first use on each database.
Running it afterwards costs the driver's time and little more; executing the Core expression
anew costs some 150 µs, which is most of what a callback may take (performance reference §1c).
What runs rarely needs none of this: `Unit.execute` takes any Core expression.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Delete, Dialect, Insert, Select, Table, Update, insert
from sqlalchemy.dialects import postgresql, sqlite

from engine.unit import Unit

Expression: TypeAlias = Select[Any] | Insert | Update | Delete
DIALECTS: Mapping[str, Any] = {"sqlite": sqlite, "postgresql": postgresql}
"""Where the two databases need words of their own: ON CONFLICT."""


class Statement:
    """One Core expression with named `bindparam`s; values are given by name.

    `columns` names the columns of an INSERT whose values come with each run. The members of an
    IN are expressions (`literal`, `bindparam`), never one list of values. Its methods
    raise `DBAPIError` when the database refuses and `KeyError` when a value is missing.
    """

    def __init__(
        self,
        expression: Expression | Mapping[str, Expression],
        *,
        columns: Sequence[str] = (),
    ) -> None:
        self._expression = expression
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def run(self, db: Unit, values: Mapping[str, Any]) -> int:
        """Execute it; the number of rows it touched."""
        compiled = self._for(db)
        return int(db.drive(compiled.sql, compiled.bind(values)).rowcount)

    def run_many(self, db: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it once for every row of values."""
        if rows:
            compiled = self._for(db)
            db.drive_many(compiled.sql, [compiled.bind(values) for values in rows])

    def rows(self, db: Unit, values: Mapping[str, Any]) -> list[Any]:
        """All result rows, as named tuples."""
        compiled = self._for(db)
        cursor = db.drive(compiled.sql, compiled.bind(values))
        return [compiled.record(row) for row in cursor]

    def row(self, db: Unit, values: Mapping[str, Any]) -> Any | None:
        """The first result row as a named tuple, or None."""
        compiled = self._for(db)
        row = db.drive(compiled.sql, compiled.bind(values)).fetchone()
        return None if row is None else compiled.record(row)

    def one(self, db: Unit, values: Mapping[str, Any]) -> Any:
        """The result row that must be there.

        Raises:
            LookupError: it is not.
        """
        row = self.row(db, values)
        if row is None:
            raise LookupError(self._for(db).sql)
        return row

    def value(self, db: Unit, values: Mapping[str, Any]) -> Any | None:
        """The first column of the first row; None if there is no row."""
        row = self.row(db, values)
        return None if row is None else row[0]

    def _for(self, db: Unit) -> _Compiled:
        name = db.dialect.name
        compiled = self._compiled.get(name)
        if compiled is None:
            expression = self._expression
            chosen = expression[name] if isinstance(expression, Mapping) else expression
            compiled = self._compiled[name] = _compile(chosen, self._columns, db.dialect)
        return compiled


def insertion(table: Table, *columns: str) -> Statement:
    """An INSERT of the given columns, or of all."""
    return Statement(insert(table), columns=columns or [column.name for column in table.c])


def insertion_once(table: Table, *columns: str, returning: Sequence[Any] = ()) -> Statement:
    """An INSERT that gives no row and touches none when a unique key is there already."""
    return Statement(
        {
            name: dialect.insert(table).on_conflict_do_nothing().returning(*returning)
            for name, dialect in DIALECTS.items()
        },
        columns=columns,
    )


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The SQL text, how values become parameters, and how a row becomes a named tuple."""

    sql: str
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    binds: tuple[tuple[int, Callable[[Any], Any]], ...]
    make: Callable[..., Any]
    converts: tuple[tuple[int, Callable[[Any], Any]], ...]

    def bind(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """The parameters in the order of the text."""
        parameters = self.pick(values)
        if not self.binds:
            return parameters
        cells = list(parameters)
        for index, convert in self.binds:
            cells[index] = convert(cells[index])
        return cells

    def record(self, row: Sequence[Any]) -> Any:
        """A driver's row in Python's types."""
        if not self.converts:
            return self.make(row)
        cells = list(row)
        for index, convert in self.converts:
            cells[index] = convert(cells[index])
        return self.make(cells)


def _compile(expression: Expression, columns: Sequence[str], dialect: Dialect) -> _Compiled:
    sql = expression.compile(dialect=dialect, column_keys=list(columns) or None)
    names = list(sql.positiontup or ())
    asked = [name for name in names if sql.binds[name].required]
    binds = _conversions(
        sql.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in asked
    )
    shown = list(expression.exported_columns)
    converts = _conversions(
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in shown
    )
    record = namedtuple("Record", [str(c.key) for c in shown], rename=True)  # type: ignore[misc]  # noqa: PYI024  names are the statement's
    text = _with_constants(str(sql), [sql.binds[name] for name in names], dialect)
    return _Compiled(text, _picker(asked), binds, record._make, converts)


def _with_constants(sql: str, binds: Sequence[BindParameter[Any]], dialect: Dialect) -> str:
    """The text with its constants written out: only so can a partial index serve it."""
    mark = "?" if dialect.positional and dialect.paramstyle == "qmark" else "%s"
    pieces = sql.split(mark)
    words = [mark if bind.required else _literal(bind, dialect) for bind in binds]
    return "".join(chain.from_iterable(zip_longest(pieces, words, fillvalue="")))


def _literal(bind: BindParameter[Any], dialect: Dialect) -> str:
    if bind.value is None:
        return "NULL"
    written = bind.type.dialect_impl(dialect).literal_processor(dialect)
    if written is None:
        raise TypeError(f"a constant of type {bind.type!r} cannot be written into SQL")
    return written(bind.effective_value).replace(
        "%", "%%" if dialect.paramstyle == "format" else "%"
    )


def _picker(names: list[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _conversions(
    processors: Iterable[Callable[[Any], Any] | None],
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    return tuple((i, convert) for i, convert in enumerate(processors) if convert is not None)
