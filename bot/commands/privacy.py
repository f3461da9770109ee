"""`jianliu erase` and `jianliu export contact`: a person's rights, from the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot import erasures
from bot.clock import Clock
from bot.commands.console import CONFIG, PROBLEM, UNREACHABLE, Config, Json, fail, show
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from bot.commands.console import vault as vault_of
from bot.settings import Settings
from cards import erasing
from cards.contacts import line
from engine.database import Database
from engine.errors import Refusal
from engine.masking import mask
from engine.unit import Unit
from engine.vault import Vault
from sales import privacy
from sales.contacts import Known

ERASE = "删除一位联系人的资料：销毁密钥，不能恢复；SQLite 要先停服务。"

exports = typer.Typer(no_args_is_help=True, help="导出。")
Who = Annotated[str, typer.Option("--contact", help="联系人编号、电话或邮箱")]
Named = Annotated[str, typer.Argument(metavar="联系人", help="编号、电话或邮箱")]
Basis = Annotated[str, typer.Option(help="为什么删除，例如 本人要求")]
Yes = Annotated[bool, typer.Option("--yes", help="不再问一遍")]
NewFile = Annotated[Path | None, typer.Argument(dir_okay=False, help="不写就是 contact-编号.json")]


def erase(
    contact: Who, basis: Basis, config: Config = CONFIG, *, yes: Yes = False, json: Json = False
) -> None:
    """Erase one contact, and write it on the list outside the database."""
    settings = settings_of(config, json=json)
    with _opened(settings, json=json) as (database, vault, clock):
        with database.reading() as db:
            found = _one(db, vault, contact, json=json)
        if not yes:
            typer.confirm(f"删除 {found.customer} 的联系人 {line(found)}，不能恢复，确定吗？",
                          abort=True, err=True)  # fmt: skip
        wiped = database.writer.run(
            lambda db: erasing.erase(db, vault, found.id, mask(basis), now=clock.now()),
            alone=True,
        )
        path = erasures.list_of(settings, database.url)
        if path is not None:
            with database.reading() as db:
                erasures.catch_up(db, path)
    words = f"已删除联系人 {found.id}，资料的密钥已经销毁，{wiped} 条提到此人的原始消息已清空。"
    if path is None:
        words += "\n没有配置 vault.erase_list：以后恢复旧备份时不会再删一遍，请自己记下这个编号。"
    facts = {"contact": found.id, "messages": wiped, "list": path and str(path)}
    show(facts, words, json=json)


@exports.command("contact", help="导出一位联系人的全部资料（JSON），只有您能读这个文件。")
def export(
    who: Named, file: NewFile = None, config: Config = CONFIG, *, json: Json = False
) -> None:
    """Write the bundle to a file of its own."""
    with _opened(settings_of(config, json=json), json=json) as (database, vault, clock):
        with database.reading() as db:
            found = _one(db, vault, who, json=json)
        target = file or Path(f"contact-{found.id}.json")
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            written.write(database.writer.run(
                lambda db: privacy.exported(db, vault, found.id, now=clock.now())
            ))  # fmt: skip
    show({"file": str(target)}, f"已导出到 {target}，交给本人后请删除。", json=json)


def _one(db: Unit, vault: Vault, who: str, *, json: bool) -> Known:
    found, sure = privacy.find(db, vault, who)
    if len(found) > 1 or not sure:
        listed = [f"{one.id} {line(one)} {one.customer}" for one in found]
        fail("\n".join(["可能是下面的人，请写编号：", *listed]), PROBLEM, json=json)
    return found[0]


@contextmanager
def _opened(settings: Settings, *, json: bool) -> Iterator[tuple[Database, Vault, Clock]]:
    """The database with its vault, and in words whatever goes wrong with them."""
    with closing(database_of(settings, json=json)) as database:
        try:
            vault = vault_of(settings, database, json=json)
            clock = Clock(settings.time.zone)
            clock.anchor(database)
            yield database, vault, clock
        except Refusal as refused:
            fail(str(refused), PROBLEM, json=json)
        except SQLAlchemyError as broken:
            fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
        except OSError as broken:
            fail(f"文件读写不成：{broken.strerror}（{broken.filename}）", PROBLEM, json=json)
