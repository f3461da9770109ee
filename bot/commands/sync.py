"""`jianliu sync`: the platforms' directories, read now, outside a running service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.clock import Clock
from bot.commands.console import (
    CONFIG,
    MISUSE,
    PROBLEM,
    UNREACHABLE,
    Config,
    Json,
    fail,
    show,
)
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from bot.settings import Settings
from cards.words import PLATFORMS
from sales.directory import Order

if TYPE_CHECKING:
    from engine.database import Database
    from sales.directory_changes import Report

HELP = "读企业微信和钉钉的通讯录，办新增、改名、换上级和离职；少了太多人时什么都不改，退出码是 1。"
SECONDS = 10.0

Platform = Annotated[str, typer.Option(help="只读一个平台：wecom 或 dingtalk")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只看有什么不同，不改")]
Confirm = Annotated[
    str, typer.Option("--confirm", help="人数对不上时给出的核对码：确认这些人都离职了")
]


def sync(
    config: Config = CONFIG, platform: Platform = "", confirm: Confirm = "", *,
    dry_run: DryRun = False, json: Json = False,
) -> None:  # fmt: skip
    """Read the directories and make their changes ours."""
    from bot.platforms.api import Undelivered

    settings = settings_of(config, json=json)
    logs.configure(json=False, level=logging.WARNING)
    used = settings.tenants()
    if platform and platform not in used:
        fail(f"没有配置 {platform}，已配置：{'、'.join(used) or '没有'}", MISUSE, json=json)
    order = Order(platform, dry=dry_run, confirmed=confirm)
    with closing(database_of(settings, json=json)) as database:
        try:
            reports = asyncio.run(_read(settings, database, order))
        except Undelivered as failure:
            fail(f"通讯录没有读成：{failure}", PROBLEM, json=json)
        except SQLAlchemyError as broken:
            fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    show({"dry_run": dry_run, "directories": [_facts(one) for one in reports]},
         "\n".join(line for one in reports for line in _words(one)), json=json)  # fmt: skip
    if any(one.held for one in reports):
        raise typer.Exit(PROBLEM)


async def _read(settings: Settings, database: Database, order: Order) -> list[Report]:
    """One reading of each directory, with our own tokens.

    Raises:
        Undelivered: a directory could not be read; those before it were.
    """
    from bot import outgoing
    from bot.directories import Synchroniser, directories
    from bot.migrate import upgrade
    from bot.outgoing import Addresses
    from bot.rules import opened

    clock = Clock(settings.time.zone)
    upgrade(database)
    clock.anchor(database)
    addresses = Addresses(loopback=settings.allow_unofficial_api)
    async with outgoing.client(addresses, SECONDS) as http:
        known = directories(settings, http, clock.now)
        reader = Synchroniser(database, clock, opened(database, clock), known)
        wanted = [order.platform] if order.platform else list(known)
        return [await reader.run(one, order, lambda _: True) for one in wanted]


def _facts(report: Report) -> dict[str, Any]:
    held = report.held
    facts: dict[str, Any] = {
        "platform": report.place[0], "listed": report.listed, "hidden": report.hidden,
        "changes": [
            {"what": one.sort.value, "account": one.account, "name": one.name,
             "was": one.was, "becomes": one.becomes, "not_done": one.blocked}
            for one in report.changes
        ],
    }  # fmt: skip
    if held is not None:
        facts["held"] = {"missing": len(held.accounts), "known": held.known,
                         "confirm": "" if held.empty else held.fingerprint}  # fmt: skip
    return facts


def _words(report: Report) -> Sequence[str]:
    from cards.directory import line

    name, held = PLATFORMS[report.place[0]], report.held
    if held is not None:
        gone = (
            f"{name}：我们有 {held.known} 个账号，{len(held.accounts)} 个不在通讯录里，没有同步。"
        )
        if held.empty:
            return [gone, "通讯录是空的，请先检查应用的可见范围。"]
        return [gone, f"核对后确实都离职了，再加上 --confirm {held.fingerprint}"]
    hidden = f"，{report.hidden} 个看不到" if report.hidden else ""
    changes = [line(one) for one in report.changes] or ["没有变化"]
    return [f"{name}：读到 {report.listed} 人{hidden}", *changes]
