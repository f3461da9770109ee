"""Deadlines kept for the tests of the engine."""

import pytest

from engine.database import Database
from tests.engine.deadline_kit import Book


@pytest.fixture
def book(database):
    return Book(database)


@pytest.fixture
def books(database, database_url):
    """Two processes on one database; SQLite belongs to one, so there they are two threads."""
    if database.embedded:
        yield Book(database), Book(database)
        return
    other = Database(database_url)
    yield Book(database), Book(other)
    other.close()
