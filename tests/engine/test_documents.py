"""Versioned documents: written once, published once, in effect from their moment on (I11)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import documents
from engine.database import Database
from engine.documents import Name
from engine.rulebook import Rulebook

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
DECEMBER = datetime.fromisoformat("2026-12-01T00:00:00+08:00")
NAME = Name("sla", "contact")
MICROSECOND = timedelta(microseconds=1)


class Hours:
    """A document whose body is a number of hours, 72 unless it says otherwise."""

    name = NAME

    def read(self, body):
        return body.get("hours", 72)


HOURS = Hours()


@pytest.fixture
def given(database):
    """A database that has the document as the product brings it."""
    provide(database)
    return database


def provide(database, hours=72):
    bodies = {NAME: {"hours": hours}}
    database.writer.run(lambda db: documents.provide(db, bodies, "随产品提供", now=NOW))


def draft(database, hours, author="feng", base=1):
    def unit(db):
        version = documents.draft(
            db, NAME, {"hours": hours}, base=base, author=author, now=NOW
        )  # fmt: skip
        assert documents.checked(db, NAME, version)
        return version

    return database.writer.run(unit)


def publish(database, version, since=NOW, now=NOW):
    return database.writer.run(
        lambda db: documents.publish(
            db, NAME, version, by="feng", reason="why", effective_from=since, now=now
        )
    )


def read(book, database):
    with database.reading() as db:
        book.refresh(db)
    return book


def test_what_the_product_brings_is_published_once_and_has_always_held(given):
    provide(given, hours=48)
    book = read(Rulebook(), given)
    assert book.at(HOURS, NOW - timedelta(days=9999)).body == 72
    with given.reading() as db:
        [stored] = documents.history(db, NAME, by="", most=9)
    assert (stored.version, stored.state, stored.author) == (1, "published", "")


def test_without_any_version_the_defaults_hold_under_number_0(database):
    book = read(Rulebook(), database)
    assert (book.at(HOURS, NOW).number, book.at(HOURS, NOW).body) == (0, 72)
    with database.reading() as db:
        assert book.version(db, HOURS, 0).body == 72
        with pytest.raises(LookupError, match="sla/contact has no version 7"):
            book.version(db, HOURS, 7)


@pytest.mark.parametrize("column", ["body = '{}'", "sha256 = ''", "version = 9", "author = 'x'"])
def test_the_database_itself_keeps_a_version_as_it_was_written(given, column):
    """Drafts too: a change is a new version."""
    with pytest.raises(DBAPIError):
        given.writer.run(lambda db: db.execute(text(f"UPDATE document SET {column}")).rowcount)


def test_processes_that_lag_catch_up_and_one_that_begins_sees_the_same(given):
    early, late = read(Rulebook(), given), read(Rulebook(), given)
    assert publish(given, draft(given, 24))
    assert early.at(HOURS, NOW).body == 72, "not before it has looked"
    read(early, given)
    publish(given, draft(given, 12, base=2), since=DECEMBER)
    for book in (read(early, given), read(late, given), read(Rulebook(), given)):
        assert book.at(HOURS, NOW).body == 24
        assert book.at(HOURS, DECEMBER - MICROSECOND).body == 24
        assert book.at(HOURS, DECEMBER).body == 12, "nobody had to do anything"
    assert early.publication == late.publication


def test_a_version_called_off_never_comes_and_is_forgotten_by_all(given):
    book = Rulebook()
    publish(given, draft(given, 24), since=DECEMBER)
    assert read(book, given).at(HOURS, DECEMBER).body == 24
    later = NOW + timedelta(days=1)
    assert given.writer.run(lambda db: documents.call_off(db, NAME, 2, now=later))
    assert read(book, given).at(HOURS, DECEMBER).body == 72
    assert read(Rulebook(), given).at(HOURS, DECEMBER).body == 72


def test_what_is_in_effect_cannot_be_called_off(given):
    publish(given, draft(given, 24))
    assert not given.writer.run(lambda db: documents.call_off(db, NAME, 2, now=NOW))
    assert not given.writer.run(lambda db: documents.call_off(db, NAME, 1, now=NOW))


def test_only_the_newest_is_called_off_and_only_drafts_are_dropped(given):
    publish(given, draft(given, 24), since=DECEMBER)
    publish(given, draft(given, 12, base=2), since=DECEMBER)
    draft(given, 6, base=3)
    for step, versions in ((documents.call_off, (1, 2, 4, 9)), (documents.drop, (1, 2, 3, 9))):
        for version in versions:
            done = given.writer.run(partial(step, name=NAME, version=version, now=NOW))
            assert not done, version
    assert given.writer.run(lambda db: documents.drop(db, NAME, 4, now=NOW))
    assert given.writer.run(lambda db: documents.call_off(db, NAME, 3, now=NOW))
    assert given.writer.run(lambda db: documents.call_off(db, NAME, 2, now=NOW))


def test_nothing_comes_into_effect_in_the_past(given):
    version = draft(given, 24)
    with pytest.raises(ValueError, match="before it is published"):
        publish(given, version, since=NOW - MICROSECOND)


def test_work_is_held_to_its_version_even_where_that_is_not_known_yet(given):
    behind = read(Rulebook(), given)
    publish(given, draft(given, 24))
    publish(given, draft(given, 12, base=2))
    with given.reading() as db:
        assert behind.version(db, HOURS, 2).body == 24
        assert read(Rulebook(), given).version(db, HOURS, 1).body == 72, "nor forgotten"


def test_an_author_has_one_open_draft_and_leaves_the_others_theirs(given):
    draft(given, 24, "feng")
    draft(given, 25, "chen")
    draft(given, 26, "feng")
    with given.reading() as db:
        assert [(d.author, d.version) for d in documents.drafts(db, NAME)] == [
            ("chen", 3), ("feng", 4)
        ]  # fmt: skip


def test_of_editors_who_publish_at_the_same_moment_one_does(given, request):
    """Two processes where there can be two; each editor began with the same version."""
    versions = [draft(given, 10 + n, f"editor{n}") for n in range(8)]
    with ExitStack() as stack:
        other = given
        if not given.embedded:
            url = request.getfixturevalue("database_url")
            other = stack.enter_context(closing(Database(url)))
        with ThreadPoolExecutor(8) as editors:
            done = list(editors.map(publish, [given, other] * 4, versions))
    assert sorted(done) == [False] * 7 + [True]
