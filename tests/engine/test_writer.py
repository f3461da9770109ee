"""One thread changes the database; many units share a commit and none harms another."""

import sqlite3
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from bot.migrate import upgrade
from engine import audit
from engine.audit import Audit
from engine.database import Database, DatabaseInUse
from engine.ids import day_number, ulid
from engine.unit import NOBODY
from engine.writer import TIDIED_AFTER, Stopped, Undone, Writer

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def note(db, what):
    audit.record(db, what, ("test", what), at=NOW)


def notes(database):
    with database.reading() as db:
        return [r.action for r in db.execute(text("SELECT action FROM audit"))]


def test_a_unit_that_fails_leaves_its_neighbours_alone(database):
    def bad(db):
        note(db, "half")
        raise ValueError("no")

    gate = threading.Event()
    waiting = database.writer.submit(lambda _: gate.wait(5))
    good = [database.writer.submit(lambda db, n=n: note(db, f"good{n}")) for n in range(3)]
    broken = database.writer.submit(bad)
    gate.set()
    waiting.result()
    for future in good:
        future.result()
    with pytest.raises(ValueError, match="no"):
        broken.result()
    assert notes(database) == ["good0", "good1", "good2"]


def test_units_that_wait_together_share_one_commit(database):
    commits = []
    event.listen(database.engine, "commit", commits.append)
    running, gate = threading.Event(), threading.Event()
    first = database.writer.submit(lambda _: running.set() or gate.wait(5))
    running.wait(5)
    rest = [database.writer.submit(lambda db, n=n: note(db, str(n))) for n in range(40)]
    gate.set()
    for future in [first, *rest]:
        future.result()
    assert len(commits) == 2


def test_a_unit_that_breaks_the_transaction_costs_only_itself(database):
    if database.embedded:
        pytest.skip("only PostgreSQL ends a session for a statement")

    def kill(db):
        db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    gate = threading.Event()
    first = database.writer.submit(lambda _: gate.wait(5))
    before = database.writer.submit(lambda db: note(db, "before"))
    broken = database.writer.submit(kill)
    after = database.writer.submit(lambda db: note(db, "after"))
    gate.set()
    first.result()
    before.result()
    after.result()
    with pytest.raises(DBAPIError):
        broken.result()
    assert notes(database) == ["before", "after"]


def test_a_look_that_fails_takes_nothing_along_that_was_stored_before_it(database):
    gate = threading.Event()
    first = database.writer.submit(lambda _: gate.wait(5))
    before = database.writer.submit(lambda db: note(db, "before"))
    broken = database.writer.submit(lambda db: db.drive("SELECT 1 FROM nowhere"))
    after = database.writer.submit(lambda db: db.drive("SELECT 1").fetchone()[0])
    gate.set()
    first.result()
    before.result()
    with pytest.raises(DBAPIError):
        broken.result()
    assert after.result() == 1
    assert notes(database) == ["before"]


def test_a_unit_that_hides_a_failed_statement_is_told_that_nothing_was_kept(database):
    if database.embedded:
        pytest.skip("only PostgreSQL gives up the transaction")

    def hides(db):
        note(db, "half")
        with suppress(DBAPIError):
            db.drive("SELECT 1 FROM nowhere")

    with pytest.raises(Undone):
        database.writer.run(hides)
    database.writer.run(lambda db: note(db, "next"))
    assert notes(database) == ["next"]


def test_readers_cannot_write(database):
    with database.reading() as db, pytest.raises(DBAPIError, match=r"read.?only"):
        db.execute(text("DELETE FROM audit"))


def test_a_second_process_on_the_same_file_is_refused(tmp_path):
    first = Database(f"sqlite:///{tmp_path}/a.db")
    with pytest.raises(DatabaseInUse, match="另一个建流进程"):
        Database(f"sqlite:///{tmp_path}/a.db")
    first.close()
    Database(f"sqlite:///{tmp_path}/a.db").close()


