"""Identities: ULIDs for rows, day numbers for people."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import bindparam
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import DIALECTS, Statement
from engine.types import EPOCH
from engine.unit import Unit

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BITS = 80


def ulid(now: datetime) -> str:
    """A 26-character id that sorts by time and cannot be guessed (80 random bits).

    Source: https://github.com/ulid/spec (timestamp in ms, Crockford base 32).
    """
    milliseconds = int((now - EPOCH).total_seconds() * 1000)
    number = milliseconds << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


class Sequence(Row, table=True):
    """The last number given out per kind and business day."""

    __tablename__ = "sequence"

    kind: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    last: int


_SEQUENCE = table(Sequence)
_NEXT = Statement(
    {
        name: dialect.insert(_SEQUENCE)
        .values(kind=bindparam("of_kind"), day=bindparam("on_day"), last=1)
        .on_conflict_do_update(index_elements=["kind", "day"], set_={"last": _SEQUENCE.c.last + 1})
        .returning(_SEQUENCE.c.last)
        for name, dialect in DIALECTS.items()
    }
)


def day_number(db: Unit, kind: str, day: date) -> str:
    """The next number people see, such as OPP-20261123-0001; gapless per commit.

    The row stays locked until the commit, so two workers never get the same number.
    """
    stamp = f"{day:%Y%m%d}"
    last = _NEXT.value(db, {"of_kind": kind, "on_day": stamp})
    return f"{kind}-{stamp}-{last:04d}"
