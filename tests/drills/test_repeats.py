"""The same thing more than once, at once and later: one effect, one winner (#7–#9)."""

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text

from engine import jobs, retention, slots
from engine.database import Database
from sales.rules.retention import RetentionDays
from tests.crash.corp import until
from tests.crash.sealing import sealed
from tests.drills import mutants
from tests.drills.contenders import JOB, LANE, RULE, claims, contest, notices
from tests.drills.stage import named, stage
from tests.forks import apart
from tests.ready import upgrade

PICK = "/商机 恒信 西部机电"
OUTBOX = "outbox:wecom:wwjianliudemo"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

KEPT = RetentionDays().kept


def posted(made, deliveries):
    """Callbacks delivered at the same moment, each (process, xml); (status, seconds) of each."""
    clients = [httpx.Client(trust_env=False, timeout=9) for _ in deliveries]

    def post(n):
        process, xml = deliveries[n]
        began = time.monotonic()
        return made.post(clients[n], process, xml), time.monotonic() - began

    with ThreadPoolExecutor(len(deliveries)) as fingers:
        answers = list(fingers.map(post, range(len(deliveries))))
    for client in clients:
        client.close()
    return answers


def brought(made, deliveries):
    """The same until every one is taken: a busy process may ask to be called again."""
    left = deliveries
    while left:
        answers = posted(made, left)
        assert {status for status, _ in answers} <= {200, 503}
        left = [one for one, (status, _) in zip(left, answers, strict=True) if status != 200]


@pytest.mark.pg
def test_07_a_callback_delivered_three_times_to_two_processes_is_one_event(
    tmp_path, fresh_postgres
):
    """At once, later, and after the rows of what is done were cleaned up."""
    url, names = fresh_postgres(), named("三送", 8)
    with stage(tmp_path, url) as made:
        webs = [made.launch("web"), made.launch("web")]
        made.launch("worker")
        made.ready()
        lines = [made.line(name, f"rep{n}") for n, name in enumerate(names)]
        brought(made, [(webs[n % 2], line) for line in lines for n in range(3)])
        made.names += names
        made.settled()
        brought(made, [(webs[0], line) for line in lines])
        with closing(Database(url)) as database:
            later = datetime.now(UTC) + timedelta(days=8)
            database.writer.run(lambda db: retention.sweep_jobs(db, KEPT, after=0, now=later))
        assert made.count("job WHERE lane LIKE 'outbox%'") == 0, "what is done was put away"
        brought(made, [(webs[n % 2], line) for n, line in enumerate(lines)])
        assert made.count("job WHERE lane = 'inbox'") == len(names)
        assert made.count("opportunity") == len(names)
        assert len(made.wire.sent) == len(names)


@pytest.mark.parametrize("processes", [1, pytest.param(4, marks=pytest.mark.pg)])
def test_08_twenty_presses_at_once_have_one_result(tmp_path, request, processes):
    """Two phones, twenty fingers, two different buttons: every press is an event of its own."""
    url = request.getfixturevalue("fresh_postgres")() if processes > 1 else ""
    with stage(tmp_path, url) as made:
        for _ in range(processes):
            made.launch(port=made.corp.port if processes == 1 else None)
        made.ready()
        pressed_at_once(made, asked(made), 20)
        until(lambda: made.count("job WHERE lane = 'inbox' AND state <> 2") == 0)
        assert made.count("job WHERE lane = 'inbox'") == 21, "everybody was told"
        assert made.count("opportunity") == 1, "one press has won"
        assert made.count("audit WHERE action = 'opportunity.created'") == 1
        assert made.wrong(open_lanes=[OUTBOX]) == []


def test_08_quick_presses_on_one_card_do_not_bring_a_message_each(tmp_path):
    """Nothing leaves before the last press is in; then the card changes, and is sent anew once."""
    with stage(tmp_path) as made:
        made.launch(port=made.corp.port)
        made.ready()
        message = asked(made)
        made.wire.trouble = lambda _: "down"
        pressed_at_once(made, message, 8)
        until(lambda: made.count("job WHERE lane = 'inbox' AND state <> 2") == 0)
        made.wire.trouble = lambda _: None
        made.settled()
        assert [sent.taken for sent in made.wire.sent] == [True, True], "the question, the answer"
        assert made.wrong() == []