def test_work_after_the_end_is_refused_not_lost(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/a.db")
    database.close()
    with pytest.raises(Stopped):
        database.writer.submit(lambda _: None)


def test_a_chain_that_has_begun_is_brought_to_its_end_by_closing(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/a.db")
    running, gate = threading.Event(), threading.Event()
    database.writer.submit(lambda _: running.set() or gate.wait(5))
    running.wait(5)
    ends = []
    database.writer.chain(
        lambda _: 1,
        lambda _, stored: stored + 1,
        lambda result, error: ends.append((result, error)),
    )
    closing = threading.Thread(target=database.close)
    closing.start()
    while not database.writer._stopped:
        time.sleep(0.001)
    gate.set()
    closing.join()
    assert ends == [(2, None)]


def test_a_naive_time_never_reaches_the_database(database):
    with pytest.raises(ValueError, match="naive"):
        database.writer.run(
            lambda db: audit.record(db, "x", ("t", "1"), at=NOW.replace(tzinfo=None))
        )


def test_times_come_back_to_the_microsecond(database):
    at = NOW.replace(microsecond=123456)
    database.writer.run(lambda db: audit.record(db, "x", ("t", "1"), at=at))
    with database.reading() as db:
        assert db.execute(select(Audit.at)).scalar_one() == at


def test_numbers_count_per_kind_and_day_without_gaps(database):
    days = [NOW.date(), NOW.date(), NOW.date().replace(day=24)]
    numbers = [database.writer.run(lambda db, d=d: day_number(db, "OPP", d)) for d in days]
    assert numbers == ["OPP-20261123-0001", "OPP-20261123-0002", "OPP-20261124-0001"]


def test_ulids_sort_by_time_and_never_repeat():
    ids = [ulid(NOW.replace(second=s)) for s in range(60)]
    assert ids == sorted(ids)
    assert len({ulid(NOW) for _ in range(1000)}) == 1000
    assert all(len(i) == 26 for i in ids)


def test_work_that_nobody_waits_for_any_more_is_not_begun_and_harms_nobody(database):
    running, gate = threading.Event(), threading.Event()
    first = database.writer.submit(lambda _: running.set() or gate.wait(5))
    running.wait(5)
    dropped = database.writer.submit(lambda db: note(db, "dropped"))
    kept = database.writer.submit(lambda db: note(db, "kept"))
    assert dropped.cancel()
    gate.set()
    first.result()
    kept.result()
    assert notes(database) == ["kept"]


def test_even_a_panic_in_a_unit_leaves_the_thread_alive(database):
    def panic(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.writer.run(panic)
    database.writer.run(lambda db: note(db, "after"))
    assert notes(database) == ["after"]


def test_what_people_wrote_does_not_stand_in_error_texts(database):
    with pytest.raises(DBAPIError) as broken:
        database.writer.run(
            lambda db: db.execute(text("SELECT :x FROM nowhere"), {"x": "张总的手机"})
        )
    assert "张总" not in str(broken.value)


def test_a_chain_that_was_given_back_is_never_begun(database):
    gate, ran = threading.Event(), []
    first = database.writer.submit(lambda _: gate.wait(5))
    waiting = database.writer.chain(ran.append, lambda *_: None, lambda *end: ran.append(end))
    assert waiting.cancel()
    gate.set()
    first.result(5)
    database.writer.run(lambda _: None)
    assert ran == []
    assert not waiting.cancel()


def test_whoever_asked_hears_of_the_error_and_may_not_stop_the_writer(database):
    ends = []

    def settled(result, error):
        ends.append((result, type(error)))
        raise RuntimeError("nobody is there any more")

    database.writer.chain(lambda db: db.drive("SELECT 1 FROM nowhere"), lambda *_: 1, settled)
    database.writer.chain(lambda _: 1, lambda _, one: one / 0, settled)
    database.writer.run(lambda _: None)
    database.writer.run(lambda _: None)
    assert [error.__name__ for _, error in ends] == [ends[0][1].__name__, "ZeroDivisionError"]
    assert issubclass(ends[0][1], DBAPIError)


def in_the_file_itself(path):
    """The notes SQLite's file holds without its log; 0 while it is being written."""
    with (
        closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as file,
        suppress(sqlite3.DatabaseError),
    ):
        return file.execute("SELECT count(*) FROM audit").fetchone()[0]
    return 0


def test_while_nobody_waits_the_log_is_folded_into_the_file(tmp_path):
    with closing(Database(f"sqlite:///{tmp_path}/jianliu.db")) as database:
        upgrade(database)
        for number in range(TIDIED_AFTER):
            database.writer.run(lambda db, n=number: note(db, str(n)))
        path, until = database.url.database, time.monotonic() + 10
        while in_the_file_itself(path) < TIDIED_AFTER and time.monotonic() < until:
            time.sleep(0.01)
        assert in_the_file_itself(path) == TIDIED_AFTER


def test_a_database_that_cannot_be_tidied_still_takes_work(database, caplog):
    tried = threading.Event()

    def broken():
        tried.set()
        raise OSError("no space left")

    writer = Writer(database.engine, lambda _: None, NOBODY, broken)
    try:
        for number in range(TIDIED_AFTER):
            writer.run(lambda db, n=number: note(db, str(n)))
        assert tried.wait(10)
        writer.run(lambda db: note(db, "more"))
    finally:
        writer.close()
    assert len(notes(database)) == TIDIED_AFTER + 1
    assert "could not be tidied" in caplog.text
