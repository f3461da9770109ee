"""What a platform sells by the month: how much of it was used, and how much there is.

Counted by the calendar month of China, where the platforms are. One row per account, kind and
month; counting is one statement, so that processes never count into each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import and_, bindparam, func, select
from sqlmodel import Field

from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import Statement
from engine.unit import Unit

CHINA = timezone(timedelta(hours=8))
CALLS, PUSHES = "calls", "pushes"


class Usage(Row, table=True):
    """How many of `kind` an account ("dingtalk:<organisation>") has used in a month."""

    __tablename__ = "usage"
    __table_args__ = (WITHOUT_ROWID,)

    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    used: int


class Allowance(Row, table=True):
    """How many an account may use in every month, as the deployment says."""

    __tablename__ = "allowance"
    __table_args__ = (WITHOUT_ROWID,)

    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    most: int


@dataclass(frozen=True, slots=True)
class Meter:
    """What an account has used of a kind in a month, of how many."""

    account: str
    kind: str
    used: int
    most: int

    @property
    def percent(self) -> int:
        """How much is used, in whole per cent, rounded down."""
        return 100 * self.used // self.most


_USAGE, _ALLOWANCE = table(Usage), table(Allowance)
_ADD = Statement(
    lambda dialect: dialect.insert(_USAGE)
        .values(
            account=bindparam("of"), kind=bindparam("what"), month=bindparam("when"),
            used=bindparam("count"),
        )
        .on_conflict_do_update(
            index_elements=["account", "kind", "month"],
            set_={"used": _USAGE.c.used + bindparam("count")},
        )
)  # fmt: skip
_ALLOW = Statement(
    lambda dialect: dialect.insert(_ALLOWANCE)
        .values(account=bindparam("of"), kind=bindparam("what"), most=bindparam("many"))
        .on_conflict_do_update(
            index_elements=["account", "kind"], set_={"most": bindparam("many")}
        )
)  # fmt: skip
_ALL = (
    select(
        _ALLOWANCE.c.account, _ALLOWANCE.c.kind, func.coalesce(_USAGE.c.used, 0).label("used"),
        _ALLOWANCE.c.most,
    )
    .outerjoin(
        _USAGE,
        and_(
            _USAGE.c.account == _ALLOWANCE.c.account, _USAGE.c.kind == _ALLOWANCE.c.kind,
            _USAGE.c.month == bindparam("when"),
        ),
    )
    .order_by(_ALLOWANCE.c.account, _ALLOWANCE.c.kind)
)  # fmt: skip
_METERS = Statement(_ALL)
_METER = Statement(
    _ALL.where(_ALLOWANCE.c.account == bindparam("of"), _ALLOWANCE.c.kind == bindparam("what"))
)


def account(platform: str, tenant: str) -> str:
    """The account of an organisation on a platform."""
    return f"{platform}:{tenant}"


def add(db: Unit, of: str, kind: str, count: int, *, now: datetime) -> None:
    """Count so many of a kind into the month of `now`."""
    _ADD.run(db, {"of": of, "what": kind, "when": month(now), "count": count})


def allow(db: Unit, of: str, most: Mapping[str, int]) -> None:
    """Write down how many of each kind an account has a month."""
    for kind, many in most.items():
        _ALLOW.run(db, {"of": of, "what": kind, "many": many})


def meters(db: Unit, *, now: datetime) -> list[Meter]:
    """All that is sold by the month, as of the month of `now`."""
    return [Meter(*row) for row in _METERS.rows(db, {"when": month(now)})]


def meter(db: Unit, of: str, kind: str, *, now: datetime) -> Meter | None:
    """One of them; None for what is not sold by the month."""
    row = _METER.row(db, {"of": of, "what": kind, "when": month(now)})
    return None if row is None else Meter(*row)


def month(now: datetime) -> str:
    """The month as it is counted: "2026-11"."""
    return f"{now.astimezone(CHINA):%Y-%m}"


def turn(now: datetime) -> datetime:
    """When the next month begins."""
    first = now.astimezone(CHINA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
