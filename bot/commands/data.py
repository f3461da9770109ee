"""`jianliu backup`, `jianliu restore` and `jianliu db copy`: the data as a whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot import erasures
from bot.clock import Clock
from bot.commands.console import CONFIG, MISUSE, PROBLEM, UNREACHABLE, Config, Json, fail, show
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from bot.heads import place, set_aside
from bot.settings import Settings
from bot.vault_key import VaultKeyError
from engine.backup import BackupError, inspect
from engine.copying import CopyError, Moved
from engine.database import Database, DatabaseInUse

if TYPE_CHECKING:
    from bot.backups import Restored

UNSURE = """有 {uncertain} 条消息备份时还没发出，不知道后来发了没有，已标为不确定，不会自动再发。
用 jianliu dlq list 逐条看，再用 jianliu dlq replay 或 drop 决定；启动后也可以在聊天里发 /死信。"""
AGAIN = "备份之后删除过的 {erased} 位联系人已按名单再删一遍。"
HEADS_ASIDE = "\n留痕的留底另起一份；备份以后的留底在 {aside}，留着备查。"
ASIDE = "原来的文件留在 {aside}，确认没问题再删。"

db = typer.Typer(no_args_is_help=True, help="整个数据库：从 SQLite 搬到 PostgreSQL。")
Target = Annotated[
    str, typer.Option("--to", help="空库 postgresql+psycopg://…；密码可放在 PGPASSWORD 里")
]
NewFile = Annotated[
    Path | None, typer.Argument(dir_okay=False, help="不写就是 jianliu-日期-时刻.backup")
]
Kept = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="备份文件")]
Yes = Annotated[bool, typer.Option("--yes", help="不再问一遍")]


@db.command("copy", help="停下服务，把 SQLite 的全部数据搬进空的 PostgreSQL，逐表核对。")
def copy_database(to: Target, config: Config = CONFIG, *, json: Json = False) -> None:
    """Copy and compare; the target keeps the data only if every table is equal."""
    settings = settings_of(config, json=json)
    _file_of(_url(settings), json=json)
    if _driver(to) != "postgresql+psycopg":
        fail("--to 要以 postgresql+psycopg:// 开头", MISUSE, json=json)
    with (
        closing(database_of(settings, json=json)) as source,
        closing(Database(to)) as target,
        _explained(json=json),
    ):
        moved = _copied(source, target)
    equal = all(table.equal for table in moved)
    words = [
        f"{table.table}：{table.source.rows:,} 行，{table.source.digest[:12]}，"
        f"{'一致' if table.equal else f'不一致，目标 {table.target.rows:,} 行'}"
        for table in moved
    ]
    words.append(
        "全部一致。把 database.url 或 JIANLIU_DATABASE_URL 指向新库，再启动服务。"
        if equal else "有表不一致，目标库已经退回原样，什么都没有留下。"
    )  # fmt: skip
    facts = [
        {"table": table.table, "equal": table.equal, "rows": table.source.rows,
         "sha256": table.source.digest, "target_rows": table.target.rows,
         "target_sha256": table.target.digest}
        for table in moved
    ]  # fmt: skip
    show({"equal": equal, "tables": facts}, "\n".join(words), json=json)
    if not equal:
        raise typer.Exit(PROBLEM)


def backup(file: NewFile = None, config: Config = CONFIG, *, json: Json = False) -> None:
    """Keep the present state in one file; the service may be running."""
    from bot.backups import keep_dump, keep_file

    settings = settings_of(config, json=json)
    clock = Clock(settings.time.zone)
    now = clock.now().astimezone(clock.zone)
    target = file or Path(f"jianliu-{now:%Y%m%d-%H%M}.backup")
    url = _url(settings)
    with _explained(json=json):
        if url.get_backend_name() == "sqlite":
            kept = keep_file(_file_of(url, json=json), target, now)
            what = f"{len(kept.tables)} 张表 {kept.rows:,} 行，已核对"
        else:
            keep_dump(url, target)
            what = "pg_dump 的格式"
    size = target.stat().st_size
    show(
        {"file": str(target), "bytes": size},
        f"已备份到 {target}（{size:,} 字节，{what}）",
        json=json,
    )


def restore(
    file: Kept, config: Config = CONFIG, *, yes: Yes = False, json: Json = False
) -> None:  # fmt: skip
    """Bring a backup back; what waited to be sent in it becomes uncertain."""
    from bot.backups import restore_dump, restore_file

    settings = settings_of(config, json=json)
    clock = Clock(settings.time.zone)
    now = clock.now().astimezone(clock.zone)
    url = _url(settings)
    with _explained(json=json):
        if url.get_backend_name() == "sqlite":
            live = Path(str(url.database))
            kept = inspect(file)
            _sure(
                f"用 {kept.made_at:%Y-%m-%d %H:%M} 的备份（{kept.rows:,} 行）替换 {live}", yes=yes
            )
            done = restore_file(file, live, now, partial(erasures.again, settings, url, now))
        else:
            _sure(f"把 {file} 恢复到空库 {url.render_as_string()}", yes=yes)
            done = restore_dump(file, url, now, partial(erasures.again, settings, url, now))
        heads = set_aside(place(settings, url), now)
    facts = {"uncertain": done.uncertain, "erased": done.erased,
             "aside": done.aside and str(done.aside),
             "heads_aside": heads and str(heads)}  # fmt: skip
    words = _restored(done) + (HEADS_ASIDE.format(aside=heads) if heads else "")
    show(facts, words, json=json)


def _copied(source: Database, target: Database) -> list[Moved]:
    """Both at the present schema, then everything in one transaction of the target."""
    from sqlalchemy import text

    from bot.migrate import LOCK, upgrade
    from bot.tables import metadata
    from engine.copying import copy

    upgrade(source)
    upgrade(target)
    with source.engine.begin() as here, target.engine.connect() as there:
        # A service that starts on the target meanwhile waits for the end of this.
        there.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        moved = copy(here, there, metadata.sorted_tables)
        if all(table.equal for table in moved):
            there.commit()
    return moved


def _restored(done: Restored) -> str:
    words = ["已恢复。"]
    words += [ASIDE.format(aside=done.aside)] if done.aside else []
    words += [AGAIN.format(erased=done.erased)] if done.erased else []
    words += [UNSURE.format(uncertain=done.uncertain)] if done.uncertain else []
    return "\n".join(words)


def _sure(what: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(f"{what}，确定吗？", abort=True, err=True)


def _url(settings: Settings) -> URL:
    return make_url(settings.database.url.get_secret_value())


def _driver(address: str) -> str:
    try:
        return make_url(address).drivername
    except ArgumentError:
        return ""


def _file_of(url: URL, *, json: bool) -> Path:
    """The SQLite file that must be there."""
    path = Path(str(url.database))
    if url.get_backend_name() != "sqlite" or not path.is_file():
        fail(f"没有找到 SQLite 数据库文件 {url.render_as_string()}", PROBLEM, json=json)
    return path


@contextmanager
def _explained(*, json: bool) -> Iterator[None]:
    """Whatever can go wrong with files and databases, in words."""
    try:
        yield
    except (BackupError, CopyError, DatabaseInUse, VaultKeyError) as refused:
        fail(str(refused), PROBLEM, json=json)
    except (SQLAlchemyError, sqlite3.Error) as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    except OSError as broken:
        fail(f"文件读写不成：{broken.strerror}（{broken.filename}）", PROBLEM, json=json)
