"""This machine's part: files, database, key, service, records; and the examination itself."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import migrate
from bot.doctor import fonts
from bot.doctor.all import CHECKS
from bot.doctor.examination import examine, worst
from bot.doctor.finding import Check, Finding, Verdict, bad, good
from bot.heads import append
from bot.settings import DatabaseSettings, Server, Settings, VaultSettings
from bot.tables import metadata
from engine import audit, jobs, quota, workers
from engine.audit import Head
from engine.audit_guard import guard, unguard
from engine.database import Database
from engine.vault import Vault
from engine.workers import Process
from tests.doctor.kit import dingtalk, examined, finding, served, settings, wecom
from tests.ready import upgrade

NOW = datetime.now(UTC)


def made(url: str, *works) -> None:
    """A migrated database in which these units were run."""
    database = Database(url)
    upgrade(database)
    for work in works:
        database.writer.run(work)
    database.close()


@pytest.fixture
def company(tmp_path) -> Settings:
    made(f"sqlite:///{tmp_path}/jianliu.db")
    return settings(tmp_path)


def test_every_check_has_a_name_of_its_own():
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert len({check.title for check in CHECKS}) == len(CHECKS)


def test_a_configuration_others_can_read_is_bad(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[wecom]\nsecret = "x"\n')
    config.chmod(0o644)
    found = finding(settings(tmp_path), "config.rights", config=config)
    assert (found.verdict, found.fix) == (Verdict.BAD, f"chmod 600 {config}")
    config.chmod(0o600)
    assert finding(settings(tmp_path), "config.rights", config=config).verdict is Verdict.GOOD


def test_values_left_from_the_example_are_named(tmp_path):
    found = finding(settings(tmp_path, wecom=wecom(corp_id="ww0123456789abcdef")),
                    "config.platforms")  # fmt: skip
    assert found.verdict is Verdict.BAD
    assert "wecom.corp_id 还是示例" in found.seen


def test_a_value_pasted_into_the_wrong_place_is_named_without_it(tmp_path):
    found = finding(settings(tmp_path, dingtalk=dingtalk(client_id="1000002")), "config.platforms")
    assert found.verdict is Verdict.WARN
    assert "dingtalk.client_id" in found.seen
    assert "1000002" not in found.seen


def test_no_platform_at_all_is_bad(tmp_path):
    assert finding(settings(tmp_path), "config.platforms").verdict is Verdict.BAD


def test_a_database_that_is_not_there_yet_is_no_problem(tmp_path):
    of = settings(tmp_path)
    found = asyncio.run(examined(of, "database", "vault", "audit", "backups", "scheduler"))
    assert {one.verdict for one in found.values()} == {Verdict.SKIPPED}
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_each_kind_passes(database_url, tmp_path):
    made(database_url)
    of = settings(tmp_path, database=DatabaseSettings(url=database_url))
    found = asyncio.run(examined(of, "database", "audit"))
    assert {one.verdict for one in found.values()} == {Verdict.GOOD}, found


def test_a_database_older_than_the_program_is_to_be_migrated(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    migrate.upgrade(database, "0002")
    database.close()
    found = finding(settings(tmp_path), "database")
    assert found.verdict is Verdict.BAD
    assert "jianliu migrate" in found.fix


def test_a_database_another_program_took_out_of_wal_is_named(company, tmp_path):
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.connection.dbapi_connection.execute("PRAGMA journal_mode=DELETE")
    database.close()
    assert "delete" in finding(company, "database").seen


def test_a_database_nobody_answers_for_is_bad_and_what_needs_it_is_left_out(tmp_path):
    url = "postgresql+psycopg://u:hush-password@127.0.0.1:9/x"
    of = settings(tmp_path, database=DatabaseSettings(url=url),
                  vault=VaultSettings(key="ab" * 32))  # fmt: skip
    found = asyncio.run(examined(of, "database", "audit", "vault", "scheduler"))
    assert found["database"].verdict is Verdict.BAD
    assert {found[name].verdict for name in ("audit", "vault", "scheduler")} == {Verdict.SKIPPED}
    assert "hush" not in str(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    assert finding(settings(tmp_path), "database").verdict is Verdict.BAD
    tmp_path.chmod(0o700)


def test_a_disk_that_is_nearly_full_is_named(company, monkeypatch):
    for free, verdict in ((100_000_000, Verdict.BAD), (500_000_000, Verdict.WARN),
                          (5_000_000_000, Verdict.GOOD)):  # fmt: skip
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("bot.doctor.storage.shutil.disk_usage", lambda _, u=usage: u)
        assert finding(company, "disk").verdict is verdict


def test_the_master_key_is_looked_at_and_never_made(company, tmp_path):
    path = tmp_path / "jianliu.db.key"
    assert finding(company, "vault").verdict is Verdict.SKIPPED
    assert not path.exists()
    mine, other = bytes(32), b"x" * 32
    made(f"sqlite:///{tmp_path}/jianliu.db", Vault(mine).sign_in)
    lost = finding(company, "vault")
    assert (lost.verdict, "不要新建" in lost.fix) == (Verdict.BAD, True)
    path.touch(0o600)
    for written, verdict in ((mine.hex(), Verdict.GOOD), (other.hex(), Verdict.BAD),
                             ("no key", Verdict.BAD)):  # fmt: skip
        path.write_text(written)
        assert finding(company, "vault").verdict is verdict
    path.write_text(mine.hex())
    path.chmod(0o644)
    assert "chmod 600" in finding(company, "vault").fix


def test_a_key_in_the_settings_is_held_against_the_database(company, tmp_path):
    made(f"sqlite:///{tmp_path}/jianliu.db", Vault(bytes(32)).sign_in)
    for key, verdict in (("00" * 32, Verdict.GOOD), ("ab" * 32, Verdict.BAD)):
        of = settings(tmp_path, vault=VaultSettings(key=key))
        assert finding(of, "vault").verdict is verdict


def test_an_old_backup_is_a_hint(company, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "没有" in finding(company, "backups").seen
    kept = tmp_path / "jianliu-20261101-1000.backup"
    kept.touch()
    assert finding(company, "backups").verdict is Verdict.GOOD
    old = time.time() - 9 * 86_400
    os.utime(kept, (old, old))
    found = finding(company, "backups")
    assert (found.verdict, "9 天前" in found.seen) == (Verdict.WARN, True)


def note(db) -> None:
    audit.record(db, "did", ("t", "1"), at=NOW)


def test_a_forged_trail_and_a_cut_one_are_seen(company, tmp_path):
    url = f"sqlite:///{tmp_path}/jianliu.db"
    made(url, note, note, note)
    assert finding(company, "audit").verdict is Verdict.GOOD
    append(Path(f"{tmp_path}/jianliu.db.heads"), Head(9, "0" * 64), NOW)
    assert "对不上" in finding(company, "audit").seen
    Path(f"{tmp_path}/jianliu.db.heads").unlink()
    database = Database(url)
    with database.engine.begin() as connection:
        for one in (*unguard("sqlite"), "UPDATE audit SET actor = 'x' WHERE seq = 2",
                    *guard("sqlite")):  # fmt: skip
            connection.exec_driver_sql(one)
    database.close()
    assert finding(company, "audit").verdict is Verdict.BAD


def alive(db) -> None:
    workers.seen(db, Process("p", "all", "1", NOW), publication=0, now=datetime.now(UTC))


def slot(db, outcome: str, at: datetime) -> None:
    db.execute(
        insert(metadata.tables["slot"]).values(
            job="upkeep", slot_at=at, outcome=outcome, detail="", started_at=at, ended_at=at
        )
    )


def test_a_scheduler_that_stands_still_or_fails_is_named(tmp_path):
    url = f"sqlite:///{tmp_path}/jianliu.db"
    old = NOW - timedelta(hours=5)
    made(url, lambda db: slot(db, "done", old))
    of = settings(tmp_path)
    assert finding(of, "scheduler").verdict is Verdict.SKIPPED
    made(url, alive)
    found = finding(of, "scheduler")
    assert (found.verdict, "5 小时" in found.seen) == (Verdict.BAD, True)
    made(url, alive, lambda db: slot(db, "failed", NOW - timedelta(minutes=1)))
    found = finding(of, "scheduler")
    assert (found.verdict, found.fix) == (
        Verdict.WARN, "找到原因后补跑：jianliu jobs --run upkeep"
    )  # fmt: skip
    made(url, alive, lambda db: slot(db, "done", NOW))
    assert finding(of, "scheduler").verdict is Verdict.GOOD


def event(key: str, **payload: str):
    def add(db) -> None:
        body = {"platform": "dingtalk", "kind": "text", "text": "/帮助", **payload}
        jobs.add(db, "inbox", key, body, due=NOW, now=NOW)

    return add


def test_a_robot_that_was_never_published_is_known_by_its_messages(tmp_path):
    url, of = f"sqlite:///{tmp_path}/jianliu.db", settings(tmp_path, dingtalk=dingtalk())
    made(url, event("0", platform="wecom", kind="event", text="not_published"))
    assert finding(of, "dingtalk.published").verdict is Verdict.SKIPPED
    made(url, event("1", kind="event", text="not_published"))
    assert "发布一个版本" in finding(of, "dingtalk.published").fix
    made(url, event("2"))
    assert finding(of, "dingtalk.published").verdict is Verdict.GOOD
    assert finding(of, "dingtalk.quota").verdict is Verdict.GOOD
    made(url, event("3", kind="event", text="over_quota"))
    assert finding(of, "dingtalk.quota").verdict is Verdict.BAD


@pytest.mark.parametrize(("used", "verdict"), [(3499, Verdict.SKIPPED), (3500, Verdict.WARN)])
def test_a_month_that_will_not_last_is_said_before_it_is_over(tmp_path, used, verdict):
    url, of = f"sqlite:///{tmp_path}/jianliu.db", settings(tmp_path, dingtalk=dingtalk())
    made(url, lambda db: quota.allow(db, "dingtalk:dingcorp", {quota.CALLS: 5000}))
    made(url, lambda db: quota.add(db, "dingtalk:dingcorp", quota.CALLS, used, now=NOW))
    assert finding(of, "dingtalk.quota").verdict is verdict


def beside(tmp_path, answer: object, *names: str) -> dict[str, Finding]:
    """What is found while something answers `/readyz` on this machine."""

    async def ready(request: Request) -> Response:
        if isinstance(answer, str):
            return PlainTextResponse(answer)
        shown = request.headers.get("authorization") == "Bearer 0123456789abcdef"
        return JSONResponse(answer if shown else {"ready": False}, 200)

    async def run() -> dict[str, Finding]:
        app = Starlette(routes=[Route("/readyz", ready)])
        async with served(app) as port:
            server = Server(port=port, metrics_token="0123456789abcdef")
            of = settings(tmp_path, allow_unofficial_api=False, server=server)
            of = of.model_copy(update={"dingtalk": dingtalk()})
            return await examined(of, *names)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        ({"ready": True, "reasons": []}, Verdict.GOOD, "可以接活"),
        ({"ready": False, "reasons": ["disk: 90 MB free"]}, Verdict.BAD, "腾出空间"),
        ({"ready": False}, Verdict.BAD, "metrics_token"),
        ("hello", Verdict.WARN, "不是建流"),
    ],
)
def test_the_running_service_says_how_it_is(tmp_path, answer, verdict, words):
    found = beside(tmp_path, answer, "service")["service"]
    assert found.verdict is verdict
    assert words in f"{found.seen}{found.cause}{found.fix}"


@pytest.mark.parametrize(
    ("stream", "verdict"),
    [
        ({"connected": True, "silent_seconds": 4}, Verdict.GOOD),
        ({"connected": True, "silent_seconds": 900}, Verdict.WARN),
        ({"connected": False, "silent_seconds": 30}, Verdict.BAD),
        (None, Verdict.SKIPPED),
    ],
)
def test_a_silent_stream_is_named(tmp_path, stream, verdict):
    answer = {"ready": True, "reasons": [], "stream": stream}
    assert beside(tmp_path, answer, "dingtalk.stream")["dingtalk.stream"].verdict is verdict


def test_no_service_here_is_no_problem(tmp_path):
    of = settings(tmp_path, server=Server(port=9), dingtalk=dingtalk())
    found = asyncio.run(examined(of, "service", "dingtalk.stream"))
    assert {one.verdict for one in found.values()} == {Verdict.SKIPPED}


def test_a_machine_without_chinese_glyphs_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "PACKAGE", "no-such-package-of-fonts")
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path),))
    assert "fonts-noto-cjk" in finding(settings(tmp_path), "fonts").fix
    (tmp_path / "NotoSansCJK-Regular.ttc").touch()
    assert finding(settings(tmp_path), "fonts").verdict is Verdict.GOOD


def test_a_slow_check_and_a_broken_one_hold_up_no_other(tmp_path):
    async def slow(_: object) -> Finding:
        await asyncio.sleep(60)
        raise AssertionError

    async def broken(_: object) -> Finding:
        raise LookupError("access_token=HUSH")

    async def quick(_: object) -> Finding:
        return good("好")

    checks = (Check("slow", "慢", slow), Check("broken", "坏", broken), Check("quick", "快", quick))
    began = time.monotonic()
    results = asyncio.run(examine(settings(tmp_path), None, checks=checks, seconds=0.1))
    assert time.monotonic() - began < 10
    assert [one.finding.verdict for one in results] == [Verdict.BAD, Verdict.BAD, Verdict.GOOD]
    assert "LookupError" in results[1].finding.seen
    assert "HUSH" not in str(results)
    assert worst(results) is Verdict.BAD
    assert worst(results[2:]) is Verdict.GOOD


def test_checks_run_at_the_same_time(tmp_path):
    together = threading.Barrier(2, timeout=5)

    async def meet(_: object) -> Finding:
        await asyncio.to_thread(together.wait)
        return good("见到了")

    checks = (Check("a", "甲", meet), Check("b", "乙", meet))
    results = asyncio.run(examine(settings(tmp_path), None, checks=checks))
    assert {one.finding.verdict for one in results} == {Verdict.GOOD}


def test_no_finding_shows_a_secret(tmp_path):
    of = settings(tmp_path, wecom=wecom(), dingtalk=dingtalk(),
                  vault=VaultSettings(key="ab" * 32))  # fmt: skip
    hidden = [of.wecom.secret, of.wecom.token, of.wecom.aes_key, of.dingtalk.client_secret,
              of.vault.key]  # fmt: skip

    async def careless(_: object) -> Finding:
        words = " ".join(one.get_secret_value() for one in hidden)
        return bad(words, words, words)

    (result,) = asyncio.run(examine(of, None, checks=[Check("x", "x", careless)]))
    assert not any(one.get_secret_value() in str(result.facts()) for one in hidden)
