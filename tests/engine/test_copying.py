"""Moving from SQLite to PostgreSQL: everything, as it was, or nothing (#27)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from bot.simulator import seed
from bot.tables import metadata
from cards.model import Text
from cards.outbox import post
from engine import jobs
from engine.copying import CopyError, copy
from engine.database import Database
from engine.deadlines import Deadline
from engine.jobs import Job
from engine.slots import Slot
from sales.people import Address, Person
from tests.ready import upgrade

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
LEASE = timedelta(seconds=30)
LANE = "outbox:wecom:ww"
TABLES = metadata.sorted_tables

pytestmark = pytest.mark.pg


@pytest.fixture
def source(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    upgrade(database)
    database.writer.run(furnish)
    yield database
    database.close()


@pytest.fixture
def target(fresh_postgres):
    database = Database(fresh_postgres())
    upgrade(database)
    yield database
    database.close()


def furnish(db):
    """A company at work: open, leased, done, dead and cancelled jobs, promises, slots."""
    seed.plant(db, {"wecom": "ww", "dingtalk": "ding"}, NOW)
    for number in range(6):
        jobs.add(db, LANE, f"k{number}", {"话": "您好"}, due=NOW, now=NOW, order_key=str(number))
    done, dead, _ = jobs.claim(db, LANE, now=NOW, lease=LEASE, limit=3)
    jobs.finish(db, done, now=NOW)
    jobs.bury(db, dead, "user_left: 60111", now=NOW)
    jobs.cancel(db, LANE, "k5")
    jobs.add(db, "timer", "later", {}, due=NOW + timedelta(days=3), now=NOW)
    words = Text("一行\t两行\n\\反斜杠")
    post(db, words, [Address("zhangsan", "wecom", "ww", "zhangsan")], now=NOW)
    jobs.add(db, "inbox", "gone", {}, due=NOW, now=NOW)
    db.execute(delete(Job).where(Job.lane == "inbox"))
    promise = {
        "id": "d1", "kind": "unfinished", "subject_type": "flow", "subject_id": "1",
        "owner": "zhangsan", "about": "北方泵业", "clock": "working", "started_at": NOW,
        "allowance_s": 7200,
        "due_at": NOW, "levels": [[1, "remind", 0]], "next_at": NOW, "ends_at": NOW,
        "provisional": True,
    }  # fmt: skip
    db.execute(insert(Deadline), promise)
    db.execute(insert(Slot), {"job": "morning", "slot_at": NOW, "outcome": "done"})


def moved(source, target, tables=TABLES):
    with source.engine.begin() as here, target.engine.begin() as there:
        return copy(here, there, tables)


def counts(database):
    with database.reading() as db:
        return {
            t.name: db.execute(select(func.count()).select_from(t)).scalar_one() for t in TABLES
        }


def test_every_row_arrives_as_it_was(source, target):
    tables = moved(source, target)
    assert [table for table in tables if not table.equal] == []
    assert {table.table: table.source.rows for table in tables} == counts(source)
    assert counts(target) == counts(source)
    assert counts(target)["job"] > 0
    everything = select(metadata.tables["job"]).order_by("id")
    with source.reading() as old, target.reading() as new:
        assert new.execute(everything).all() == old.execute(everything).all()


def test_the_copy_goes_on_where_the_old_service_stopped(source, target):
    moved(source, target)
    run = target.writer.run
    late = NOW + LEASE + timedelta(seconds=1)
    first = run(lambda db: jobs.claim(db, LANE, now=NOW, lease=LEASE, limit=20))
    assert not {"k0", "k1", "k2", "k5"} & {job.key for job in first}, "done is done, held is held"
    assert run(lambda db: jobs.reap(db, now=late)).count(LANE) == 1 + len(first)
    again = run(lambda db: jobs.claim(db, LANE, now=late + LEASE, lease=LEASE, limit=20))
    assert "k2" in {job.key for job in again}, "what was held when it stopped comes back"
    with target.reading() as db:
        dead = db.execute(text("SELECT last_error FROM job WHERE state = 3")).scalars().all()
    assert dead == ["user_left: 60111"]


def test_numbers_are_never_given_out_twice(source, target):
    with source.reading() as db:
        last = db.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'job'")).scalar_one()
        highest = db.execute(select(func.max(Job.id))).scalar_one()
    assert last > highest, "the newest row is gone"
    moved(source, target)
    new = target.writer.run(lambda db: jobs.add(db, "inbox", "new", {}, due=NOW, now=NOW))
    assert new.id == last + 1


def test_a_manager_may_come_after_the_people_he_leads(source, target):
    source.writer.run(lambda db: db.execute(
        insert(Person),
        {"id": "zzz", "name": "新总", "role": "director", "region": "", "status": "active",
         "created_at": NOW},
    ))  # fmt: skip
    source.writer.run(lambda db: db.execute(update(Person).values(manager_id="zzz")))
    assert all(table.equal for table in moved(source, target))


def test_a_target_that_holds_anything_is_left_alone(source, target):
    target.writer.run(lambda db: jobs.add(db, "inbox", "mine", {}, due=NOW, now=NOW))
    with pytest.raises(CopyError, match="job"):
        moved(source, target)
    assert sum(counts(target).values()) == 1


def test_a_value_postgres_cannot_hold_is_named_by_its_table_and_nothing_stays(source, target):
    source.writer.run(
        lambda db: db.execute(update(Person).where(Person.id == "zhangsan").values(name="张\0三"))
    )
    with pytest.raises(CopyError, match="person") as refused:
        moved(source, target)
    assert "张" not in str(refused.value)
    assert sum(counts(target).values()) == 0


def test_a_table_that_arrives_changed_is_noticed(source, target):
    with target.engine.begin() as connection:
        connection.execute(text(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.region := '华西'; RETURN NEW; END $$"
        ))  # fmt: skip
        connection.execute(text(
            "CREATE TRIGGER spoil BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION spoil()"
        ))  # fmt: skip
    differing = [table.table for table in moved(source, target) if not table.equal]
    assert differing == ["person"]


def test_the_fingerprint_depends_on_neither_sort_rules_nor_batches(source, target):
    names = ["Öl", "ab", "aB", "Zz", "中", "\U0001f600", "a b", "a-b"]
    rows = [
        {"id": f"{name}{n}", "name": name, "role": "rep", "region": "", "status": "active",
         "created_at": NOW}
        for name in names for n in range(150)
    ]  # fmt: skip
    source.writer.run(lambda db: db.execute(insert(Person), rows))
    assert all(table.equal for table in moved(source, target))
