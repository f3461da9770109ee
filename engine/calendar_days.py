"""The days of the working calendar at rest, who may change them, and people's leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, delete, select, true
from sqlmodel import Field

from engine import audit
from engine.calendar import DEFAULT_SHIFTS, Calendar, Day, Quality, Shift, Span, derived
from engine.ids import last_number, next_number
from engine.model import Row, table
from engine.statement import Statement, module
from engine.types import UtcTime
from engine.unit import Unit

COUNTER = "calendar"
"""The sequence that counts changes of the days."""
BY_HAND = "manual"


class CalendarDay(Row, table=True):
    """What somebody said about a date; a date without a row is derived from its weekday.

    `quality` is "official" or "manual", `source` who said it, `loaded_at` when it was last
    changed.
    """

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    is_workday: bool
    name: str
    source: str
    quality: str
    loaded_at: datetime = Field(sa_type=UtcTime)


class Absence(Row, table=True):
    """A span in which a person is away; `kind` is the platform's or the company's word."""

    __tablename__ = "absence"

    person_id: str = Field(primary_key=True)
    from_at: datetime = Field(primary_key=True, sa_type=UtcTime)
    to_at: datetime = Field(sa_type=UtcTime)
    kind: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an import did to the answers: whose deadlines lie on these dates, count anew.

    `flipped` dates turned from workday to holiday or back, `settled` ones were derived and
    are known now. A date can be both. Earliest first.
    """

    flipped: tuple[date, ...] = ()
    settled: tuple[date, ...] = ()

    @property
    def dates(self) -> frozenset[date]:
        """Every date that has a new answer."""
        return frozenset(self.flipped + self.settled)


class Calendars:
    """The working calendar as this process last read it; one object for all threads."""

    def __init__(self, zone: ZoneInfo, shifts: tuple[Shift, ...] = DEFAULT_SHIFTS) -> None:
        self.zone = zone
        self._shifts = shifts
        self._kept: tuple[int, Calendar] | None = None

    def current(self, db: Unit) -> Calendar:
        """The calendar as it is now; the days are read again only after a change."""
        number = version(db)
        kept = self._kept
        if kept is None or kept[0] != number:
            kept = self._kept = (number, Calendar(self.zone, days(db), self._shifts))
        return kept[1]


def days(db: Unit) -> dict[date, Day]:
    """Every date somebody has said anything about."""
    return {row.day: _says(row)[0] for row in _DAYS.rows(db, {})}


def version(db: Unit) -> int:
    """A number that is another one after every change of the days."""
    return last_number(db, COUNTER)


def seed(db: Unit, known: Mapping[date, Day], source: str, now: datetime) -> Change:
    """Take over days nobody asked for, such as a package brings them.

    They fill gaps and renew what the same source said before, nothing else.
    """
    return _store(db, known, source, now, replacing=_DAY.source == source)


def publish(db: Unit, known: Mapping[date, Day], source: str, now: datetime) -> Change:
    """Take over a notice: it replaces every official day, and leaves the company's own."""
    return _store(db, known, source, now, replacing=_DAY.quality == Quality.OFFICIAL)


def decide(db: Unit, day: date, name: str, now: datetime, *, is_workday: bool) -> Change:
    """The company's own word about a date; it holds until the company says otherwise."""
    known = {day: Day(is_workday, name, Quality.MANUAL)}
    return _store(db, known, BY_HAND, now, replacing=true())


def take_leave(
    db: Unit, person_id: str, start: datetime, end: datetime, kind: str, *, now: datetime
) -> None:  # fmt: skip
    """Note that a person is away; told again from the same moment on, the last word holds.

    Raises:
        ValueError: the leave does not end after it starts.
    """
    if start >= end:
        raise ValueError("a leave must end after it starts")
    _LEAVE.run(db, {"person_id": person_id, "from_at": start, "to_at": end, "kind": kind})
    audit.record(db, "leave.taken", ("person", person_id), at=now,
                 detail={"from": start, "to": end, "kind": kind})  # fmt: skip


def cancel_leave(db: Unit, person_id: str, start: datetime, *, now: datetime) -> bool:
    """Take back the leave that begins at this moment; whether there was one."""
    gone = delete(Absence).where(_ABSENCE.person_id == person_id, _ABSENCE.from_at == start)
    if not db.execute(gone).rowcount:
        return False
    audit.record(db, "leave.cancelled", ("person", person_id), at=now, detail={"from": start})
    return True


def leaves(db: Unit, person_id: str, start: datetime, end: datetime) -> list[Span]:
    """When a person is away between two moments, for `Calendar.without`; earliest first."""
    asked = {"person": person_id, "start": start, "end": end}
    return [(row.from_at, row.to_at) for row in _LEAVES.rows(db, asked)]


def _store(
    db: Unit, known: Mapping[date, Day], source: str, now: datetime, *,
    replacing: ColumnElement[bool],
) -> Change:  # fmt: skip
    """Insert new days and replace those that may be replaced, in date order (no deadlocks)."""
    before = {row.day: row for row in _DAYS.rows(db, {})}
    rows: list[dict[str, Any]] = [
        {"day": day, "is_workday": it.is_workday, "name": it.name, "source": source,
         "quality": it.quality.value, "loaded_at": now}
        for day, it in sorted(known.items())
        if day not in before or _says(before[day]) != (it, source)
    ]  # fmt: skip
    if not rows:
        return Change()
    put = module(db).insert(_TABLE)
    put = put.on_conflict_do_update(
        index_elements=["day"],
        set_={name: put.excluded[name] for name in rows[0] if name != "day"},
        where=replacing,
    ).returning(_DAY.day)
    written = sorted(db.execute(put, rows).scalars())
    if written:
        next_number(db, COUNTER)
    said = {day: _says(row)[0] for day, row in before.items()}
    return Change(
        flipped=tuple(
            day for day in written
            if said.get(day, derived(day)).is_workday is not known[day].is_workday
        ),
        settled=tuple(day for day in written if day not in said),
    )  # fmt: skip


def _says(row: Any) -> tuple[Day, str]:
    """A stored day and who said it."""
    return Day(bool(row.is_workday), row.name, Quality(row.quality)), row.source


_TABLE = table(CalendarDay)
_DAY = _TABLE.c
_DAYS = Statement(select(*_DAY))
_ABSENCE = table(Absence).c
_LEAVE = Statement(
    lambda dialect: (put := dialect.insert(Absence)).on_conflict_do_update(
        index_elements=["person_id", "from_at"],
        set_={"to_at": put.excluded.to_at, "kind": put.excluded.kind},
    ),
    columns=("person_id", "from_at", "to_at", "kind"),
)
_LEAVES = Statement(
    select(_ABSENCE.from_at, _ABSENCE.to_at)
    .where(_ABSENCE.person_id == bindparam("person"))
    .where(_ABSENCE.from_at < bindparam("end"), _ABSENCE.to_at > bindparam("start"))
    .order_by(_ABSENCE.from_at)
)
