"""`jianliu jobs`: every regular job with its last run, and running one by hand."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.commands.console import (
    CONFIG,
    MISUSE,
    PROBLEM,
    UNREACHABLE,
    Config,
    Json,
    beside,
    fail,
    show,
)
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from bot.commands.jobs_words import Listed, run_facts, run_words
from bot.logs import cleaned
from bot.settings import Settings
from engine import runs
from engine.calendar_days import Calendars
from engine.database import Database
from engine.runs import Run
from engine.slots import Outcome

if TYPE_CHECKING:
    from bot.cron import Cron

LATELY = timedelta(days=7)
NO_DATABASE = "还没有数据库，请先运行 jianliu migrate。"
TRIED = "没有成功：{reason}\n服务运行时会再试。"
BUSY = "别的进程正在跑"
HELP = "定时任务：什么时候跑，上次结果如何；有任务上次失败时退出码是 1。"
PATIENCE, POLL = 20.0, 0.1
"""Seconds to wait for another process that runs it, and between two looks."""

Name = Annotated[str, typer.Option("--run", help="现在补跑这个任务")]
At = Annotated[str, typer.Option("--at", help="补跑哪个时刻，如 2026-11-23T09:00，不写就是现在")]


def jobs(config: Config = CONFIG, *, run: Name = "", at: At = "", json: Json = False) -> None:
    """List the jobs, or run one of them now."""
    settings = settings_of(config, json=json)
    if at and not run:
        fail("--at 要和 --run 一起用", MISUSE, json=json)
    if run:
        _by_hand(settings, run, at, json=json)
        return
    zone = ZoneInfo(settings.time.zone)
    try:
        listed = _listed(settings, zone)
    except FileNotFoundError:
        fail(NO_DATABASE, PROBLEM, json=json)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    words = "\n".join(one.words(zone) for one in listed)
    show({"jobs": [one.facts(zone) for one in listed]}, words, json=json)
    if any(one.record.failed for one in listed):
        raise typer.Exit(PROBLEM)


def _listed(settings: Settings, zone: ZoneInfo) -> list[Listed]:
    """All jobs, read beside a running service.

    Raises:
        FileNotFoundError: there is no SQLite file.
        SQLAlchemyError: the database does not answer, or has no such tables yet.
    """
    from scheduler.all import jobs as regular_jobs
    from scheduler.runner import Timed

    now = Clock(settings.time.zone).now()
    with beside(settings) as db:
        return [
            Listed(
                job.expression,
                Timed(job, zone).next(now),
                runs.record(db, job.name, since=now - LATELY),
            )
            for job in sorted(regular_jobs(), key=lambda job: job.name)
        ]


def _by_hand(settings: Settings, name: str, at: str, *, json: bool) -> None:
    from bot.cron import Cron
    from bot.migrate import upgrade
    from scheduler.all import jobs as regular_jobs

    clock = Clock(settings.time.zone)
    with closing(database_of(settings, json=json)) as database:
        try:
            upgrade(database)
            clock.anchor(database)
            cron = Cron(database, clock, Calendars(clock.zone), regular_jobs())
            if name not in cron.timed:
                fail(f"没有叫 {name} 的任务，有：{'、'.join(cron.timed)}", MISUSE, json=json)
            slot = _moment(at, clock, json=json)
            new = database.writer.run(lambda db: cron.ask(db, name, slot, clock.now()))
            came, reason = asyncio.run(_came(cron, database, name, slot))
        except SQLAlchemyError as broken:
            fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    if came.outcome is Outcome.WAITING:
        fail(f"{name}  {TRIED.format(reason=reason)}", PROBLEM, json=json)
    known = "" if new else "这个时刻已经处理过："
    facts = {"name": name, "new": new, **run_facts(came, clock.zone)}
    show(facts, f"{name}  {known}{run_words(came, clock.zone)}", json=json)
    if came.outcome is Outcome.FAILED:
        raise typer.Exit(PROBLEM)


def _moment(words: str, clock: Clock, *, json: bool) -> datetime:
    """The moment meant; without a zone it is one of the business zone."""
    now = clock.now()
    try:
        moment = datetime.fromisoformat(words) if words else now
    except ValueError:
        fail(f"看不懂 --at {words}，要写成 2026-11-23T09:00 的样子", MISUSE, json=json)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=clock.zone)
    if moment > now:
        fail(f"{words} 还没有到", MISUSE, json=json)
    return moment


async def _came(cron: Cron, database: Database, name: str, slot: datetime) -> tuple[Run, str]:
    """Run what waits for this job here, unless another process does.

    Returns:
        What came of the slot, and if nothing did yet, why.
    """
    lane, loop = cron.lane(name), asyncio.get_running_loop()
    ends = loop.time() + PATIENCE
    while True:
        idle = await lane.round()
        with database.reading() as db:
            came, reason = runs.one(db, name, slot), runs.trouble(db, name, slot)
        assert came is not None  # noqa: S101  `ask` has stored it
        if came.outcome is not Outcome.WAITING or reason or loop.time() > ends:
            return came, cleaned(reason) or BUSY
        if idle:
            await asyncio.sleep(POLL)
