"""A change of the calendar moves the deadlines on its days, and only those."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from connectors import holidays
from engine import deadlines, deadlines_due
from engine.calendar import Calendar, Day, Quality
from engine.deadlines import plan
from engine.deadlines_replan import replan
from tests.engine.deadline_kit import HOUR, NOW, TWO

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar(SHANGHAI, holidays.days(2026))


def working(book, subject, start, hours, calendar):
    made = plan(start, hours * HOUR, TWO, calendar)
    book.run(
        deadlines.open_, "contact", ("lead", subject), made, owner="li", about="", now=NOW
    )  # fmt: skip


def test_a_new_holiday_moves_exactly_the_working_time_that_lies_on_it(book):
    tuesday = date(2026, 11, 24)
    holiday = Day(False, "大风", Quality.MANUAL)
    stormy = Calendar(SHANGHAI, {**OFFICE.days, tuesday: holiday})
    working(book, "before", NOW - timedelta(days=10), 1, OFFICE)
    working(book, "across", NOW, 10, OFFICE)
    working(book, "after", NOW + timedelta(days=3), 1, OFFICE)
    book.open("wall", hours=24)
    before = {one.subject_id: one.due_at for one in all_of(book)}

    assert book.run(replan, [tuesday], stormy) == 1
    after = {one.subject_id: one.due_at for one in all_of(book)}
    assert after.pop("across") == stormy.add_working_time(NOW, 10 * HOUR).at
    assert before.pop("across") == OFFICE.add_working_time(NOW, 10 * HOUR).at
    assert after == before
    assert book.run(replan, [tuesday], stormy) == 0
    assert book.run(replan, [], stormy) == 0


def test_a_published_year_takes_the_provisional_mark_off(book):
    start = datetime(2026, 12, 31, 16, 0, tzinfo=SHANGHAI)
    working(book, "a", start, 3, OFFICE)
    assert [one.provisional for one in all_of(book)] == [True]
    new_year = {date(2027, 1, 1) + timedelta(days=i): i for i in range(60)}
    days = {day: Day(i >= 3 and day.weekday() < 5, "", Quality.OFFICIAL)
            for day, i in new_year.items()}  # fmt: skip
    published = Calendar(SHANGHAI, {**OFFICE.days, **days})
    assert book.run(replan, list(days), published) == 1
    [one] = all_of(book)
    assert not one.provisional
    assert one.due_at.astimezone(SHANGHAI) == datetime(2027, 1, 4, 10, 0, tzinfo=SHANGHAI)


def test_a_level_that_has_fired_does_not_fire_again_after_a_recount(book):
    working(book, "a", NOW, 2, OFFICE)
    [read] = book.due(NOW + 5 * HOUR, owner="li")
    assert book.fire(NOW + 5 * HOUR, [read]) == [("a", "remind")]
    wednesday = date(2026, 11, 25)
    off = Calendar(SHANGHAI, {**OFFICE.days, wednesday: Day(False, "", Quality.MANUAL)})
    assert book.run(replan, [wednesday], off) == 1
    assert book.fire(NOW + 6 * HOUR, owner="li") == []
    copied = off.add_working_time(NOW, 26 * HOUR).at
    assert book.fire(copied - timedelta(seconds=1), owner="li") == []
    assert book.fire(copied, owner="li") == [("a", "copy")]


def test_what_was_read_before_a_recount_no_longer_fires(books):
    first, second = books
    working(first, "a", NOW, 2, OFFICE)
    due = NOW + 5 * HOUR
    read = first.due(due, owner="li")
    monday = date(2026, 11, 23)
    off = Calendar(SHANGHAI, {**OFFICE.days, monday: Day(False, "", Quality.MANUAL)})
    assert second.run(replan, [monday], off) == 1
    assert first.fire(due, read) == []


def all_of(book):
    """Every pending deadline as it stands."""
    with book.database.reading() as db:
        ids = db.execute(text("SELECT id FROM deadline WHERE state = 'pending'")).scalars().all()
        return [deadlines_due.one(db, one) for one in ids]
