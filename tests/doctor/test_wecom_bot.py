"""The smart bot's check: connects as the service would, and never where a service does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.doctor.finding import Verdict
from bot.platforms.wecom_bot.line import dial
from bot.settings import WeComSettings
from bot.wecom_bot import lease
from engine import leases
from engine.database import Database
from tests.doctor.kit import examined, finding, settings
from tests.ready import upgrade
from tests.wecom_bot.kit import QUICK, gateway
from tests.wecom_bot.lab import BOT, SECRET, lab


def bot(folder, gateway, secret=SECRET):
    values = {"bot_id": BOT, "secret": secret, "gateway": gateway}
    return settings(folder, wecom=WeComSettings.model_validate({"corp_id": "ww1", "bot": values}))


def checked(folder, *, secret=SECRET, spoil=None):
    """What the check finds of a bot behind the fake gateway, and the fake afterwards."""

    async def run():
        async with lab() as here:
            if spoil is not None:
                spoil(here)
            found = await examined(bot(folder, here.address, secret), "wecom.bot")
            return found["wecom.bot"], here

    return asyncio.run(run())


def test_a_bot_that_is_let_in_is_good(tmp_path):
    found, here = checked(tmp_path)
    assert (found.verdict, found.seen) == (Verdict.GOOD, "Bot ID 和 Secret 都对，长连接能用")
    assert here.fake.connection is None, "it does not stay"


@pytest.mark.parametrize(
    ("secret", "spoil", "seen", "fix"),
    [
        ("another", None, "853000", "重新复制两项"),
        (SECRET, lambda here: setattr(here.fake, "switched_off", True), "846601", "选「长连接」"),
    ],
)
def test_a_refusal_is_explained(tmp_path, secret, spoil, seen, fix):
    found, _ = checked(tmp_path, secret=secret, spoil=spoil)
    assert found.verdict is Verdict.BAD
    assert found.seen.startswith(seen)
    assert fix in found.fix
    assert secret not in f"{found}"


def test_a_refusal_nobody_has_heard_of_is_named(tmp_path):
    async def run():
        async with gateway() as there:
            there.subscribe_errcode = 99
            return (await examined(bot(tmp_path, there.address), "wecom.bot"))["wecom.bot"]

    found = asyncio.run(run())
    assert (found.verdict, found.seen) == (Verdict.BAD, "99，长连接没有连成")


def test_a_gateway_that_takes_the_line_and_says_nothing_is_bad(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.doctor.wecom_bot.Pace", lambda: QUICK)

    async def run():
        async with gateway() as there:
            there.mute = True
            return (await examined(bot(tmp_path, there.address), "wecom.bot"))["wecom.bot"]

    found = asyncio.run(run())
    assert (found.verdict, found.seen) == (Verdict.BAD, "127.0.0.1 连上了，没有答复")


def test_a_gateway_that_is_not_there_is_told_like_any_other_host(tmp_path):
    found = finding(bot(tmp_path, "ws://127.0.0.1:9"), "wecom.bot")
    assert (found.verdict, found.seen) == (Verdict.BAD, "127.0.0.1 拒绝连接")


def test_the_line_of_a_running_service_is_left_alone(tmp_path):
    now = datetime.now(UTC)
    with_bot = bot(tmp_path, "ws://127.0.0.1:9")
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    upgrade(database)
    name, ttl = lease(with_bot.wecom.bot), timedelta(minutes=1)
    database.writer.run(lambda db: leases.acquire(db, name, "worker", now=now, ttl=ttl))
    held = finding(with_bot, "wecom.bot")
    assert held.verdict is Verdict.SKIPPED
    assert "会把旧的挤掉" in held.seen
    clock = now - timedelta(seconds=30)  # a machine whose clock is ahead sees it ended
    database.writer.run(lambda db: leases.release(db, name, 1, now=clock))
    assert finding(with_bot, "wecom.bot").verdict is Verdict.SKIPPED
    database.writer.run(lambda db: leases.release(db, name, 1, now=now - timedelta(minutes=2)))
    database.close()
    assert finding(with_bot, "wecom.bot").verdict is Verdict.BAD, "nobody holds it: it is tried"


def test_a_service_that_takes_the_line_meanwhile_keeps_it(tmp_path, monkeypatch):
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    upgrade(database)

    async def late(settings, addresses):
        now, ttl = datetime.now(UTC), timedelta(minutes=1)
        take = partial(leases.acquire, name=lease(settings), holder="worker", now=now, ttl=ttl)
        await asyncio.to_thread(database.writer.run, take)
        return await dial(settings, addresses)

    monkeypatch.setattr("bot.doctor.wecom_bot.dial", late)
    found, here = checked(tmp_path)
    database.close()
    assert (found.verdict, here.fake.connection) == (Verdict.SKIPPED, None)


@pytest.mark.parametrize(
    ("reasons", "verdict", "words"),
    [
        (["wecom bot: refused with 853000"], Verdict.BAD, "重新复制两项"),
        (["wecom bot: not reachable"], Verdict.BAD, "看外网"),
        ([], Verdict.SKIPPED, ""),
    ],
)
def test_what_a_running_service_says_of_its_line_counts(
    tmp_path, monkeypatch, reasons, verdict, words
):
    async def told(_):
        return {"ready": not reasons, "reasons": reasons}, 200

    monkeypatch.setattr("bot.doctor.wecom_bot.ask", told)
    found = finding(bot(tmp_path, "ws://127.0.0.1:9"), "wecom.bot")
    assert found.verdict is verdict
    assert words in found.fix


def test_without_a_bot_nothing_is_looked_at(tmp_path):
    assert finding(settings(tmp_path), "wecom.bot").verdict is Verdict.SKIPPED
