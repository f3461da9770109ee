"""What a person is told of many deadlines at once costs by their number, not by its square."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from cards.model import Button, Card
from engine.database import Database
from engine.rulebook import Rulebook
from sales.people import Address
from scheduler.deadlines_api import Reminder, remind
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MANY = 500


def test_reminders_of_one_person_are_not_compared_with_one_another(tmp_path, monkeypatch):
    compared = []
    monkeypatch.setattr(Reminder, "__eq__", lambda a, b: compared.append(1) or a is b)
    to = Address("zhang", "wecom", "ww", "zhang")
    reminders = [
        Reminder(to, NOW - timedelta(seconds=i), Card(f"{i}"), f"{i}", Button("接着办", "x"))
        for i in range(MANY)
    ]
    database = Database(f"sqlite:///{tmp_path}/a.db")
    upgrade(database)
    database.writer.run(lambda db: remind(db, reminders, Rulebook(), now=NOW))
    with database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM card")).scalar_one() == 1
    database.close()
    assert compared == []
