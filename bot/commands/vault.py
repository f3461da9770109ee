"""`jianliu vault key|rotate`: the key people's data is under."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from bot import vault_key
from bot.clock import Clock
from bot.commands.console import CONFIG, PROBLEM, Config, Json, fail, show
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from bot.commands.console import vault as vault_of
from bot.settings import master_key
from engine.vault import Vault
from engine.vitals import vitals

app = typer.Typer(no_args_is_help=True, help="联系人资料的主密钥。")
NewKey = Annotated[Path, typer.Option("--to", exists=True, dir_okay=False, help="装着新密钥的文件")]


@app.command("key", help="生成一把主密钥，打印出来；请和数据库分开保管。")
def key(*, json: Json = False) -> None:
    """Print a fresh key, as the configuration wants it."""
    made = vault_key.written(vault_key.fresh())
    show({"key": made}, made, json=json)


@app.command("rotate", help="停下服务，换一把主密钥；完成后把配置改成新的那把。")
def rotate(to: NewKey, config: Config = CONFIG, *, json: Json = False) -> None:
    """Wrap every contact's key with the new master key, all or nothing."""
    heir = master_key(to.read_text("ascii", errors="replace").strip())
    if heir is None:
        fail(vault_key.DAMAGED.format(path=to), PROBLEM, json=json)
    settings = settings_of(config, json=json)
    with closing(database_of(settings, json=json)) as database:
        vault = vault_of(settings, database, json=json)
        clock = Clock(settings.time.zone)
        clock.anchor(database)
        with database.reading() as db:
            running = vitals(db, now=clock.now()).processes
        if running:
            fail("还有建流进程在运行，请全部停下再换密钥。", PROBLEM, json=json)
        count = database.writer.run(lambda db: vault.hand_over(db, Vault(heir)), alone=True)
    words = (
        f"{count} 位联系人的密钥已改用新的主密钥。\n"
        f"把配置里的密钥（或密钥文件）换成 {to} 的内容，再启动；旧备份还要用旧密钥，请留着。"
    )
    show({"rotated": count}, words, json=json)
