"""A unit of work: what happens in one transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError


class Redo(BaseException):
    """A unit without a savepoint has to be undone: its whole batch is run again with them."""


class Occasion(NamedTuple):
    """Who acts, by which way in and because of what; it stands on every row of the trail.

    `actor` is a person's id ("" for the system), `channel` a platform, "web", "cli" or "time".
    `origin` is the IP address, or where a platform gives none its id of the message; `cause`
    is the job it all began with.
    """

    actor: str = ""
    channel: str = ""
    origin: str = ""
    cause: str = ""


NOBODY = Occasion()


class Unit:
    """The database as use-cases see it: statements inside a transaction somebody else ends.

    `occasion` and `trail` are what the trail will say of the unit (`engine.audit`).
    `writes` counts the statements that may have changed something.
    `lanes` are the job lanes that got work in this unit; they are woken after its commit.
    `cause` names what it is about; the messages it brings carry the name on to the log.
    """

    __slots__ = (
        "_connection",
        "_driver",
        "_savepoint",
        "cause",
        "dialect",
        "dialect_name",
        "lanes",
        "occasion",
        "trail",
        "writes",
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.dbapi_connection
        self.dialect: Any = connection.dialect
        self.dialect_name: str = self.dialect.name
        self.lanes: set[str] = set()
        self.cause = ""
        self.occasion = NOBODY
        self.trail: list[tuple[Any, ...]] = []
        self.writes = 0
        self._savepoint = False

    def execute(
        self,
        statement: Executable,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run a Core expression; what runs often is a `Statement`."""
        self.writes += 1
        return self._connection.execute(statement, values)

    def drive(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run SQL text on the driver; its cursor.

        Raises:
            DBAPIError: as SQLAlchemy would raise it, without the values: they are people's.
        """
        try:
            return self._driver.execute(sql, parameters)
        except self.dialect.dbapi.Error as error:
            raise self._translated(sql, error) from error

    def drive_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run SQL text once per row of parameters.

        Raises:
            DBAPIError: see `drive`.
        """
        try:
            self._driver.cursor().executemany(sql, rows)
        except self.dialect.dbapi.Error as error:
            raise self._translated(sql, error) from error

    def begin(self) -> None:
        """Set the point `rollback` goes back to."""
        self._savepoint = True
        self.drive("SAVEPOINT unit")

    def rollback(self) -> None:
        """Undo everything since the unit began; the unit goes on.

        Raises:
            Redo: there is no savepoint and something to undo.
        """
        self.lanes.clear()
        self.trail.clear()
        if self._savepoint:
            self.drive("ROLLBACK TO SAVEPOINT unit")
        elif self.writes:
            raise Redo

    def release(self) -> None:
        """Keep everything since `begin` for the commit of the batch."""
        self.drive("RELEASE SAVEPOINT unit")

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the unit that is undone alone when it raises."""
        self.drive("SAVEPOINT part")
        told = len(self.trail)
        try:
            yield
        except BaseException:
            del self.trail[told:]
            self.drive("ROLLBACK TO SAVEPOINT part")
            raise
        finally:
            self.drive("RELEASE SAVEPOINT part")

    def _translated(self, sql: str, error: Exception) -> BaseException:
        return DBAPIError.instance(
            sql, None, error, self.dialect.dbapi.Error, hide_parameters=True, dialect=self.dialect
        )
