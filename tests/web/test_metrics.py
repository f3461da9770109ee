"""What an operator's Prometheus sees, who else sees it, and what readiness says."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import httpx
import pytest
from alembic import command
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from bot import metrics, readiness
from bot.clock import Clock
from bot.migrate import config, upgrade
from bot.platforms.api import Receipt, Undelivered
from bot.web.insiders import Insiders
from bot.web.metrics import MetricsPage
from engine import jobs
from engine.deadlines import Deadline
from engine.slots import Slot
from engine.workers import Process, seen

NEVER_IN_A_LABEL = ("张三", "zhangsan", "恒信阀门", "某阀门制造", "北方泵业", "13800138000")
LEASE = timedelta(seconds=30)


def scrape(office):
    """Every sample by (name, labels)."""
    answer = office.http.get("/metrics")
    assert answer.status_code == 200
    return samples(answer.text)


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def grown(before, after, name, **labels):
    key = (name, *sorted(labels.items()))
    return after.get(key, 0) - before.get(key, 0)


def test_what_people_do_is_counted_from_the_callback_to_the_card(office):
    before = scrape(office)
    office.says("张三", "/商机 某阀门制造 北方泵业")
    office.says("张三", "/商机 没有这家 北方泵业", platform="dingtalk")
    after = scrape(office)
    for platform in ("wecom", "dingtalk"):
        counted = {"platform": platform}
        assert grown(before, after, "jianliu_callbacks_total", outcome="accepted", **counted) == 1
        assert grown(before, after, "jianliu_ack_seconds_count", **counted) == 1
        assert grown(before, after, "jianliu_messages_sent_total", **counted) >= 1
    assert grown(before, after, "jianliu_handle_seconds_count") == 2
    assert after["jianliu_jobs", ("lane", "inbox"), ("state", "open")] == 0
    assert after["jianliu_lane_late_seconds", ("lane", "inbox")] == 0
    assert after[("jianliu_database_up",)] == 1
    assert after[("jianliu_disk_free_bytes",)] > 0


def test_no_label_holds_a_person_a_customer_or_a_word_somebody_said(office):
    office.says("张三", "/商机 某阀门制造 13800138000")
    office.says("张三", "/线索 恒信阀门")
    text = office.http.get("/metrics").text
    assert [word for word in NEVER_IN_A_LABEL if word in text] == []


def test_a_forged_callback_is_counted_by_its_reason(office):
    before = scrape(office)
    query = {"msg_signature": "0" * 40, "timestamp": str(int(time.time())), "nonce": "1"}
    body = "<xml><ToUserName>x</ToUserName><Encrypt>eA==</Encrypt></xml>"
    refused = office.http.post("/wecom/callback", params=query, content=body)
    assert refused.status_code in {400, 401, 403}
    grew = grown(before, scrape(office), "jianliu_callbacks_rejected_total", platform="wecom",
                 reason=refused.text)  # fmt: skip
    assert grew == 1


def test_a_repeated_callback_is_counted_as_such(office):
    before = scrape(office)
    office.fault("wecom", "duplicate")
    office.says("张三", "/帮助")
    grew = grown(before, scrape(office), "jianliu_callbacks_total", platform="wecom",
                 outcome="duplicate")  # fmt: skip
    assert grew == 1


def test_a_failed_attempt_is_counted_by_reason_and_by_the_platforms_own_code():
    before = samples(metrics.exposition(None, {}).decode())
    for detail in ("60020 from ip 203.0.113.7", "http 503", "param.userId requestid=abc", ""):
        metrics.attempted("wecom", [Undelivered("config", detail)], 0.1)
    metrics.attempted("wecom", [Receipt("m1")], 0.1)
    after = samples(metrics.exposition(None, {}).decode())
    failed = {"platform": "wecom", "reason": "config"}
    assert grown(before, after, "jianliu_messages_failed_total", **failed) == 4
    assert grown(before, after, "jianliu_messages_sent_total", platform="wecom") == 1
    for code in ("60020", "http 503", "param.userId"):
        errors = {"platform": "wecom", "code": code}
        assert grown(before, after, "jianliu_platform_errors_total", **errors) == 1
    assert after[("jianliu_database_up",)] == 0, "and the database did not answer"


@pytest.fixture
def now():
    return Clock("Asia/Shanghai").now()


def disorder(now):
    """A late lane, a dead and an uncertain message, a late reminder, a job that ran."""

    def work(db):
        ago = now - timedelta(minutes=5)
        for number in range(4):
            jobs.add(db, "outbox:wecom:ww", f"k{number}", {}, due=ago, now=ago)
        dead, unsure = jobs.claim(db, "outbox:wecom:ww", now=now, lease=LEASE, limit=2)
        jobs.bury(db, dead, "user_left", now=now)
        jobs.doubt(db, unsure, "channel_down", now=now)
        jobs.add(db, "inbox", "held", {}, due=now, now=now, lease=LEASE)
        jobs.add(db, "later", "planned", {}, due=now + LEASE, now=ago)
        db.execute(insert(Deadline), {
            "id": "d1", "kind": "unfinished", "subject_type": "flow", "subject_id": "1",
            "owner": "p", "about": "x", "clock": "wall", "started_at": ago, "allowance_s": 60,
            "due_at": ago, "levels": [[1, "remind", 0]], "next_at": ago, "ends_at": ago,
        })  # fmt: skip
        db.execute(insert(Slot), [
            {"job": "morning", "slot_at": ago, "outcome": "done"},
            {"job": "morning", "slot_at": now, "outcome": "waiting"},
        ])  # fmt: skip
        seen(db, Process("a", "web", "1.0", ago), publication=0, now=now)
        seen(db, Process("b", "web", "1.0", ago), publication=0, now=now - timedelta(minutes=2))

    return work


def test_the_state_of_the_work_is_shown_lane_by_lane(database, now):
    database.writer.run(disorder(now))
    page = MetricsPage(database, lambda: now, Insiders(""))
    seen = samples(page._text().decode())
    lane = ("lane", "outbox:wecom:ww")
    assert {state: seen["jianliu_jobs", lane, ("state", state)] for state in
            ("open", "leased", "dead", "uncertain")} == {
                "open": 2, "leased": 0, "dead": 1, "uncertain": 1}  # fmt: skip
    assert seen["jianliu_jobs", ("lane", "inbox"), ("state", "leased")] == 1
    assert seen["jianliu_lane_late_seconds", lane] == 300
    assert seen["jianliu_lane_late_seconds", ("lane", "later")] == 0
    assert seen["jianliu_lane_oldest_seconds", ("lane", "later")] == 300
    assert seen[("jianliu_deadlines_overdue",)] == 1
    assert seen[("jianliu_reminders_late_seconds",)] == 300
    assert seen["jianliu_cron_done_seconds", ("job", "morning")] == 300
    assert seen["jianliu_processes", ("role", "web"), ("version", "1.0")] == 1


def test_a_message_that_waits_for_the_one_before_it_makes_no_lane_late(database, now):
    def work(db):
        for number in range(2):
            jobs.add(db, "outbox:wecom:ww", f"k{number}", {}, due=now, now=now, order_key="p")
        [first] = jobs.claim(db, "outbox:wecom:ww", now=now, lease=LEASE, limit=2)
        jobs.retry(db, first, "busy", due=now + timedelta(hours=1))

    database.writer.run(work)
    late = now + timedelta(minutes=30)
    assert readiness.reasons(database, ["outbox:wecom:ww"], late) == []


def test_readiness_names_what_an_operator_can_mend(database, now, monkeypatch):
    lanes = ["outbox:wecom:ww", "inbox"]
    assert readiness.reasons(database, lanes, now) == []
    database.writer.run(disorder(now))
    assert readiness.reasons(database, lanes, now) == ["outbox:wecom:ww: work is 300 s late"]
    assert readiness.reasons(database, [], now) == [], "a web process leaves that to the workers"
    if database.embedded:
        monkeypatch.setattr(readiness, "LITTLE", 1 << 62)
        [disk] = readiness.reasons(database, [], now)
        assert disk.startswith("disk: ")
    with database.engine.begin() as connection:
        command.downgrade(config(connection), "-1")
    assert "migrate" in readiness.reasons(database, [], now)[0]
    database.writer.close()
    assert readiness.reasons(database, [], now)[0] == "writer: stopped"


def test_a_database_of_a_newer_version_is_no_reason_in_a_rolling_deploy(database, now):
    from sqlalchemy import text

    newer = text("UPDATE alembic_version SET version_num = '9999'")
    database.writer.run(lambda db: db.execute(newer))
    upgrade(database)
    assert readiness.reasons(database, [], now) == []


def asked(token, host, **headers):
    """The status for somebody at this address who sends these headers."""
    page = MetricsPage(None, None, Insiders(token))
    app = FastAPI()
    app.add_api_route("/metrics", page.answer)

    async def ask():
        transport = httpx.ASGITransport(app, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            return (await client.get("/metrics", headers=headers)).status_code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MetricsPage, "_text", lambda _: b"")
        return asyncio.run(ask())


TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("token", "host", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "192.0.2.7", {}, 404),
        ("", "127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, 404),
        ("", "127.0.0.1", {"forwarded": "for=192.0.2.7"}, 404),
        (TOKEN, "192.0.2.7", {"authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, "192.0.2.7", {"authorization": "Bearer wrong"}, 404),
        (TOKEN, "192.0.2.7", {}, 404),
        (TOKEN, "127.0.0.1", {}, 404),
        (TOKEN, "127.0.0.1", {"authorization": b"Bearer \xff"}, 404),
    ],
)
def test_the_numbers_are_private(token, host, headers, status):
    assert asked(token, host, **headers) == status
