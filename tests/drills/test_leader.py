"""#5: the holder of a lease is stopped or killed: another takes over in time, once."""

import os
import signal
import time
from contextlib import closing

import pytest
from sqlalchemy import text

from engine.database import Database
from tests.crash.corp import until
from tests.drills.leaders import TTL, lead
from tests.drills.process import FORKS
from tests.drills.seed import SLOWER
from tests.ready import upgrade

TAKEOVER = (TTL.total_seconds() + 1) * SLOWER
AMID = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()
"""
UNSTUCK = 10
"""Seconds after which PostgreSQL ends a session that stands still in the middle of a unit."""


@pytest.mark.pg
def test_05_a_leader_that_is_stopped_or_killed_is_followed_within_its_lease(fresh_postgres):
    url = fresh_postgres()
    with closing(Database(url)) as database:
        upgrade(database)

        def within():
            """Who is stopped in the middle of a unit holds its rows until the session is ended."""
            with database.reading() as db:
                return TAKEOVER + UNSTUCK * bool(db.execute(text(AMID)).scalar_one())

        def acts():
            with database.reading() as db:
                asked = "SELECT subject_type, subject_id FROM audit ORDER BY seq"
                return [(name, int(epoch)) for name, epoch in db.execute(text(asked))]

        leaders = {name: FORKS.Process(target=lead, args=(url, name)) for name in "abc"}
        try:
            for leader in leaders.values():
                leader.start()
            until(acts)
            first = acts()[-1][0]
            os.kill(leaders[first].pid, signal.SIGSTOP)
            second = followed(acts, first, within())
            os.kill(leaders[first].pid, signal.SIGCONT)
            time.sleep(0.5)  # it wakes as if nothing had happened, and acts in vain
            assert acts()[-1][0] == second
            leaders[second].kill()
            followed(acts, second, TAKEOVER)
        finally:
            for leader in leaders.values():
                leader.kill()
                leader.join()
        epochs = [epoch for _, epoch in acts()]
    assert epochs == sorted(epochs), "no act of an older epoch after a newer one's first"
    assert len(set(epochs)) >= 3


def followed(acts, gone, seconds):
    """Who acts instead, in time."""
    began = time.monotonic()
    until(lambda: acts()[-1][0] != gone)
    assert time.monotonic() - began < seconds
    return acts()[-1][0]
