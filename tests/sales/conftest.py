"""The demo company in an empty database of each kind; what a test writes goes with it."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from bot.migrate import upgrade
from bot.simulator import seed
from engine.database import Database

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def db(database_url):
    database = Database(database_url)
    upgrade(database)
    with Session(database.engine) as session:
        seed.plant(session, {"wecom": "ww", "dingtalk": "ding"}, NOW)
        yield session
    database.close()
