"""A rule published while four processes run: live on all of them, in flight as it was (B80)."""

import time
from contextlib import closing
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.clock import Clock
from engine.database import Database
from engine.types import EPOCH, MICROSECOND
from sales.rules import editing
from sales.rules.editing import By, Published
from sales.rules.unfinished import UNFINISHED
from tests.crash.corp import REPS, until

pytestmark = [pytest.mark.pg, pytest.mark.xdist_group("rules"), pytest.mark.timeout(240)]
LIMIT = 30.0
AHEAD = timedelta(seconds=12)
"""More than the ten seconds a process may take to hear of it."""
WAITING = "SELECT owner, allowance_s / 60, rule_version FROM deadline WHERE state = 'pending'"


def asks(deployment, process, account, name):
    """Somebody begins an errand; (minutes, version) it waits by."""
    deployment.brought(process, deployment.line(account, f"/商机 恒信 {name}"))
    until(lambda: account in {row[0] for row in deployment.rows(WAITING)})
    return next(row[1:] for row in deployment.rows(WAITING) if row[0] == account)


def known_to(deployment):
    """How many processes have loaded the newest publication."""
    newest = "(SELECT max(publication) FROM document)"
    return deployment.count(f"worker WHERE publication = {newest}")


def test_it_is_live_on_all_four_within_thirty_seconds_and_an_open_errand_keeps_its_own(deployment):
    first, second = deployment.webs
    assert asks(deployment, first, "lisi", "西部机电") == (120, 1)
    deployment.brought(first, deployment.line("fengyunying", "/规则 改 未办完提醒 首次提醒 3小时"))
    deployment.brought(first, deployment.line("fengyunying", "/规则 发布 未办完提醒 先放宽"))
    until(lambda: deployment.count("document WHERE version = 2 AND state = 'published'") == 1)
    published = time.monotonic()

    assert asks(deployment, first, REPS[0], "西部机电") == (180, 2), "here at once"
    until(lambda: known_to(deployment) == 4, LIMIT)
    took = time.monotonic() - published
    assert took < LIMIT
    assert asks(deployment, second, REPS[1], "西部机电") == (180, 2)
    assert ("lisi", 120, 1) in deployment.rows(WAITING)


def test_a_version_for_later_comes_into_effect_at_its_moment_on_every_process(deployment):
    """B81, in seconds instead of days; nobody does anything when the moment comes."""
    with closing(Database(deployment.corp.database)) as database:
        clock = Clock("Asia/Shanghai")
        clock.anchor(database)
        now = clock.now()
        moment = now + AHEAD
        by = By("fengyunying", now, ZoneInfo("Asia/Shanghai"))

        def plan(db):
            draft = editing.change(db, UNFINISHED, "first_after_minutes", "4小时", by)
            return editing.publish(
                db, UNFINISHED, by, version=draft.version, reason="新规施行", since=moment
            )

        assert isinstance(database.writer.run(plan), Published)
        serial = 0
        while clock.now() < moment + timedelta(seconds=1):
            for web in deployment.webs:
                rep = REPS[serial % len(REPS)]
                deployment.brought(web, deployment.line(rep, f"/商机 恒信 定时客户{serial}"))
                serial += 1
            time.sleep(0.5)
    deployment.settled("lane = 'inbox'")
    since = (now - EPOCH) // MICROSECOND
    rows = deployment.rows(
        f"SELECT started_at, rule_version FROM deadline WHERE started_at > {since}"
    )
    planned = max(version for _, version in rows)
    switched = (moment - EPOCH) // MICROSECOND
    assert len(rows) == serial
    assert {version == planned for at, version in rows if at >= switched} == {True}
    assert {version == planned for at, version in rows if at < switched} == {False}
