"""The trail is a chain: nobody changes, deletes, inserts or cuts it unseen (B15, D31, I12)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import audit
from engine.audit import START, Broken
from engine.audit_guard import guard, unguard
from engine.database import Database
from engine.unit import Occasion

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ROWS = 7


def note(database, *actions, actor="zhangsan"):
    def work(db):
        db.occasion = Occasion(actor, "wecom", "msg-1", "12")
        for action in actions:
            audit.record(db, action, ("customer", "C1"), at=NOW, detail={"set": {"名": action}})

    database.writer.run(work)


def forge(database, *statements):
    """What somebody with the database in hands can do: take the guard away, change, put it back."""
    with database.engine.begin() as connection:
        name = connection.dialect.name
        for statement in (*unguard(name), *statements, *guard(name)):
            connection.exec_driver_sql(statement)


def verdict(database, most=audit.PAGE):
    with database.reading() as db, pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "PAGE", most)
        good, wrong = audit.check(db)
        return wrong or good


def end(database):
    with database.reading() as db:
        return audit.head(db)


@pytest.fixture
def trail(database):
    for number in range(ROWS):
        note(database, f"did.{number}")
    return database


def test_an_honest_chain_is_whole_in_pages_of_any_size(trail):
    assert verdict(trail) == verdict(trail, most=1) == end(trail)
    assert end(trail).seq == ROWS


def test_an_empty_chain_is_whole(database):
    assert verdict(database) == START


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_d31_the_database_itself_refuses_to_change_the_trail(trail, statement):
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        trail.writer.run(lambda db: db.execute(text(statement)))
    assert verdict(trail) == end(trail)


@pytest.mark.pg
def test_d31_postgresql_refuses_to_empty_the_trail(database):
    if database.embedded:
        pytest.skip("SQLite has no TRUNCATE")
    note(database, "did")
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        database.writer.run(lambda db: db.execute(text("TRUNCATE audit")))


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'lisi'", "at = at + 1", "channel = 'cli'", "origin = ''", "cause = '13'",
        "action = 'did'", "subject_type = 'person'", "subject_id = 'C2'", "detail = '{}'",
    ],
)  # fmt: skip
def test_d31_a_changed_row_is_named(trail, change):
    forge(trail, f"UPDATE audit SET {change} WHERE seq = 4")
    assert verdict(trail) == verdict(trail, most=2) == Broken(4, "changed")


def test_d31_a_row_with_a_hash_made_up_for_it_breaks_the_next(trail):
    with trail.reading() as db:
        rows = db.execute(text("SELECT * FROM audit ORDER BY seq")).all()
    columns = [*rows[3][:-1]]
    columns[2] = "lisi"
    forged = audit.link(rows[2][-1], columns)
    forge(trail, f"UPDATE audit SET actor = 'lisi', hash = '{forged}' WHERE seq = 4")
    assert verdict(trail) == Broken(5, "changed")


def test_d31_a_deleted_row_is_named(trail):
    forge(trail, "DELETE FROM audit WHERE seq = 3")
    assert verdict(trail) == Broken(3, "missing")


def test_d31_rows_in_another_order_are_found(trail):
    forge(
        trail,
        "UPDATE audit SET seq = 99 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 99",
    )
    assert verdict(trail) == Broken(3, "changed")


def test_d31_an_inserted_row_is_found(trail):
    forge(
        trail,
        "UPDATE audit SET seq = seq + 100 WHERE seq > 3",
        "INSERT INTO audit SELECT 4, at, actor, channel, origin, cause, action, subject_type, "
        "subject_id, detail, hash FROM audit WHERE seq = 2",
        "UPDATE audit SET seq = seq - 99 WHERE seq > 100",
    )
    assert verdict(trail) == Broken(4, "changed")


def test_d31_a_cut_tail_is_seen_from_outside_only(trail):
    kept = end(trail)
    forge(trail, "DELETE FROM audit WHERE seq > 4")
    assert verdict(trail) == end(trail)
    with trail.reading() as db:
        assert audit.compare(db, [kept]) == Broken(5, "cut")


def test_d31_a_chain_written_anew_is_seen_from_outside(trail):
    kept = end(trail)
    forge(trail, "DELETE FROM audit")
    for number in range(ROWS + 2):
        note(trail, f"lie.{number}")
    assert verdict(trail) == end(trail)
    with trail.reading() as db:
        assert audit.compare(db, [kept]) == Broken(ROWS, "changed")


def test_a_chain_that_went_on_still_goes_through_the_heads_kept_before(trail):
    kept = end(trail)
    note(trail, "later")
    with trail.reading() as db:
        assert audit.compare(db, [kept, end(trail)]) is None


def test_a_unit_that_fails_leaves_no_row_and_no_gap(trail):
    def fails(db):
        audit.record(db, "half", ("t", "1"), at=NOW)
        db.execute(text("UPDATE sequence SET last = last"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        trail.writer.run(fails)
    note(trail, "after")
    assert (verdict(trail), end(trail).seq) == (end(trail), ROWS + 1)


def test_a_part_that_is_undone_takes_its_rows_along(database):
    def part(db):
        with db.part():
            audit.record(db, "undone", ("t", "1"), at=NOW)
            raise ValueError

    def work(db):
        audit.record(db, "kept", ("t", "1"), at=NOW)
        with suppress(ValueError):
            part(db)
        audit.record(db, "after", ("t", "1"), at=NOW)

    database.writer.run(work)
    with database.reading() as db:
        assert [r.action for r in db.execute(text("SELECT action FROM audit ORDER BY seq"))] == [
            "kept", "after",
        ]  # fmt: skip


def test_many_writers_make_one_chain_without_gaps(fresh_postgres):
    url = fresh_postgres()
    first, second = Database(url), Database(url)

    def write(database):
        for number in range(50):
            note(database, f"{number}.a", f"{number}.b")

    threads = [threading.Thread(target=write, args=(one,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (verdict(first), end(first).seq) == (end(first), 200)
    first.close()
    second.close()


def test_lifting_the_guard_waits_for_the_vacuum_instead_of_deadlocking(fresh_postgres):
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with closing(Database(fresh_postgres())) as database, ThreadPoolExecutor(1) as other:
        with database.engine.begin() as vacuum:
            vacuum.execute(text("LOCK TABLE audit IN SHARE UPDATE EXCLUSIVE MODE"))
            forged = other.submit(forge, database)
            while not vacuum.scalar(waiting):
                assert not forged.done()
            vacuum.execute(text("ANALYZE audit"))  # needs what GRANT holds to its end
        forged.result()


def test_the_chain_can_be_checked_with_nothing_but_python_and_the_rows(trail):
    import hashlib
    import json

    with trail.reading() as db:
        rows = db.execute(text("SELECT * FROM audit ORDER BY seq")).all()
    before = "0" * 64
    for *columns, written in rows:
        words = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
        before = hashlib.sha256((before + words).encode()).hexdigest()
        assert before == written


def test_moments_and_occasions_come_back_as_they_were(database):
    at = NOW + timedelta(microseconds=123456)

    def work(db):
        db.occasion = Occasion("zhangsan", "web", "203.0.113.7", "5")
        audit.record(db, "did", ("customer", "C1"), at=at)

    database.writer.run(work)
    with database.reading() as db:
        row = db.execute(text("SELECT at, actor, channel, origin, cause FROM audit")).one()
    assert tuple(row)[1:] == ("zhangsan", "web", "203.0.113.7", "5")


def test_a_state_is_what_was_set_by_then_and_the_newest_rows_come_first(database):
    changes = ({"owner": "zhangsan"}, {"owner": "lisi", "region": "华东"}, {"owner": "zhaoliu"})
    for hour, told in enumerate({"set": change} for change in changes):
        database.writer.run(
            lambda db, at=NOW + timedelta(hours=hour), told=told: audit.record(
                db, "did", ("customer", "C1"), at=at, detail=told
            )
        )
    note(database, "looked")
    with database.reading() as db:
        then = NOW + timedelta(hours=1)
        assert audit.state(db, ("customer", "C1"), then)[0]["owner"] == "lisi"
        assert audit.state(db, ("customer", "C1"), NOW - timedelta(hours=1)) == ({}, 0)
        newest = audit.history(db, ("customer", "C1"), most=2)
        assert [row.seq for row in newest] == [4, 3]
        assert [r.seq for r in audit.history(db, ("customer", "C1"), most=2, before=3)] == [2, 1]
        [deed] = audit.deeds(db, "zhangsan", most=5)
        assert deed.action == "looked"
