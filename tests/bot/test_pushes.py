"""What somebody wants no more of today is not said to them, and to nobody else's loss."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from cards import pushes
from cards.model import Card, Menu
from cards.tables import MUTE, CardRow
from sales.people import Address
from tests.engine.deadline_kit import NOW

TO = Address("zhang", "wecom", "ww", "zhang")
OTHER = Address("li", "wecom", "ww", "li")
TOMORROW = NOW + timedelta(hours=14)


def reminder(key, topic="receipts"):
    return Card("回款要跟", key=key, menu=Menu("您是负责人", topic))


def muted(db):
    pushes.push(db, reminder("a"), [TO], now=NOW)
    pushes.mute(db, "zhang", pushes.own(db, "zhang", "a"), TOMORROW, now=NOW)


def test_nothing_of_the_topic_is_said_until_then(database):
    def work(db):
        muted(db)
        assert pushes.push(db, reminder("b"), [TO], now=NOW + timedelta(hours=1)) is None
        assert db.execute(select(func.count()).select_from(CardRow)).scalar_one() == 1
        assert pushes.push(db, reminder("b"), [TO], now=TOMORROW) is not None

    database.writer.run(work)


def test_what_is_due_after_it_is_said_then(database):
    def work(db):
        muted(db)
        assert pushes.push(db, reminder("b"), [TO], now=NOW, not_before=TOMORROW) is not None

    database.writer.run(work)


def test_other_topics_and_other_people_are_not_concerned(database):
    def work(db):
        muted(db)
        assert pushes.push(db, reminder("b", "targets"), [TO], now=NOW) is not None
        assert pushes.push(db, reminder("a"), [OTHER], now=NOW) is not None

    database.writer.run(work)


def test_what_is_over_is_forgotten_with_the_next(database):
    def work(db):
        muted(db)
        pushes.mute(db, "zhang", pushes.own(db, "zhang", "a"), TOMORROW, now=NOW)
        pushes.push(db, reminder("c", "targets"), [TO], now=NOW)
        later = TOMORROW + timedelta(days=1)
        pushes.mute(db, "zhang", pushes.own(db, "zhang", "c"), later, now=TOMORROW)
        assert db.execute(select(MUTE.topic)).scalars().all() == ["targets"]

    database.writer.run(work)
