"""Working time: which days are worked, which hours of them, and sums of such hours.

Pure arithmetic on one immutable value. Moments are aware datetimes and come back in UTC;
a day is a date of the calendar's own zone. A naive datetime is a ValueError everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

Span: TypeAlias = tuple[datetime, datetime]
"""From (included) to (excluded)."""

SATURDAY = 5
ONE_DAY = timedelta(days=1)
NOTICE_AHEAD = timedelta(days=60)
"""How long before the known days end somebody has to bring more (requirements J22)."""
HORIZON = timedelta(days=3660)
"""Ten years: working time that is not found until then will not come."""


class Quality(StrEnum):
    """How sure an answer about a day is."""

    OFFICIAL = "official"
    """The State Council's arrangement."""
    DERIVED = "derived"
    """Nobody has said anything: Monday to Friday are worked."""
    MANUAL = "manual"
    """The company's own word."""


class NeverOpen(ValueError):
    """There is not that much working time within ten years: a leave or an allowance is wrong."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A piece of a working day in local time, within one day.

    Raises:
        ValueError: it does not end after it starts.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a shift cannot go from {self.start} to {self.end}")


DEFAULT_SHIFTS = (Shift(time(9), time(12)), Shift(time(13, 30), time(18)))


@dataclass(frozen=True, slots=True)
class Day:
    """What is known about a date; `name` is its holiday, also on a day worked for one."""

    is_workday: bool
    name: str
    quality: Quality


def derived(day: date) -> Day:
    """What is assumed about a date as long as nobody has said anything."""
    return Day(day.weekday() < SATURDAY, "", Quality.DERIVED)


def dates_of(year: int) -> list[date]:
    """Every date of a year."""
    first = date(year, 1, 1)
    return [first + ONE_DAY * i for i in range(366) if (first + ONE_DAY * i).year == year]


@dataclass(frozen=True, slots=True)
class Due:
    """The end of an allowance; `provisional` (暂定) when a derived day lies on the way to it."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The working calendar of the company, or with `leave` of one person. Never changes.

    `leave` is time a person is away: it takes away hours and leaves the days what they are.

    Raises:
        ValueError: no shift, or shifts that overlap or are not in order.
    """

    zone: ZoneInfo
    days: Mapping[date, Day] = field(default_factory=dict, repr=False)
    shifts: tuple[Shift, ...] = DEFAULT_SHIFTS
    leave: tuple[Span, ...] = ()
    _hours: dict[date, tuple[Span, ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.shifts or any(one.end > other.start for one, other in pairwise(self.shifts)):
            raise ValueError("a working day needs shifts, in order, none into the next")

    def without(self, leave: Iterable[Span]) -> Calendar:
        """This calendar for a person who is away for the given spans as well.

        Raises:
            ValueError: a span that does not end after it starts.
        """
        spans = tuple((_utc(start), _utc(end)) for start, end in leave)
        if any(start >= end for start, end in spans):
            raise ValueError("a leave must end after it starts")
        return Calendar(self.zone, self.days, self.shifts, self.leave + spans, self._hours)

    def day(self, day: date) -> Day:
        """What is known, else assumed, about a date."""
        return self.days.get(day) or derived(day)

    def is_workday(self, day: date) -> bool:
        """Whether the company works on this date."""
        return self.day(day).is_workday

    def nth_workday(self, year: int, month: int, n: int) -> date:
        """The n-th workday of a month; -1 is its last. May 2026 begins with the 6th.

        Raises:
            ValueError: `n` is 0, or the month has fewer workdays.
        """
        worked = [d for d in dates_of(year) if d.month == month and self.is_workday(d)]
        if not 0 < abs(n) <= len(worked):
            raise ValueError(f"{year}-{month:02} has {len(worked)} workdays, not a number {n}")
        return worked[n - 1 if n > 0 else n]

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself if it is working time, else when that begins again.

        Raises:
            NeverOpen: not within ten years.
        """
        return self.add_working_time(moment, timedelta()).at

    def add_working_time(self, moment: datetime, allowance: timedelta) -> Due:
        """When `allowance` of working time, counted from `moment`, is used up.

        Three hours given on Friday 2026-02-13 17:00 end on Saturday 02-14 11:00, which is
        worked for the Spring Festival; given a day later they end on 02-24 11:00.

        Raises:
            ValueError: a negative allowance.
            NeverOpen: not used up within ten years.
        """
        if allowance < timedelta():
            raise ValueError(f"an allowance cannot be negative: {allowance}")
        left, begun = allowance, _utc(moment)
        for start, end in self._open_from(begun):
            room = end - start
            if left <= room:
                return Due(start + left, self._is_derived(begun, start + left))
            left -= room
        raise NeverOpen(f"{allowance} from {moment.isoformat()} do not end within {HORIZON}")

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from one moment to a later one.

        Raises:
            ValueError: `end` is before `start`.
        """
        first, last = _utc(start), _utc(end)
        if last < first:
            raise ValueError(f"{end.isoformat()} is before {start.isoformat()}")
        spans = (span for day in self._dates(first, last) for span in self._open(day))
        worked = (min(to, last) - max(begin, first) for begin, to in spans)
        return sum((part for part in worked if part > timedelta()), timedelta())

    def covered_until(self, today: date) -> date | None:
        """The last date up to which every day from `today` is known; None if `today` is not."""
        day = today
        while day in self.days:
            day += ONE_DAY
        return day - ONE_DAY if day > today else None

    def notice_needed(self, today: date) -> int | None:
        """The year whose arrangement somebody has to bring, from 60 days before it is missed."""
        until = self.covered_until(today)
        missing = today if until is None else until + ONE_DAY
        return missing.year if missing <= today + NOTICE_AHEAD else None

    def _is_derived(self, start: datetime, end: datetime) -> bool:
        return any(day not in self.days for day in self._dates(start, end))

    def _dates(self, start: datetime, end: datetime) -> Iterator[date]:
        """The local dates from one moment to another, both included."""
        day, last = (moment.astimezone(self.zone).date() for moment in (start, end))
        while day <= last:
            yield day
            day += ONE_DAY

    def _open_from(self, moment: datetime) -> Iterator[Span]:
        """What is left of working time after a moment, piece by piece, up to the horizon."""
        for day in self._dates(moment, moment + HORIZON):
            for start, end in self._open(day):
                if end > moment:
                    yield max(start, moment), end

    def _open(self, day: date) -> Iterable[Span]:
        """The working time of a date, less leave; the former is kept, threads may share it."""
        spans: Iterable[Span] | None = self._hours.get(day)
        if spans is None:
            spans = self._hours[day] = self._shifts_on(day)
        for gone in self.leave:
            spans = _less(spans, gone)
        return spans

    def _shifts_on(self, day: date) -> tuple[Span, ...]:
        if not self.is_workday(day):
            return ()

        def at(local: time) -> datetime:
            return datetime.combine(day, local, self.zone).astimezone(UTC)

        return tuple((at(shift.start), at(shift.end)) for shift in self.shifts)


def _less(spans: Iterable[Span], gone: Span) -> list[Span]:
    """The spans without the part that is gone."""
    parts = (
        part
        for start, end in spans
        for part in ((start, min(end, gone[0])), (max(start, gone[1]), end))
    )
    return [(start, end) for start, end in parts if start < end]


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment.isoformat()} is no moment")
    return moment.astimezone(UTC)
