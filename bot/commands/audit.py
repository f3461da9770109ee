"""`jianliu audit`: is the trail whole, and what does it say of somebody or something."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.commands.console import CONFIG, PROBLEM, UNREACHABLE, Config, Json, beside, fail, show
from bot.commands.console import settings as settings_of
from bot.heads import place, read
from bot.settings import Settings
from cards.audit import HOW
from cards.audit_words import action, channel
from engine import audit
from sales import history
from sales.history import Entry

LISTED = 50
NO_FILE = "没有找到 SQLite 数据库文件。"

app = typer.Typer(no_args_is_help=True, help="留痕：核对有没有被改动，查谁做过什么。")
HeadFiles = Annotated[
    list[Path] | None,
    typer.Option("--heads", exists=True, dir_okay=False, help="留底文件，可以写几个；默认用配置的"),
]
What = Annotated[str, typer.Argument(help="同事姓名、客户名称或商机编号")]
Most = Annotated[int, typer.Option(min=1, max=10_000, help="最多几条")]


@app.command(help="从头核对整条留痕，并对照留底文件；有问题就说出第一处，退出码 1。")
def verify(config: Config = CONFIG, *, heads: HeadFiles = None, json: Json = False) -> None:
    """Every row, then every head kept outside."""
    settings = settings_of(config, json=json)
    try:
        kept = [head for file in heads or _configured(settings) for head in read(file)]
        with beside(settings) as db:
            end, wrong = audit.check(db)
            wrong = wrong or audit.compare(db, kept)
    except FileNotFoundError:
        fail(NO_FILE, PROBLEM, json=json)
    except (SQLAlchemyError, OSError) as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    if wrong is not None:
        facts = {"whole": False, "seq": wrong.seq, "how": wrong.how}
        show(facts, f"留痕对不上：{HOW[wrong.how].format(seq=wrong.seq)}。", json=json)
        raise typer.Exit(PROBLEM)
    facts = {"whole": True, "rows": end.seq, "hash": end.hash, "heads": len(kept)}
    against = f"，对照了 {len(kept):,} 条留底" if kept else "；没有留底文件，尾部被截看不出来"
    show(facts, f"留痕完整：{end.seq:,} 条{against}。\n{end.hash}", json=json)


@app.command("show", help="最近的留痕：某人做过什么，某个客户或商机上发生过什么。")
def show_entries(
    what: What, config: Config = CONFIG, *, most: Most = LISTED, json: Json = False
) -> None:
    """The newest rows about somebody or something."""
    settings = settings_of(config, json=json)
    clock = Clock(settings.time.zone)
    try:
        with beside(settings) as db:
            found = history.things(db, what)
            if len(found) != 1:
                names = "、".join(one.name for one in found)
                words = f"「{what}」有几个：{names}" if names else f"没有「{what}」"
                fail(words, PROBLEM, json=json)
            rows = history.entries(db, found[0], most=most)
    except FileNotFoundError:
        fail(NO_FILE, PROBLEM, json=json)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    show({"entries": [_facts(row, clock) for row in rows]}, _words(rows, clock), json=json)


def _configured(settings: Settings) -> list[Path]:
    file = place(settings, make_url(settings.database.url.get_secret_value()))
    return [file] if file is not None and file.exists() else []


def _facts(row: Entry, clock: Clock) -> dict[str, Any]:
    at = row.at.astimezone(clock.zone).isoformat(timespec="seconds")
    return {"seq": row.seq, "at": at, "who": row.who, "channel": row.channel,
            "origin": row.origin, "action": row.action, "about": row.about,
            "detail": dict(row.detail)}  # fmt: skip


def _words(rows: Sequence[Entry], clock: Clock) -> str:
    return "\n".join(_line(row, clock) for row in rows) or "没有记录"


def _line(row: Entry, clock: Clock) -> str:
    at = row.at.astimezone(clock.zone).isoformat(timespec="seconds")
    did = f"{row.who or '系统'} {action(row.action)} {row.about}".rstrip()
    return f"{row.seq} {at} {did}（{channel(row.channel)} {row.origin}）"
