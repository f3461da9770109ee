"""Identities: ULIDs for rows, day numbers for people."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections import deque
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import bindparam, select
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement
from engine.types import EPOCH
from engine.unit import Unit

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM = 16
"""Random digits of five bits each."""
DIGIT_OF_BYTE = CROCKFORD.encode() * 8
"""Five bits of a random byte are as random as all eight."""
AT_ONCE = 64
"""Ids drawn by one call: it costs as much as a statement, and lets go of the interpreter."""
_DRAWN: deque[str] = deque()
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_DRAWN.clear)  # or both would give out the same
MILLISECOND = timedelta(milliseconds=1)
LENGTH = 26


def ulid(now: datetime) -> str:
    """A 26-character id that sorts by time and cannot be guessed (80 random bits).

    Source: https://github.com/ulid/spec (timestamp in ms, Crockford base 32).
    """
    try:
        digits = _DRAWN.popleft()
    except IndexError:
        drawn = os.urandom(RANDOM * AT_ONCE).translate(DIGIT_OF_BYTE).decode()
        digits, *more = (drawn[at : at + RANDOM] for at in range(0, len(drawn), RANDOM))
        _DRAWN.extend(more)
    return _stamp(now) + digits


@lru_cache(maxsize=256)  # a unit names several rows at one moment
def _stamp(now: datetime) -> str:
    milliseconds = (now - EPOCH) // MILLISECOND
    return "".join([CROCKFORD[milliseconds >> shift & 31] for shift in range(45, -1, -5)])


def is_ulid(words: str) -> bool:
    """Whether this could be such an id; nobody types one."""
    return len(words) == LENGTH and all(digit in CROCKFORD for digit in words)


class Sequence(Row, table=True):
    """The last number given out per kind and business day ("" where days do not matter)."""

    __tablename__ = "sequence"

    kind: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    last: int


_SEQUENCE = table(Sequence)
_NEXT = Statement(
    lambda dialect: (
        dialect.insert(_SEQUENCE)
        .values(kind=bindparam("of_kind"), day=bindparam("on_day"), last=1)
        .on_conflict_do_update(index_elements=["kind", "day"], set_={"last": _SEQUENCE.c.last + 1})
        .returning(_SEQUENCE.c.last)
    )
)


_LAST = Statement(
    select(_SEQUENCE.c.last).where(
        _SEQUENCE.c.kind == bindparam("of_kind"), _SEQUENCE.c.day == bindparam("on_day")
    )
)


_NUMBERED = re.compile(r"([A-Z]{2,4})[\s‐‒–—−_-]*([0-9]{8})[\s‐‒–—−_-]*([0-9]{4,8})")


def day_number(db: Unit, kind: str, day: date) -> str:
    """The next number people see, such as OPP-20261123-0001; gapless per commit."""
    stamp = day.isoformat().replace("-", "")  # formatting a date costs as much as a statement
    return f"{kind}-{stamp}-{next_number(db, kind, stamp):04d}"


def as_numbered(words: str) -> str | None:
    """The number people mean by LD202611230001, ld-20261123-0001 or ＬＤ－２０２６…; None for none.

    It has the form `day_number` gives; whether there is such a thing is another question.
    """
    found = _NUMBERED.fullmatch(unicodedata.normalize("NFKC", words).strip().upper())
    return None if found is None else f"{found[1]}-{found[2]}-{found[3]}"


def next_number(db: Unit, kind: str, day: str = "") -> int:
    """The next number of a kind, from 1.

    The row stays locked until the commit, so two workers never get the same number.
    """
    [row] = _NEXT.rows(db, {"of_kind": kind, "on_day": day})
    return int(row.last)


def last_number(db: Unit, kind: str, day: str = "") -> int:
    """The last number of a kind that was given out, 0 before the first."""
    return int(_LAST.value(db, {"of_kind": kind, "on_day": day}) or 0)
