"""A migrated database of each kind."""

import pytest

from bot.migrate import upgrade
from engine.database import Database


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database)
    yield database
    database.close()
