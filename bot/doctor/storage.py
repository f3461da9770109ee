"""The database: writable, with the tables of this version, with room, with a backup."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.commands.console import beside
from bot.doctor.clock import NOTICEABLE, SYNC
from bot.doctor.finding import Case, Finding, bad, good, skipped, warn
from bot.migrate import revision, revisions
from bot.readiness import LITTLE
from engine.types import EPOCH, MICROSECOND
from engine.unit import Unit

ENOUGH = 1_000_000_000
"""Bytes on the disk below which somebody should make room."""
MB = 1_000_000
DAYS = timedelta(days=7)
"""A backup older than this is none."""
_PG_NOW = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"


async def database(case: Case) -> Finding:
    """Whether it opens, can be written, and has the tables of this version."""
    return await asyncio.to_thread(_database, case)


def _database(case: Case) -> Finding:
    try:
        with beside(case.settings) as db:
            return _writable(case, db) or _revision(db)
    except FileNotFoundError:
        return _nothing_yet(case)
    except SQLAlchemyError as broken:
        return bad(
            f"打不开（{type(broken).__name__}）",
            "地址、密码不对，数据库没有开，或者文件坏了",
            "核对 database.url；PostgreSQL 先用 psql 试一下",
        )


def _nothing_yet(case: Case) -> Finding:
    """A SQLite file the first start will make, if it may."""
    folder = (case.file or Path()).absolute().parent
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not os.access(there, os.W_OK):
        return bad(
            f"不能在 {there} 里建文件",
            "目录不归运行建流的用户",
            f"chown 给运行建流的用户，或者改 database.url：{folder}",
        )
    return skipped("还没有数据库，第一次启动时建")


def _writable(case: Case, db: Unit) -> Finding | None:
    """Why it could not be written; None if it can."""
    if case.file is None:
        return _postgres(case, db)
    for path in (case.file.absolute().parent, case.file):
        if not os.access(path, os.W_OK):
            return bad(
                f"{path} 写不了",
                "文件不归运行建流的用户，或者盘是只读的",
                f"chown 给运行建流的用户：{path}",
            )
    mode = str(db.drive("PRAGMA journal_mode").fetchone()[0])
    if mode != "wal":
        return bad(
            f"日志模式是 {mode}",
            "被别的程序改过，或者放在不支持 WAL 的网络盘上",
            "放到本机的盘上，用 jianliu run 打开一次，不要用别的程序写它",
        )
    return None


def _postgres(case: Case, db: Unit) -> Finding | None:
    if db.drive("SELECT pg_is_in_recovery()").fetchone()[0]:
        return bad("连到的是只读副本", "database.url 指到了备库", "改成主库的地址")
    now = EPOCH + db.drive(_PG_NOW).fetchone()[0] * MICROSECOND
    if abs(now - case.now()) > NOTICEABLE:
        seconds = abs(now - case.now()).total_seconds()
        return warn(
            f"数据库的时间和这台机器差 {seconds:.0f} 秒",
            "所有进程以数据库的时间为准",
            f"在数据库那台机器上：{SYNC}",
        )
    return None


def _revision(db: Unit) -> Finding:
    known, present = revisions(), revision(db)
    if present == known[0]:
        return good(f"{db.dialect.name}，可以写，表结构 {present} 是最新的")
    if present not in known:
        return warn(
            f"表结构 {present} 比程序新", "程序退回过旧版本", "确认是有意的；不是就换上新版本"
        )
    return bad(
        f"表结构是 {present}，程序要 {known[0]}",
        "升级程序后还没有升级数据库",
        "jianliu backup，再 jianliu migrate",
    )


async def disk(case: Case) -> Finding:
    """Whether a SQLite database has room to grow."""
    if case.file is None:
        return skipped("PostgreSQL 的磁盘在数据库那台机器上看")
    folder = case.file.absolute().parent
    if not folder.exists():
        return skipped("还没有数据库")
    free = shutil.disk_usage(folder).free
    fix = f"清理 {folder} 所在的盘：旧的 .backup、…before-restore-…"
    if free < LITTLE:
        return bad(f"只剩 {free // MB} MB", "再少就写不进去，平台的消息会被退回", fix)
    if free < ENOUGH:
        return warn(f"只剩 {free // MB} MB", "不到 200 MB 时服务就不接活了", fix)
    return good(f"还有 {free // MB:,} MB")


async def backups(case: Case) -> Finding:
    """How old the newest backup in the usual places is."""
    return await asyncio.to_thread(_backups, case)


def _backups(case: Case) -> Finding:
    if case.file is not None and not case.file.exists():
        return skipped("还没有数据库")
    folders = {Path().absolute()} | ({case.file.absolute().parent} if case.file else set())
    kept = [one for folder in folders for one in folder.glob("*.backup")]
    daily = "jianliu backup /另一块盘/今天.backup，放进每天的 cron，再复制到别的机器"
    if not kept:
        return warn(
            "当前目录和数据库旁边没有 .backup", "没有备份，或者放在了别处（那就不用管）", daily
        )
    newest = max(kept, key=lambda one: one.stat().st_mtime)
    age = case.now().timestamp() - newest.stat().st_mtime
    days = int(age // 86_400)
    if age > DAYS.total_seconds():
        return warn(f"最新的 {newest.name} 是 {days} 天前的", "超过一周", daily)
    return good(f"{newest.name}，{days} 天前")
