"""Short-lived values that one process fetches for all: sealed, with the moment they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit


class Shared(Row, table=True):
    """One value by its name; `sealed` is ciphertext, its key is never in the database."""

    __tablename__ = "shared"

    name: str = Field(primary_key=True)
    sealed: str
    expires_at: datetime = Field(sa_type=UtcTime)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored value: its ciphertext and until when it may be used."""

    text: str
    expires_at: datetime


SHARED = table(Shared)
_READ = Statement(
    select(SHARED.c.sealed, SHARED.c.expires_at).where(SHARED.c.name == bindparam("wanted"))
)
_WRITE = Statement(
    lambda dialect: dialect.insert(SHARED)
        .values(
            name=bindparam("wanted"), sealed=bindparam("text"),
            expires_at=bindparam("ends", type_=UtcTime),
        )
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"sealed": bindparam("text"), "expires_at": bindparam("ends", type_=UtcTime)},
        )
)  # fmt: skip


def read(db: Unit, name: str) -> Sealed | None:
    """The stored value, if there is one; it may have ended."""
    row = _READ.row(db, {"wanted": name})
    return None if row is None else Sealed(row.sealed, row.expires_at)


def write(db: Unit, name: str, value: Sealed) -> None:
    """Put the value in place of the one that is there."""
    _WRITE.run(db, {"wanted": name, "text": value.text, "ends": value.expires_at})
