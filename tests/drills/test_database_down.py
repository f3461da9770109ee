"""The database goes away: crashed, cut off, full, torn, taken (#6, #22–#25, #29)."""

import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import httpx
import pytest
from sqlalchemy import make_url, text

from engine import jobs, writer
from engine.database import CONNECT_SECONDS, SILENT_MS, Database
from tests.crash.corp import until
from tests.drills.postgres import own_server
from tests.drills.process import FORKS
from tests.drills.proxy import Proxy
from tests.drills.seed import LONG, SLOWER, chance, forms
from tests.drills.stage import named, slowest, stage
from tests.ready import upgrade

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
WENT = ("UPDATE job SET state = 1, token = 1", "UPDATE job SET state = 2")
LIMITS = (SILENT_MS, CONNECT_SECONDS)


@pytest.mark.pg
@pytest.mark.timeout(600)
@pytest.mark.parametrize("crashes", forms(2, 60))
def test_06_a_database_that_crashes_under_us_costs_time_and_nothing_else(tmp_path, crashes):
    """Stopped at once every second or two, down for up to two; nobody is told 200 for nothing."""
    random = chance("06")
    with own_server() as server, stage(tmp_path, server.url) as made:
        web, worker = made.launch("web"), made.launch("worker")
        made.ready()
        with made.submitting(named("断库", 15 * crashes), rate=10) as submitting:
            for _ in takewhile(lambda _: not submitting.done(), range(crashes)):
                time.sleep(random.uniform(0.5, 2))
                server.crash()
                time.sleep(random.uniform(0, 2))
                server.start()
        made.settled()
        assert (web.alive, worker.alive) == (True, True), "the same processes as before"
        assert made.wrong() == []


