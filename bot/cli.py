"""The command line: `jianliu …`. Exit codes: 0 good, 1 a problem was found, 2 misuse."""

from __future__ import annotations

import gc
import importlib.metadata
import logging
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.bench import cli as bench
from bot.clock import Clock
from bot.commands import (
    audit,
    calendar,
    cards,
    data,
    dlq,
    doctor,
    init,
    jobs,
    privacy,
    quota,
    rules,
    sync,
    vault,
)
from bot.commands.console import (
    CONFIG,
    MISUSE,
    PROBLEM,
    UNREACHABLE,
    Config,
    Json,
    console,
    fail,
    must_be_free,
    show,
)
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from bot.commands.console import vault as vault_of
from bot.roles import Role
from bot.settings import Settings, loose_permissions, masked
from bot.vault_key import VaultKeyError
from engine.database import Database, DatabaseInUse

if TYPE_CHECKING:
    from bot.importing import Report

NO_PLATFORM = "企业微信和钉钉都没有配置，收不到任何消息。请在 config.toml 里填好至少一个。"


class Platform(StrEnum):
    """A platform as it is named on the command line."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    WECOM_BOT = "wecom_bot"


DEMO = Path(".demo")
PORT = 8787

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="建流：在企业微信和钉钉里，把销售流程跑起来。")  # fmt: skip
imports = typer.Typer(no_args_is_help=True, help="从 Excel 或 CSV 导入。")
app.add_typer(imports, name="import")
app.add_typer(dlq.app, name="dlq")
app.add_typer(audit.app, name="audit")
app.command("init", help=init.HELP)(init.init)
app.command("doctor", help=doctor.HELP)(doctor.doctor)
app.command("jobs", help=jobs.HELP)(jobs.jobs)
app.command("sync", help=sync.HELP)(sync.sync)
app.command("quota", help=quota.HELP)(quota.quota)
app.add_typer(bench.app, name="bench")
app.add_typer(calendar.app, name="calendar")
app.add_typer(cards.app, name="cards")
app.add_typer(data.db, name="db")
app.add_typer(rules.app, name="rules")
app.add_typer(vault.app, name="vault")
app.add_typer(privacy.exports, name="export")
app.command("erase", help=privacy.ERASE)(privacy.erase)


@app.command()
def version(*, json: Json = False) -> None:
    """版本号。"""
    number = importlib.metadata.version("jianliu")
    show({"version": number}, f"建流 {number}", json=json)


@app.command()
def check(config: Config = CONFIG, *, json: Json = False) -> None:
    """检查配置：列出全部问题，不显示任何密钥。"""
    settings = settings_of(config, json=json)
    shown = masked(settings)
    loose = config.exists() and loose_permissions(config)
    warnings = ["配置文件别人也能读，请 chmod 600"] if loose else []
    if settings.wecom is None and settings.dingtalk is None:
        warnings.append(NO_PLATFORM)
    words = [
        *(f"{name}：{value}" for name, value in shown.items()),
        *(warnings or ["配置没有问题"]),
    ]
    show({"settings": shown, "warnings": warnings}, "\n".join(words), json=json)


@app.command()
def migrate(config: Config = CONFIG, *, json: Json = False) -> None:
    """把数据库升级到当前版本。"""
    from bot.migrate import upgrade

    database = database_of(settings_of(config, json=json), json=json)
    try:
        upgrade(database)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    finally:
        database.close()
    show({"migrated": True}, "数据库已是最新", json=json)


@app.command()
def run(
    config: Config = CONFIG,
    role: Annotated[
        Role, typer.Option(help="all 全部；web 收消息；worker 发消息、接手和定时")
    ] = Role.ALL,
    host: Annotated[str, typer.Option(help="监听地址，默认用 server.host")] = "",
    port: Annotated[
        int | None, typer.Option(help="端口，默认用 server.port", min=0, max=65535)
    ] = None,
) -> None:
    """启动服务；同一个 PostgreSQL 上可以启动多个。"""
    gc.disable()  # until it runs, see `Service.running`
    from bot.app import Service
    from bot.serve import run_loop, supervised

    settings = settings_of(config)
    logs.configure(json=not sys.stderr.isatty())
    if settings.wecom is None and settings.dingtalk is None:
        fail(NO_PLATFORM, PROBLEM)
    host = host or settings.server.host
    port = settings.server.port if port is None else port
    must_be_free(host, port)
    try:
        service = Service(settings, Clock(settings.time.zone), role)
    except (DatabaseInUse, VaultKeyError) as refused:
        fail(str(refused), PROBLEM)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM)
    run_loop(supervised(service, host=host, port=port))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="端口", min=1, max=65535)] = PORT,
    data: Annotated[Path, typer.Option(help="演示数据放在哪里")] = DEMO,
    *,
    browser: Annotated[bool, typer.Option(help="自动打开浏览器")] = True,
) -> None:
    """演示：真实的服务，加上模拟的企业微信、钉钉和手机；不需要任何账号。"""
    import webbrowser

    from bot.demo import build
    from bot.serve import run_loop

    logs.configure(json=not sys.stderr.isatty())
    if any(name.startswith(("JIANLIU_WECOM", "JIANLIU_DINGTALK")) for name in os.environ):
        fail("演示不接真实账号，请先去掉 JIANLIU_WECOM… 和 JIANLIU_DINGTALK… 环境变量。", MISUSE)
    must_be_free("127.0.0.1", port)
    try:
        running, page = build(data, port)
    except (DatabaseInUse, VaultKeyError) as refused:
        fail(str(refused), PROBLEM)
    except (SQLAlchemyError, ValueError, KeyError, OSError):
        fail(f"演示数据读不出来。删掉文件夹 {data} 再试一次。", PROBLEM)
    address = f"http://127.0.0.1:{port}/sim"

    def ready() -> None:
        console.print(f"演示已经开始，请打开 {address}（按 Ctrl+C 结束）")
        if browser and sys.stdout.isatty():
            webbrowser.open(address)

    run_loop(running.run(page, port, ready))


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="要说的话，如 /商机 某阀门制造 北方泵业")],
    person: Annotated[str, typer.Option("--as", help="以谁的身份")],
    platform: Annotated[Platform | None, typer.Option(help="用哪个平台")] = None,
    port: Annotated[int, typer.Option(help="演示的端口", min=1, max=65535)] = PORT,
    *,
    json: Json = False,
) -> None:
    """以某人的身份在演示里说一句话，打印由此出现的卡片；演示没开时自己开一个。"""
    from bot.saying import SayError, say_to_demo

    logs.configure(json=False, level=logging.WARNING)
    try:
        messages = say_to_demo(person, text, platform or "", port=port, folder=DEMO)
    except (SayError, DatabaseInUse, VaultKeyError) as wrong:
        fail(str(wrong), PROBLEM, json=json)
    words = [f"{m['title']}\n{m['text']}".strip() for m in messages] or ["没有新消息"]
    show({"messages": messages}, "\n\n".join(words), json=json)


Sheet = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="xlsx 或 csv 文件")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")]


@imports.command("customers")
def customers(
    file: Sheet, config: Config = CONFIG, *, dry_run: DryRun = False, json: Json = False
) -> None:
    """导入客户：要么全部导入，要么一行不动，错误逐行写进一个新文件。"""
    from bot.importing import import_customers

    settings = settings_of(config, json=json)

    def work(database: Database, *, progress: bool) -> Report:
        vault = vault_of(settings, database, json=json)
        return import_customers(database, file, vault, dry_run=dry_run, progress=progress)

    _import(settings, work, json=json)


@imports.command("leads")
def leads(
    file: Sheet, config: Config = CONFIG, *, dry_run: DryRun = False, json: Json = False
) -> None:
    """导入线索，进公海：要么全部导入，要么一行不动；同一行再导不会变成两条。"""
    from bot.importing import import_leads

    settings = settings_of(config, json=json)
    clock = Clock(settings.time.zone)

    def work(database: Database, *, progress: bool) -> Report:
        vault = vault_of(settings, database, json=json)
        return import_leads(database, file, vault, clock, dry_run=dry_run, progress=progress)

    _import(settings, work, json=json)


@imports.command("people")
def people(
    file: Sheet, config: Config = CONFIG, *, dry_run: DryRun = False, json: Json = False
) -> None:
    """导入同事：姓名、角色、上级、区域和他们在两个平台上的账号。"""
    from bot.importing import import_people

    settings = settings_of(config, json=json)
    tenants = settings.tenants()
    if not tenants:
        fail(NO_PLATFORM, PROBLEM, json=json)
    work = partial(import_people, file=file, tenants=tenants, dry_run=dry_run)
    _import(settings, work, json=json)


def _import(settings: Settings, work: Callable[..., Report], *, json: bool) -> None:
    from connectors.sheets import SheetError

    database = database_of(settings, json=json)
    try:
        report = work(database, progress=not json)
    except SheetError as unreadable:
        fail(str(unreadable), PROBLEM, json=json)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    finally:
        database.close()
    show(report.facts(), report.words(), json=json)
    if report.wrong:
        raise typer.Exit(PROBLEM)


app.command(help="备份数据库，服务可以照常运行。")(data.backup)
app.command(help="停下服务，用备份替换数据库；当时没发出的消息不会自动再发。")(data.restore)


def main() -> None:
    """Entry of the console command."""
    app()
