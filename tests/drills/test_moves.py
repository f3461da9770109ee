"""Versions, databases and days change under the work (#26–#28)."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bot.backups import keep_file, restore_file
from bot.commands.data import _copied
from engine import jobs, slots
from engine.database import Database
from tests.crash.corp import until
from tests.drills import many
from tests.drills.failpoints import Fault
from tests.drills.launched import JOB, MOOD
from tests.drills.stage import named, stage


@pytest.mark.pg
def test_26_in_a_rolling_deploy_old_processes_leave_alone_what_only_new_ones_know(
    tmp_path, fresh_postgres
):
    """A new field of an event, kind of deadline, regular job: they wait, and none is dead."""
    url = fresh_postgres()
    with stage(tmp_path, url) as made:
        old = [made.launch("web", older=True), made.launch("worker", older=True)]
        made.ready()
        with closing(Database(url)) as database:
            now = datetime.now(UTC)
            many.open_many(database, 8, owners=["rep0", "rep1"], due=now, now=now)
            database.writer.run(lambda db: slots.arm(db, JOB, now, now))
            database.writer.run(lambda db: of_the_new_version(made, db, now))
        made.submit_all(named("旧版", 6), lines=2)
        time.sleep(2)  # the old ones have looked at all of it more than once
        assert made.count("audit WHERE action LIKE 'drill.%'") == 0
        assert made.count("job WHERE state IN (3, 5)") == 0, "nothing is dead"
        assert made.count("job WHERE key = 'new' AND state < 2") == 1, "looked at, and left"
        old[1].kill()
        old[1].start()  # the new version in its place
        until(lambda: made.count("audit WHERE action = 'drill.fired'") == 8)
        until(lambda: made.count("audit WHERE action = 'drill.ran'") >= 1)
        until(lambda: made.count("job WHERE key = 'new' AND state = 2") == 1)
        made.submit_all(named("混版", 6), lines=2)
        old[1].kill()
        old[1].start(older=True)  # and back
        made.submit_all(named("回退", 6), lines=2)
        made.names.append("新版客户")
        until(lambda: made.count("job WHERE state < 2 AND lane NOT LIKE 'cron%'") == 0)
        assert all(one.alive for one in old)
        assert made.wrong(open_lanes=[slots.lane(JOB)]) == []


def of_the_new_version(made, db, now):
    """An event that says more than the old version knows; a new web process has stored it."""
    payload = {**made.event("新版客户", "rep2"), MOOD: "good"}
    jobs.add(db, "inbox", "new", payload, due=now, now=now)


@pytest.mark.pg
def test_27_moved_to_postgresql_in_the_middle_of_work_it_goes_on_where_it_was(
    tmp_path, fresh_postgres
):
    """Killed while sending, copied with its leases, deadlines and dead letters, started there."""
    url = fresh_postgres()
    due = [(f"搬家{n}", f"rep{n % 2}") for n in range(4)]
    with stage(tmp_path, plant=False) as made:
        made.plant(deadlines_of=due)
        service = made.launch(port=made.corp.port)
        made.ready()
        made.submit_all(["破产客户"], lines=1)
        made.submit_all(named("搬前", 6), lines=2)
        made.settled()
        service.kill()
        done = len(made.wire.sent)
        service.start(Fault("outbox-sent"))
        with made.submitting(named("搬时", 3), lines=3):
            until(lambda: made.reached and not service.alive)
            with closing(Database(made.corp.database)) as source, closing(Database(url)) as target:
                assert all(table.equal for table in _copied(source, target))
            assert made.count("job WHERE state = 1") >= 1, "somebody's lease goes along"
            made.move(url)
            service.start()
        made.settled()
        before = [sent.body for sent in made.wire.sent[:done]]
        assert not set(before) & {sent.body for sent in made.wire.sent[done:]}, "nothing done again"
        assert made.count("audit WHERE action = 'drill.fired'") == len(due)
        assert made.wrong(dead={"破产客户"}) == []


def test_28_after_yesterdays_backup_is_restored_nothing_is_sent_blindly(tmp_path):
    """What waited when it was made may have been sent meanwhile: a person decides."""
    kept = tmp_path / "kept"
    with stage(tmp_path) as made:
        live = tmp_path / "jianliu.db"
        service = made.launch(port=made.corp.port)
        made.ready()
        made.submit_all(named("昨天", 4), lines=2)
        made.settled()
        made.wire.trouble = lambda _: "down"
        made.submit_all(named("昨晚", 3), lines=1)
        until(lambda: len(made.wire.sent) >= 7)
        keep_file(live, kept, datetime.now(UTC))
        made.wire.trouble = lambda _: None
        made.submit_all(named("今天", 4), lines=2)
        made.settled()
        service.kill()
        sent = len(made.wire.sent)
        restored = restore_file(kept, live, datetime.now(UTC) + timedelta(seconds=1))
        assert restored.uncertain == 3
        made.configure()  # our own look at the file that was moved away
        service.start()
        made.ready()
        time.sleep(2)
        mine = [s for s in made.wire.sent[sent:] if "客户" in s.body.decode()]
        assert [s for s in mine if "不确定" not in s.body.decode()] == [], "no card is sent again"
        assert made.count("opportunity") == 7
        assert made.count("job WHERE state = 5") == 3
