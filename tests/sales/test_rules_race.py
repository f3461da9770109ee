"""Two processes at one rule: what one decides is never undone by what the other knew before."""

import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from engine.database import Database
from sales.rules import editing
from sales.rules.all import provide
from sales.rules.editing import By, DraftGone
from sales.rules.unfinished import UNFINISHED
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
BY = By("fengyunying", NOW, ZoneInfo("Asia/Shanghai"))
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.mark.pg
def test_a_draft_another_process_has_just_published_is_not_given_up(fresh_postgres):
    url = fresh_postgres()
    with closing(Database(url)) as mine, closing(Database(url)) as other:
        upgrade(mine)
        mine.writer.run(lambda db: provide(db, NOW))
        draft = mine.writer.run(
            lambda db: editing.change(db, UNFINISHED, "first_after_minutes", "3小时", BY)
        )
        published, seen = threading.Event(), threading.Event()

        def publish(db):
            editing.publish(db, UNFINISHED, BY, version=draft.version, reason="新规",
                            since=NOW + timedelta(days=7))  # fmt: skip
            published.set()
            assert seen.wait(10)

        first = mine.writer.submit(publish)
        assert published.wait(10)
        second = other.writer.submit(
            lambda db: editing.give_up(db, UNFINISHED, BY, version=draft.version)
        )
        _until_blocked(mine)
        seen.set()
        first.result()
        with pytest.raises(DraftGone, match="已经发布了"):
            second.result()
        with mine.reading() as db:
            state = text("SELECT state FROM document WHERE kind = 'sla' AND version = 2")
            assert db.execute(state).scalar_one() == "published"


def _until_blocked(database):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with database.reading() as db:
            if db.execute(text(BLOCKED)).scalar_one():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
