"""Working time: the dates of domain.md §7, and what holds for every moment."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import holidays
from engine.calendar import Calendar, NeverOpen, Quality, Shift

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
CALENDAR = Calendar(SHANGHAI, holidays.days(2025) | holidays.days(2026))


def at(words):
    return datetime.strptime(words, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def leave(*pairs):
    return CALENDAR.without((at(start), at(end)) for start, end in pairs)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-02-13 17:00", "2026-02-14 11:00"),  # a Saturday, worked for the Spring Festival
        ("2026-02-14 17:00", "2026-02-24 11:00"),  # the whole festival lies between
        ("2026-05-08 16:30", "2026-05-09 10:30"),
        ("2026-09-30 17:00", "2026-10-08 11:00"),
        ("2026-11-20 16:00", "2026-11-23 10:00"),  # an ordinary weekend (A21)
        ("2026-11-23 10:00", "2026-11-23 14:30"),  # over lunch
        ("2026-11-23 09:00", "2026-11-23 12:00"),  # used up when the shift ends
        ("2026-11-21 03:00", "2026-11-23 12:00"),
    ],
)
def test_three_working_hours_end_where_the_domain_says(start, end):
    due = CALENDAR.add_working_time(at(start), 3 * HOUR)
    assert (due.at, due.provisional) == (at(end), False)
    assert due.at.tzinfo is UTC
    assert CALENDAR.working_time_between(at(start), due.at) == 3 * HOUR


def test_a_year_has_as_many_working_hours_as_its_workdays_have():
    year = (at("2026-01-01 00:00"), at("2027-01-01 00:00"))
    assert CALENDAR.working_time_between(*year) == 248 * 7.5 * HOUR


def test_the_nth_workday_counts_from_either_end_of_the_month():
    assert CALENDAR.nth_workday(2026, 5, 1) == date(2026, 5, 6)
    assert CALENDAR.nth_workday(2026, 10, 1) == date(2026, 10, 8)
    assert CALENDAR.nth_workday(2026, 2, -1) == date(2026, 2, 28)  # a Saturday
    assert CALENDAR.nth_workday(2026, 1, 2) == date(2026, 1, 5)  # after Sunday the 4th
    for impossible in (0, 24, -24):
        with pytest.raises(ValueError, match="workdays"):
            CALENDAR.nth_workday(2026, 1, impossible)


def test_may_and_october_have_no_workday_until_the_5th():
    last = {
        month: max((n for n in range(1, 6) if CALENDAR.is_workday(date(2026, month, n))), default=0)
        for month in range(1, 13)
    }
    assert last == {1: 5, 2: 5, 3: 5, 4: 3, 5: 0, 6: 5, 7: 3, 8: 5, 9: 4, 10: 0, 11: 5, 12: 4}


def test_working_time_begins_with_a_shift_and_ends_before_its_end():
    assert CALENDAR.next_open(at("2026-11-23 09:00")) == at("2026-11-23 09:00")
    assert CALENDAR.next_open(at("2026-11-23 12:00")) == at("2026-11-23 13:30")
    assert CALENDAR.next_open(at("2026-11-23 18:00")) == at("2026-11-24 09:00")
    assert CALENDAR.next_open(at("2026-09-30 20:00")) == at("2026-10-08 09:00")


def test_a_deadline_is_provisional_once_a_day_nobody_published_lies_on_the_way():
    last = at("2026-12-31 15:00")
    assert not CALENDAR.add_working_time(last, 3 * HOUR).provisional
    over = CALENDAR.add_working_time(last, 4 * HOUR)
    assert (over.at, over.provisional) == (at("2027-01-01 10:00"), True)
    assert CALENDAR.day(date(2027, 1, 1)).quality is Quality.DERIVED
    assert CALENDAR.day(date(2026, 12, 31)).quality is Quality.OFFICIAL


def test_a_notice_is_needed_60_days_before_the_known_days_end():
    assert CALENDAR.covered_until(date(2026, 11, 1)) == date(2026, 12, 31)
    assert CALENDAR.notice_needed(date(2026, 11, 1)) is None
    assert CALENDAR.notice_needed(date(2026, 11, 2)) == 2027
    assert CALENDAR.covered_until(date(2027, 3, 1)) is None
    assert CALENDAR.notice_needed(date(2027, 3, 1)) == 2027
    gap = Calendar(SHANGHAI, holidays.days(2024) | holidays.days(2026))
    assert gap.covered_until(date(2024, 12, 1)) == date(2024, 12, 31)
    assert gap.notice_needed(date(2024, 12, 1)) == 2025


def test_leave_is_no_working_time_and_leaves_the_company_alone():
    morning = leave(("2026-11-23 09:00", "2026-11-23 11:00"))
    assert morning.next_open(at("2026-11-23 08:00")) == at("2026-11-23 11:00")
    assert morning.add_working_time(at("2026-11-23 09:00"), 3 * HOUR).at == at("2026-11-23 15:30")
    assert CALENDAR.next_open(at("2026-11-23 08:00")) == at("2026-11-23 09:00")
    assert morning.is_workday(date(2026, 11, 23))

    middle = leave(
        ("2026-11-23 10:00", "2026-11-23 11:00"), ("2026-11-23 10:30", "2026-11-24 17:00")
    )
    worked = middle.working_time_between(at("2026-11-23 00:00"), at("2026-11-25 00:00"))
    assert worked == 2 * HOUR
    more = middle.without([(at("2026-11-23 09:00"), at("2026-11-23 10:00"))])
    assert more.next_open(at("2026-11-23 00:00")) == at("2026-11-24 17:00")


def test_shifts_and_zones_are_the_companys():
    half = Calendar(SHANGHAI, shifts=(Shift(time(9), time(12)),))
    assert half.add_working_time(at("2026-11-23 11:00"), 2 * HOUR).at == at("2026-11-24 10:00")
    berlin = ZoneInfo("Europe/Berlin")
    summer = Calendar(berlin)  # its clocks go forward on Sunday 2026-03-29
    due = summer.add_working_time(datetime(2026, 3, 27, 17, tzinfo=berlin), 2 * HOUR)
    assert due.at == datetime(2026, 3, 30, 8, tzinfo=UTC)  # 10:00 there


def test_what_makes_no_sense_is_refused():
    naive, aware = datetime(2026, 11, 23, 9), at("2026-11-23 09:00")  # noqa: DTZ001  the point
    for question in (
        lambda: CALENDAR.next_open(naive),
        lambda: CALENDAR.add_working_time(naive, HOUR),
        lambda: CALENDAR.working_time_between(aware, naive),
        lambda: CALENDAR.without([(naive, aware)]),
    ):
        with pytest.raises(ValueError, match="naive"):
            question()
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add_working_time(aware, -HOUR)
    with pytest.raises(ValueError, match="before"):
        CALENDAR.working_time_between(aware, aware - HOUR)
    with pytest.raises(ValueError, match="end after"):
        CALENDAR.without([(aware, aware)])
    with pytest.raises(ValueError, match="shift"):
        Shift(time(18), time(9))
    for shifts in ((), (Shift(time(13), time(18)), Shift(time(9), time(12)))):
        with pytest.raises(ValueError, match="shifts"):
            Calendar(SHANGHAI, shifts=shifts)


def test_what_never_comes_is_said_and_not_searched_for_ever():
    aware = at("2026-11-23 09:00")
    gone = CALENDAR.without([(aware, aware + timedelta(days=10_000))])
    with pytest.raises(NeverOpen):
        gone.next_open(aware)
    with pytest.raises(NeverOpen):
        CALENDAR.add_working_time(aware, timedelta.max)


MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1), timezones=st.just(SHANGHAI))  # noqa: DTZ001  bounds are naive
ALLOWANCES = st.timedeltas(timedelta(), timedelta(hours=200))
LEAVES = st.lists(
    st.tuples(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=20))).map(
        lambda drawn: (drawn[0], drawn[0] + drawn[1])
    ),
    max_size=3,
)


@given(MOMENTS, ALLOWANCES, LEAVES)
def test_an_allowance_is_exactly_the_working_time_until_it_ends(moment, allowance, leaves):
    calendar = CALENDAR.without(leaves)
    due = calendar.add_working_time(moment, allowance)
    assert calendar.working_time_between(moment, due.at) == allowance


@given(MOMENTS, ALLOWANCES, ALLOWANCES, LEAVES)
def test_more_time_and_a_later_start_never_end_earlier(moment, one, other, leaves):
    calendar = CALENDAR.without(leaves)
    first = calendar.add_working_time(moment, min(one, other)).at
    assert first <= calendar.add_working_time(moment, max(one, other)).at
    assert first <= calendar.add_working_time(moment + other, min(one, other)).at


@given(MOMENTS, ALLOWANCES, LEAVES)
def test_a_deadline_lies_in_a_shift_of_a_workday_and_never_in_a_leave(moment, allowance, leaves):
    due = CALENDAR.without(leaves).add_working_time(moment, allowance).at.astimezone(SHANGHAI)
    assert CALENDAR.is_workday(due.date())
    assert any(shift.start <= due.time() <= shift.end for shift in CALENDAR.shifts)
    assert not any(start < due < end for start, end in leaves)


@given(MOMENTS, LEAVES)
def test_the_next_open_moment_is_open(moment, leaves):
    calendar = CALENDAR.without(leaves)
    opened = calendar.next_open(moment)
    assert opened >= moment
    assert calendar.next_open(opened) == opened
    assert calendar.working_time_between(moment, opened) == timedelta()
    assert calendar.working_time_between(opened, opened + timedelta(seconds=1)) > timedelta()


@given(MOMENTS, ALLOWANCES, ALLOWANCES)
def test_working_time_adds_up(moment, one, other):
    middle, end = moment + one, moment + one + other
    parts = (
        CALENDAR.working_time_between(moment, middle),
        CALENDAR.working_time_between(middle, end),
    )
    assert sum(parts, timedelta()) == CALENDAR.working_time_between(moment, end)
