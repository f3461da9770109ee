"""What every command shares: its options, its output, its way to fail.

Exit codes: 0 good, 1 a problem was found, 2 misuse.
"""

from __future__ import annotations

import getpass
import json as jsonlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import make_url

from bot import vault_key
from bot.settings import Settings, load
from bot.settings_read import SettingsError
from bot.vault_key import VaultKeyError
from engine.database import Database, DatabaseInUse, postgres_reader, sqlite_reader
from engine.unit import Occasion, Unit
from engine.vault import Vault

PROBLEM, MISUSE = 1, 2
UNREACHABLE = "数据库打不开（{reason}）。请检查 database.url 和数据库本身。"
NO_DATABASE = "还没有数据库，请先运行 jianliu migrate。"
CONFIG = Path("config.toml")

Config = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
console = Console(highlight=False)


def settings(config: Path, *, json: bool = False) -> Settings:
    """The settings of this run, or the end of it in words."""
    if not config.exists() and config != CONFIG:
        fail(f"没有找到配置文件 {config}", MISUSE, json=json)
    try:
        return load(config if config.exists() else None)
    except SettingsError as wrong:
        fail(str(wrong), PROBLEM, json=json)


def database(settings: Settings, *, json: bool) -> Database:
    """The database, if no other process runs on its file."""
    try:
        return Database(settings.database.url.get_secret_value(), occasion=_operator())
    except DatabaseInUse as busy:
        fail(str(busy), PROBLEM, json=json)


def vault(settings: Settings, database: Database, *, json: bool) -> Vault:
    """The vault of the database, which is up to date then."""
    try:
        return vault_key.opened(settings, database)
    except VaultKeyError as wrong:
        fail(str(wrong), PROBLEM, json=json)


@contextmanager
def beside(settings: Settings) -> Iterator[Unit]:
    """The database to look at beside a running service.

    Raises:
        FileNotFoundError: there is no SQLite file.
        SQLAlchemyError: the database does not answer.
    """
    url = make_url(settings.database.url.get_secret_value())
    embedded = url.get_backend_name() == "sqlite"
    if embedded and not Path(str(url.database)).exists():
        raise FileNotFoundError
    engine = sqlite_reader(url) if embedded else postgres_reader(url)
    try:
        with engine.begin() as connection:
            yield Unit(connection)
    finally:
        engine.dispose()


def _operator() -> Occasion:
    """Whoever sits at the console, as the operating system calls them."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        user = str(os.getuid()) if hasattr(os, "getuid") else ""
    return Occasion(channel="cli", origin=f"{user}@{socket.gethostname()}")


def show(facts: dict[str, Any], words: str, *, json: bool) -> None:
    """`words` for a person, or `facts` as one line of JSON."""
    if json:
        typer.echo(jsonlib.dumps(facts, ensure_ascii=False, default=str))
    else:
        console.print(escape(words), soft_wrap=True)


def fail(words: str, code: int, *, json: bool = False) -> NoReturn:
    """Say what is wrong and end with the exit code."""
    if json:
        typer.echo(jsonlib.dumps({"errors": words.splitlines()}, ensure_ascii=False))
    else:
        Console(stderr=True, highlight=False).print(escape(words), soft_wrap=True)
    raise typer.Exit(code)


def must_be_free(host: str, port: int) -> None:
    """End unless the port can be listened on."""
    with socket.socket() as knock:
        knock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            knock.bind((host, port))
        except OSError:
            fail(f"端口 {port} 被占用，请换一个（--port 或 server.port）。", PROBLEM)