def test_22_without_room_on_the_disk_nobody_is_told_that_we_have_it(tmp_path):
    """The process may write no byte more, then it may again; it is not started anew."""
    with stage(tmp_path) as made, httpx.Client(trust_env=False, timeout=9) as http:
        service = made.launch(port=made.corp.port)
        made.ready()
        made.submit_all(named("先来", 5), lines=2)
        made.settled()
        free = resource.prlimit(service.running.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(service.running.pid, resource.RLIMIT_FSIZE, (4096, free[1]))
        line = made.line("满盘客户", "rep0")
        assert made.post(http, service, line) == 503
        assert made.post(http, service, line) == 503
        assert made.count("job WHERE lane = 'inbox'") == 5, "no half of anything"
        resource.prlimit(service.running.pid, resource.RLIMIT_FSIZE, free)
        made.submit_all(["满盘客户", *named("后来", 5)], lines=2)
        made.settled()
        assert service.alive
        assert made.wrong() == []


def write_until_killed(url, begun):
    """Two tables that every commit changes alike, as fast as it goes, the schema long stored.

    Nothing is folded into the file: what was folded lies on the disk, and no power cut tears it
    out of the log again.
    """
    writer.TIDIED_AFTER = 10**9
    database = Database(url)
    upgrade(database)
    with closing(sqlite3.connect(str(database.engine.url.database))) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    begun.set()
    n = 0
    while True:
        n += 1
        now = NOW + n * timedelta(seconds=1)
        database.writer.run(
            lambda db, n=n, now=now: (
                jobs.add(db, "inbox", f"{n}", {"n": n, "x": "x" * 500}, due=now, now=now),
                jobs.add(db, "outbox", f"{n}", {"n": n}, due=now, now=now),
            )
        )


def images(folder, count):
    """Copies of a database in the middle of writing: file and log as they lay there."""
    folder.mkdir()
    live, log = folder / "live.db", folder / "live.db-wal"
    begun = FORKS.Event()
    process = FORKS.Process(target=write_until_killed, args=(f"sqlite:///{live}", begun))
    process.start()
    try:
        assert begun.wait(60)
        until(lambda: log.stat().st_size > 200_000)
        for n in range(count):
            copy = folder / f"{n}.db"
            shutil.copyfile(live, copy)
            shutil.copyfile(log, f"{copy}-wal")
            assert live.stat().st_size == copy.stat().st_size, "not yet folded into the file"
            yield copy, folder / f"{n}.db-wal"
    finally:
        process.kill()
        process.join()


def damage(log, random):
    """What a power cut may leave of the log's end: less of it, other bits, garbage behind it."""
    content = bytearray(log.read_bytes())
    place = random.randrange(32, len(content))
    how = random.choice(["cut", "flip", "garbage"])
    if how == "cut":
        del content[place:]
    elif how == "flip":
        content[place] ^= 1 << random.randrange(8)
    else:
        content[place:] = random.randbytes(len(content) - place)
    log.write_bytes(content)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", forms(20, 300))
def test_23_whatever_is_left_of_a_torn_log_is_whole_commits_from_the_first_on(tmp_path, count):
    random, saved = chance("23"), []
    for n in range(0, count, 20):
        for copy, log in images(tmp_path / str(n), 20):
            damage(log, random)
            saved.append(recovered(copy))
    assert sum(1 for commits in saved if commits > 10) > len(saved) / 3, "most had something"


def recovered(copy):
    """How many commits are left, none of them in half and none missing in between."""
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'job'").fetchone() is None:
            return 0
        rows = db.execute("SELECT lane, key FROM job ORDER BY id").fetchall()
    found = {lane: [int(key) for one, key in rows if one == lane] for lane in ("inbox", "outbox")}
    assert found["inbox"] == found["outbox"] == list(range(1, len(rows) // 2 + 1))
    return len(rows) // 2


def back_up_and_die(live, target):
    from bot.backups import keep_file
    from engine import backup

    def die(*_):
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    backup._settle = die
    keep_file(live, target, NOW)


def test_23_a_backup_that_is_killed_leaves_the_older_one_as_it_was(tmp_path):
    live, target = tmp_path / "live.db", tmp_path / "kept"
    with closing(Database(f"sqlite:///{live}")) as database:
        upgrade(database)
        target.write_text("yesterday's")
        dying = FORKS.Process(target=back_up_and_die, args=(live, target))
        dying.start()
        dying.join()
        assert dying.exitcode == -9
        assert target.read_text() == "yesterday's"
        database.writer.run(lambda db: db.execute(text("DELETE FROM job")))


def test_24_of_four_processes_on_one_file_one_runs_and_three_say_why_not(tmp_path):
    with stage(tmp_path) as made:
        for _ in range(4):
            made.launch()
        until(lambda: sum(one.alive for one in made.processes) == 1)
        [running] = [one for one in made.processes if one.alive]
        until(lambda: running.listening)
        assert {one.running.exitcode for one in made.processes} == {None, 1}
        words = (tmp_path / "service.log").read_text()
        assert words.count("正被另一个建流进程使用") == 3
        made.submit_all(named("独占", 8), to=[running], lines=4)
        made.settled()
        assert made.wrong() == []


@pytest.mark.pg
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rounds", forms(50, 2000))
def test_25_a_report_that_looks_at_one_moment_for_long_does_not_slow_the_claims(
    fresh_postgres, rounds
):
    """A snapshot stays open while jobs come and go; their dead rows cannot be cleared away."""
    url = fresh_postgres()
    with closing(Database(url)) as database:
        upgrade(database)
        report = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        import psycopg

        with psycopg.connect(report) as snapshot:
            snapshot.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            snapshot.execute("SELECT count(*) FROM job")
            database.writer.run(come)
            for go in (*WENT, "ANALYZE job"):
                database.writer.run(lambda db, go=go: db.execute(text(go)))
            took = [churn(database, n) for n in range(rounds)]
            assert snapshot.execute("SELECT count(*) FROM job").fetchone() == (0,)
        assert slowest(took) < 0.05 * SLOWER
        with database.reading() as db:
            assert jobs.busy(db, now=NOW + timedelta(days=1)) is False


def come(db):
    """A hundred thousand jobs for 136 people, more than twenty minutes bring."""
    db.execute(
        text(
            "INSERT INTO job (lane, key, order_key, payload, state, due, attempts, crashes, token,"
            " last_error, created_at) SELECT 'outbox', 'before' || n, 'p' || n % 136, '{}',"
            " 0, n, 0, 0, 0, '', n FROM generate_series(1, 100000) n"
        )
    )


def churn(database, n):
    """Twenty jobs come, are claimed and done; how long that took after they had come."""
    now = NOW + n * timedelta(seconds=1)
    database.writer.run(
        lambda db: [
            jobs.add(db, "outbox", f"{n}/{i}", {}, due=now, now=now, order_key=f"p{i}")
            for i in range(20)
        ]
    )
    began = time.perf_counter()
    claimed = database.writer.run(
        lambda db: jobs.claim(db, "outbox", now=now, lease=LEASE, limit=20)
    )
    done = database.writer.run(lambda db: [jobs.finish(db, job, now=now) for job in claimed])
    assert done == [True] * 20
    return time.perf_counter() - began


@pytest.mark.pg
@pytest.mark.timeout(300)
def test_29_a_network_cut_between_us_and_the_database_is_told_as_503_and_mended(tmp_path):
    """First nothing gets through and nobody says so, then every line is reset, then all is well."""
    with own_server() as server:
        url = make_url(server.url)
        proxy = Proxy(f"{url.query['host']}/.s.PGSQL.5432")
        through = url.set(host="127.0.0.1", port=proxy.port, query={})
        try:
            cut_off(tmp_path, through.render_as_string(hide_password=False), proxy)
        finally:
            proxy.close()


def cut_off(folder, url, proxy):
    with stage(folder, url) as made, httpx.Client(trust_env=False, timeout=9) as http:
        service = made.launch(port=made.corp.port)
        made.ready()
        made.submit_all(named("通畅", 5), lines=2)
        made.settled()
        proxy.freeze()
        began, line = time.monotonic(), made.line("断网客户", "rep0", serial=77)
        assert made.post(http, service, line) == 503
        assert time.monotonic() - began < 3 * SLOWER
        proxy.cut()
        assert made.post(http, service, line) == 503
        proxy.mend()
        until(lambda: made.post(http, service, line) == 200)
        made.names.append("断网客户")
        made.submit_all(named("复通", 5), lines=2)
        made.settled()
        assert service.alive
        assert made.wrong() == []


@pytest.mark.pg
@pytest.mark.parametrize(("silent_ms", "connect_seconds"), [LIMITS if LONG else (1500, 2)])
def test_29_a_pulled_cable_is_noticed_within_seconds(silent_ms, connect_seconds):
    """Nobody answers and nobody refuses; left to itself TCP would hope for a quarter hour."""
    alone = ["unshare", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root may pull a cable of its own here")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.drills.cable", f"{silent_ms}", f"{connect_seconds}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 20, "the limit, and one try to connect anew"
