"""Keeping the database small and quick, with nobody watching."""

from __future__ import annotations

from datetime import timedelta

from cards import lead_news, media, old
from engine import blobs, retention
from sales import hook_leads, lead_expiry
from sales.rules.retention import RETENTION
from scheduler.api import More, Tick, job

OPTIMIZE = ("PRAGMA analysis_limit = 400", "PRAGMA optimize")
"""Looks at 400 rows of an index at most, so that the writer is held up for milliseconds."""


@job("20 3 * * *", name="retention", max_age=timedelta(hours=20), background=True)
def clean_up(tick: Tick) -> str | More:
    """Delete what has served its time: done work, old slots, web hooks nobody sends again.

    Who is kept for an invalid lead only is erased one by one, after this.
    """
    rule = tick.rules.at(RETENTION, tick.now).body
    kept = rule.kept
    swept = retention.sweep_jobs(tick.db, kept, after=tick.so_far.get("after", 0), now=tick.now)
    deleted = tick.so_far.get("deleted", 0) + swept.deleted
    if swept.after is not None:
        return More({"after": swept.after, "deleted": deleted})
    slots = retention.sweep_slots(tick.db, kept, now=tick.now)
    hooks = hook_leads.sweep(tick.db, now=tick.now)
    people = lead_expiry.ask(tick.db, before=tick.now - rule.invalid, now=tick.now)
    also = f"，抹掉 {people} 位联系人" if people else ""
    return f"清理 {deleted + slots + hooks:,} 行{also}"


@job("35 3 * * *", name="old-cards", max_age=timedelta(hours=20), background=True)
def put_away_cards(tick: Tick) -> str | More:
    """Delete cards nobody has touched for three months; a press on one is answered politely."""
    swept = old.sweep(tick.db, after=tick.so_far.get("after", ""), now=tick.now)
    deleted = tick.so_far.get("deleted", 0) + swept.deleted
    if swept.after is not None:
        return More({"after": swept.after, "deleted": deleted})
    return f"清理 {deleted:,} 张旧卡片"


@job("50 3 * * *", name="database-upkeep", max_age=timedelta(hours=20), background=True)
def look_after_database(tick: Tick) -> str:
    """Let SQLite renew what it knows about its tables; PostgreSQL does so by itself."""
    if tick.db.dialect.name != "sqlite":
        return "PostgreSQL 自己维护"
    for pragma in OPTIMIZE:
        tick.db.drive(pragma)
    return "查询统计已更新"


@job("7 * * * *", name="upkeep", background=True)
def put_away(tick: Tick) -> str:
    """Put away what has ended by itself: shared values, files, runs that nobody has claimed.

    Of an import that was killed, say what it has brought.
    """
    files = blobs.sweep(tick.db, now=tick.now) + media.sweep(tick.db, now=tick.now)
    ended = retention.sweep_shared(tick.db, now=tick.now)
    unclaimed = retention.sweep_unclaimed(tick.db, now=tick.now)
    told = lead_news.tell_left(tick.db, zone=tick.calendar.zone, now=tick.now)
    words = f"收走 {ended} 个过期令牌、{files} 个过期文件、{unclaimed} 次没人认领的任务"
    return f"{words}，补说 {told} 条导入的线索" if told else words
