"""The one metadata of all tables, and the base every table is written on."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table
from sqlmodel import SQLModel

metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


WITHOUT_ROWID: Mapping[str, object] = {"sqlite_with_rowid": False}
"""Table arguments of a table that is nothing but its key: SQLite then stores it once."""


class Row(SQLModel):
    """A table row; unlike plain SQLModel it checks what is assigned to it."""

    model_config = {"validate_assignment": True}


def table(row: type[Row]) -> Table:
    """The Core table of a row class: rows are declared once, statements are Core."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