def asked(made):
    """A person is asked which introducer is meant: the message with the buttons."""
    pick = made.line("x", "zhangsan").replace("/商机 某阀门制造 x", PICK)
    assert posted(made, [(made.processes[0], pick)])[0][0] == 200
    until(lambda: made.count("delivery WHERE state = 'shown'") == 1)
    [message] = [message for message in made.corp.phones if message.outgoing]
    return message


def pressed_at_once(made, message, fingers):
    """They press in the same moment, half of them the one button, half the other."""
    at = int(time.time())
    presses = [made.press(message, f"1.{n % 2}", at=at - n) for n in range(fingers)]
    turns = [made.processes[n % len(made.processes)] for n in range(fingers)]
    answers = posted(made, list(zip(turns, presses, strict=True)))
    assert {status for status, _ in answers} == {200}


def test_09_an_acknowledgement_that_was_lost_makes_the_repetition_a_no_op(tmp_path):
    """The line is cut after the request; the platform sends it again and hears that we have it."""
    with stage(tmp_path) as made, httpx.Client(trust_env=False) as http:
        service = made.launch(port=made.corp.port)
        made.ready()
        line = made.line("断线客户", "rep0")
        query, body = sealed(made.corp.settings.wecom, line)
        head = (
            f"POST /wecom/callback?{urlencode(query)} HTTP/1.1\r\nHost: x\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", service.port)) as cut:
            cut.sendall(head.encode() + body)
        until(lambda: made.count("opportunity") == 1)
        made.names.append("断线客户")
        assert made.post(http, service, line) == 200
        assert made.count("job WHERE lane = 'inbox'") == 1
        made.settled()
        assert made.wrong() == []


def test_four_who_claim_at_once_get_each_job_once(database_url):
    """SQLite has one process, and four of its threads want the jobs; PostgreSQL has four."""
    with closing(Database(database_url)) as database:
        upgrade(database)
        now = datetime.now(UTC) - timedelta(seconds=1)
        database.writer.run(
            lambda db: [jobs.add(db, LANE, f"{n}", {}, due=now, now=now) for n in range(200)]
        )
        if database.embedded:
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(claims, [database] * 4, "abcd"))
        else:
            contest(claims, database_url, 4)
        with database.reading() as db:
            took = db.execute(text("SELECT subject_id, subject_type FROM audit")).all()
    assert Counter(key for key, _ in took) == Counter(f"{n}" for n in range(200))
    assert len({taker for _, taker in took}) > 1, "there was a contest"


@pytest.mark.pg
def test_four_processes_that_look_at_once_run_each_moment_once(fresh_postgres):
    url = fresh_postgres()
    with closing(Database(url)) as database:
        upgrade(database)
        begun = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=20)
        database.writer.run(lambda db: slots.tick(db, RULE, begun))
        contest(notices, url, 4)
        with database.reading() as db:
            ran = [row[0] for row in db.execute(text("SELECT subject_id FROM audit ORDER BY 1"))]
    meant = [(begun + timedelta(seconds=n + 1)).isoformat() for n in range(len(ran))]
    assert ran == meant
    assert len(ran) > 20


def noticed_by_two_at_once(url):
    """Two processes look before either has committed; how many runs they have stored."""
    with closing(Database(url)) as one, closing(Database(url)) as other:
        upgrade(one)
        one.writer.run(lambda db: slots.tick(db, RULE, NOW))
        later, looked = NOW + timedelta(seconds=1), threading.Barrier(2, timeout=60)
        find = slots.last_moment

        def look(db, job):
            found = find(db, job)
            if job == JOB:  # not whoever else looks in this process: a service of another test
                looked.wait()
            return found

        def tick(db):
            slots.last_moment = look
            slots.tick(db, RULE, later)

        units = [database.writer.submit(tick) for database in (one, other)]
        try:
            for unit in units:
                unit.result()
        finally:
            slots.last_moment = find
        with one.reading() as db:
            lane = slots.lane(JOB)
            return len(one_lane(db, lane))


def one_lane(db, lane):
    return db.execute(text("SELECT id FROM job WHERE lane = :lane"), {"lane": lane}).all()


@pytest.mark.pg
def test_two_who_look_before_either_commits_store_one_run(fresh_postgres):
    assert noticed_by_two_at_once(fresh_postgres()) == 1


def noticed_without_a_key(url):
    mutants.a_slot_without_unique_key(setattr)
    return noticed_by_two_at_once(url)


@pytest.mark.pg
def test_without_its_unique_key_a_moment_would_be_run_twice(fresh_postgres):
    assert apart(noticed_without_a_key, fresh_postgres()) == 2
