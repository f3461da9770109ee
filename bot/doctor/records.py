"""What the database has on record: the scheduler, the trail, what DingTalk sent lately."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.doctor.finding import Case, Finding, bad, good, skipped, warn
from bot.heads import place, read
from bot.inbox import LANE
from cards.audit import HOW
from cards.health import JOB_NAMES, STOPPED
from cards.quota import name
from engine import audit, runs, workers
from engine import quota as meter
from engine.audit import START
from engine.jobs import JOB
from engine.unit import Unit

LATELY = timedelta(days=7)
ROWS = 2_000
"""Rows of the trail that are checked, the newest."""
EVENTS = 300
"""Events looked at, the newest."""
NEARLY = 70
"""Percent of the month's calls or pushes from which on somebody should think of more."""


async def scheduler(case: Case) -> Finding:
    """Whether what happens by itself does happen."""
    now = case.now()

    def look(db: Unit) -> Finding:
        if not workers.running(db, now=now):
            return skipped("没有建流进程在运行")
        records = [runs.record(db, job, since=now - LATELY) for job in JOB_NAMES]
        failed = [one.job for one in records if one.failed]
        if failed:
            names = "、".join(JOB_NAMES[job] for job in failed)
            return warn(
                f"上次没有成功：{names}",
                "原因在 jianliu jobs 里",
                f"找到原因后补跑：jianliu jobs --run {failed[0]}",
            )
        newest = max((one.newest for one in records if one.newest is not None), default=now)
        if now - newest > STOPPED:
            hours = (now - newest) // timedelta(hours=1)
            return bad(
                f"{hours} 小时没有动静",
                "没有 worker 在跑，或者它卡住了",
                "重启 jianliu run（--role all 或 worker）",
            )
        return good(f"{len(records)} 个定时任务，上次都成功")

    return await case.reading(look)


async def trail(case: Case) -> Finding:
    """Whether the newest rows of the trail, and every head kept outside, are as written."""

    def look(db: Unit) -> Finding:
        end = audit.head(db)
        wrong = audit.check(db, audit.at(db, end.seq - ROWS) or START)[1]
        file = place(case.settings, case.database)
        kept = list(read(file)) if file is not None and file.exists() else []
        wrong = wrong or audit.compare(db, kept)
        if wrong is not None:
            return bad(
                f"留痕对不上：{HOW[wrong.how].format(seq=wrong.seq)}",
                "有人直接改过数据库",
                "先别重启和清理，备份数据库和留底文件，再 jianliu audit verify",
            )
        return good(f"最近 {min(end.seq, ROWS):,} 条完整，对上 {len(kept):,} 条留底")

    return await case.reading(look)


async def published(case: Case) -> Finding:
    """Whether DingTalk tells who is speaking: it does once the robot has a published version."""
    if case.settings.dingtalk is None:
        return skipped("没有配置钉钉")
    return await case.reading(_published)


def _published(db: Unit) -> Finding:
    told = _told(db)
    if not told:
        return skipped("还没有收到过钉钉的消息，发一句 /帮助 再来看")
    if told[0] == "not_published":
        return bad(
            "钉钉没有告诉我们是谁在说话",
            "机器人还没有发布版本",
            "开发者后台 → 您的应用 → 版本管理与发布，发布一个版本",
        )
    return good("最近的消息都知道是谁发的")


async def quota(case: Case) -> Finding:
    """Whether DingTalk has stopped delivering because the month's pushes are used up."""
    if case.settings.dingtalk is None:
        return skipped("没有配置钉钉")
    now = case.now()

    def look(db: Unit) -> Finding:
        told = _told(db)
        if told[:1] == ["over_quota"]:
            return bad(
                "钉钉停止推送消息了（20001）",
                "本月的 Webhook 和 Stream 次数用完了",
                "等下个月，或在钉钉管理后台买增购包、升级版本",
            )
        short = [one for one in meter.meters(db, now=now) if one.percent >= NEARLY]
        if short:
            return warn(
                "、".join(f"{name(one)}用了 {one.percent}%" for one in short),
                "本月额度不多了，建流已经在省着用",
                "聊天里发 /体检 看预计；不够就升级或加购，再改 dingtalk.monthly_calls",
            )
        return good("没有收到过额度用完的通知") if told else skipped("还没有收到过钉钉的消息")

    return await case.reading(look)


def _told(db: Unit) -> list[str]:
    """Of each of the newest DingTalk messages what we made of it, the newest first."""
    rows = db.execute(
        select(JOB.c.payload).where(JOB.c.lane == LANE).order_by(JOB.c.id.desc()).limit(EVENTS)
    ).all()
    messages = [row.payload for row in rows if row.payload.get("platform") == "dingtalk"]
    return [_sort(one) for one in messages]


def _sort(payload: dict[str, Any]) -> str:
    """The word an event without a command was stored under, else the kind of the event."""
    named = payload.get("kind") in {"other", "event"}
    return str(payload.get("text" if named else "kind") or "other")
