"""The demo company in an empty database of each kind; what a test writes goes with it."""

from datetime import UTC, datetime

import pytest

from bot.simulator import seed
from engine.database import Database
from engine.unit import Unit
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def db(database_url):
    database = Database(database_url)
    upgrade(database)
    with database.engine.connect() as connection, connection.begin() as begun:
        unit = Unit(connection)
        seed.plant(unit, {"wecom": "ww", "dingtalk": "ding"}, NOW)
        yield unit
        begun.rollback()
    database.close()
