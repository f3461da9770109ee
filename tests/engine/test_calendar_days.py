"""Who may say what about a day, and that every process hears of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors import holidays
from connectors.notice import parse
from engine.calendar import Day, Quality
from engine.calendar_days import (
    Calendars,
    Change,
    days,
    decide,
    leaves,
    publish,
    seed,
    take_leave,
    version,
)
from tests.connectors.notices import notice

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
THURSDAY, FRIDAY, SUNDAY = date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 3)
CHRISTMAS_EVE = date(2026, 12, 24)


def official(*, is_workday, name=""):
    return Day(is_workday, name, Quality.OFFICIAL)


@pytest.fixture
def change(database):
    """Do one thing to the days in a commit of its own."""

    def run(act, *args, **kwargs):
        return database.writer.run(lambda db: act(db, *args, **kwargs, now=NOW))

    return run


@pytest.fixture
def seeded(change):
    return change(holidays.seed, NOW.date())


def test_the_package_is_stored_once_and_again_changes_nothing(database, change, seeded):
    assert len(seeded.settled) == 730  # last year and this; nobody has published the next
    assert len([day for day in seeded.flipped if day.year == 2026]) == 25
    with database.reading() as db:
        number, stored = version(db), days(db)
    assert stored == holidays.days(2025) | holidays.days(2026)
    assert change(holidays.seed, NOW.date()) == Change()
    with database.reading() as db:
        assert version(db) == number


@pytest.mark.usefixtures("seeded")
def test_a_notice_changes_its_year_and_the_december_before(database, change):
    read = parse(notice(2027))
    changed = change(publish, read.days, read.title)
    assert changed.flipped[:2] == (THURSDAY, FRIDAY)
    assert len(changed.settled) == 365
    assert changed.dates >= {THURSDAY, FRIDAY, SUNDAY}
    with database.reading() as db:
        calendar = Calendars(SHANGHAI).current(db)
    assert calendar.covered_until(NOW.date()) == date(2027, 12, 31)
    assert calendar.day(THURSDAY) == official(is_workday=False, name="元旦")
    assert change(publish, read.days, read.title) == Change()


@pytest.mark.usefixtures("seeded")
def test_the_package_never_undoes_a_notice_but_renews_its_own_days(database, change):
    change(publish, {THURSDAY: official(is_workday=False)}, "通知")
    newer = {THURSDAY: official(is_workday=True), CHRISTMAS_EVE: official(is_workday=False)}
    assert change(seed, newer, holidays.SOURCE) == Change(flipped=(CHRISTMAS_EVE,))
    with database.reading() as db:
        assert not days(db)[THURSDAY].is_workday


@pytest.mark.usefixtures("seeded")
def test_a_day_the_notice_confirms_belongs_to_the_notice(change):
    change(publish, {CHRISTMAS_EVE: official(is_workday=True)}, "通知")
    assert change(seed, {CHRISTMAS_EVE: official(is_workday=False)}, holidays.SOURCE) == Change()


@pytest.mark.usefixtures("seeded")
def test_the_companys_word_outlasts_package_and_notice(database, change):
    party = change(decide, CHRISTMAS_EVE, "年会", is_workday=False)
    assert party == Change(flipped=(CHRISTMAS_EVE,))
    change(publish, {CHRISTMAS_EVE: official(is_workday=True)}, "通知")
    change(seed, {CHRISTMAS_EVE: official(is_workday=True)}, holidays.SOURCE)
    with database.reading() as db:
        assert days(db)[CHRISTMAS_EVE] == Day(is_workday=False, name="年会", quality=Quality.MANUAL)
    assert change(decide, CHRISTMAS_EVE, "", is_workday=True).flipped == (CHRISTMAS_EVE,)


def test_a_change_is_heard_by_who_read_before_and_nothing_is_read_without_one(database, change):
    calendars = Calendars(SHANGHAI)
    with database.reading() as db:
        before = calendars.current(db)
        assert calendars.current(db) is before
    change(decide, CHRISTMAS_EVE, "年会", is_workday=False)
    with database.reading() as db:
        after = calendars.current(db)
        assert calendars.current(db) is after
    assert before.is_workday(CHRISTMAS_EVE)
    assert not after.is_workday(CHRISTMAS_EVE)


def test_leave_is_found_where_it_touches_the_time_asked_for(database):
    day = timedelta(days=1)

    def ask(db):
        take_leave(db, "zhang", NOW + 2 * day, NOW + 3 * day, "年假", now=NOW)
        take_leave(db, "zhang", NOW, NOW + 5 * day, "病假", now=NOW)
        take_leave(db, "zhang", NOW, NOW + day, "病假", now=NOW)  # back earlier
        take_leave(db, "li", NOW, NOW + 9 * day, "年假", now=NOW)
        return [
            leaves(db, "zhang", NOW, NOW + 9 * day),
            leaves(db, "zhang", NOW + day, NOW + 2 * day),
            leaves(db, "zhang", NOW + day / 2, NOW + day),
            leaves(db, "wang", NOW, NOW + 9 * day),
        ]

    first, second = (NOW, NOW + day), (NOW + 2 * day, NOW + 3 * day)
    assert database.writer.run(ask) == [[first, second], [], [first], []]
    with pytest.raises(ValueError, match="end after"):
        database.writer.run(lambda db: take_leave(db, "zhang", NOW, NOW, "年假", now=NOW))
