"""The demo company in an empty database of each kind; what a test writes goes with it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.simulator import seed
from engine.calendar import Calendar
from engine.database import Database
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales.desk import Timing
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def timing(now=NOW):
    """What the clocks of leads are set by where nothing was decided."""
    return Timing(Rulebook(), Calendar(ZoneInfo("Asia/Shanghai")), now)


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
