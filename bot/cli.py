"""The command line: `jianliu …`. Exit codes: 0 good, 1 a problem was found, 2 misuse."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json as jsonlib
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from bot import logs
from bot.clock import Clock
from bot.settings import Settings, load, loose_permissions, masked
from bot.settings_read import SettingsError
from engine.database import Database, DatabaseInUse

PROBLEM, MISUSE = 1, 2
CONFIG = Path("config.toml")
DEMO = Path(".demo")
PORT = 8787

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="建流：在企业微信和钉钉里，把销售流程跑起来。")  # fmt: skip
imports = typer.Typer(no_args_is_help=True, help="从 Excel 或 CSV 导入。")
app.add_typer(imports, name="import")

Config = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
console = Console(highlight=False)


@app.command()
def version(*, json: Json = False) -> None:
    """版本号。"""
    number = importlib.metadata.version("jianliu")
    _print({"version": number}, f"建流 {number}", json=json)


@app.command()
def check(config: Config = CONFIG, *, json: Json = False) -> None:
    """检查配置：列出全部问题，不显示任何密钥。"""
    settings = _settings(config)
    shown = masked(settings)
    loose = config.exists() and loose_permissions(config)
    warnings = ["配置文件别人也能读，请 chmod 600"] if loose else []
    words = [*(f"{name}：{value}" for name, value in shown.items()), *warnings, "配置没有问题"]
    _print({"settings": shown, "warnings": warnings}, "\n".join(words), json=json)


@app.command()
def migrate(config: Config = CONFIG, *, json: Json = False) -> None:
    """把数据库升级到当前版本。"""
    from bot.migrate import upgrade

    database = _database(_settings(config))
    upgrade(database)
    database.close()
    _print({"migrated": True}, "数据库已是最新", json=json)


@app.command()
def run(config: Config = CONFIG) -> None:
    """启动服务。"""
    from bot.app import Service
    from bot.serve import serve

    settings = _settings(config)
    logs.configure(json=not sys.stderr.isatty())
    try:
        service = Service(settings, Clock(settings.time.zone))
    except DatabaseInUse as busy:
        _fail(str(busy), PROBLEM)
    server = settings.server
    asyncio.run(serve(service.asgi, service, host=server.host, port=server.port))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="端口")] = PORT,
    data: Annotated[Path, typer.Option(help="演示数据放在哪里")] = DEMO,
    *,
    browser: Annotated[bool, typer.Option(help="自动打开浏览器")] = True,
) -> None:
    """演示：真实的服务，加上模拟的企业微信、钉钉和手机；不需要任何账号。"""
    import webbrowser

    from bot.demo import build

    logs.configure(json=not sys.stderr.isatty())
    if any(name.startswith(("JIANLIU_WECOM", "JIANLIU_DINGTALK")) for name in os.environ):
        _fail("演示不接真实账号，请先去掉 JIANLIU_WECOM… 和 JIANLIU_DINGTALK… 环境变量。", MISUSE)
    try:
        running, page = build(data, port)
    except DatabaseInUse as busy:
        _fail(str(busy), PROBLEM)
    address = f"http://127.0.0.1:{port}/sim"

    def ready() -> None:
        console.print(f"演示已经开始，请打开 {address}（按 Ctrl+C 结束）")
        if browser and sys.stdout.isatty():
            webbrowser.open(address)

    asyncio.run(running.run(page, port, ready))


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="要说的话，如 /商机 某阀门制造 北方泵业")],
    person: Annotated[str, typer.Option("--as", help="以谁的身份")],
    platform: Annotated[str, typer.Option(help="wecom 或 dingtalk")] = "",
    port: Annotated[int, typer.Option(help="演示的端口")] = PORT,
    *,
    json: Json = False,
) -> None:
    """以某人的身份在演示里说一句话，打印由此出现的卡片；演示没开时自己开一个。"""
    from bot.saying import SayError, say_to_demo

    logs.configure(json=False, level=logging.WARNING)
    try:
        messages = say_to_demo(person, text, platform, port=port, folder=DEMO)
    except SayError as wrong:
        _fail(str(wrong), PROBLEM)
    words = [f"{m['title']}\n{m['text']}".strip() for m in messages] or ["没有新消息"]
    _print({"messages": messages}, "\n\n".join(words), json=json)


@imports.command("customers")
def import_customers(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="xlsx 或 csv 文件")],
    config: Config = CONFIG,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
    json: Json = False,
) -> None:
    """导入客户：要么全部导入，要么一行不动，错误逐行写进一个新文件。"""
    from bot.importing import import_file
    from connectors.sheets import SheetError

    database = _database(_settings(config))
    try:
        report = import_file(database, file, dry_run=dry_run, progress=not json)
    except SheetError as unreadable:
        _fail(str(unreadable), PROBLEM)
    finally:
        database.close()
    _print(report.facts(), report.words(), json=json)
    if report.wrong:
        raise typer.Exit(PROBLEM)


def main() -> None:
    """Entry of the console command."""
    app()


def _settings(config: Path) -> Settings:
    if not config.exists() and config != CONFIG:
        _fail(f"没有找到配置文件 {config}", MISUSE)
    try:
        return load(config if config.exists() else None)
    except SettingsError as wrong:
        _fail(str(wrong), PROBLEM)


def _database(settings: Settings) -> Database:
    try:
        return Database(settings.database.url.get_secret_value())
    except DatabaseInUse as busy:
        _fail(str(busy), PROBLEM)


def _print(facts: dict[str, Any], words: str, *, json: bool) -> None:
    if json:
        typer.echo(jsonlib.dumps(facts, ensure_ascii=False, default=str))
    else:
        console.print(escape(words))


def _fail(words: str, code: int) -> NoReturn:
    Console(stderr=True, highlight=False).print(escape(words))
    raise typer.Exit(code)
