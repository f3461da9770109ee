"""`/体检`: what is wrong first, each with what to do, then what is in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cards import quota, unreached
from cards.model import Button, Card
from cards.quota import Gauge
from cards.unreached import NOBODY, Unreached
from cards.words import day, span
from engine.runs import Record
from engine.slots import LANE
from engine.vitals import Vitals

SHOW = "health.show"
TOO_LONG = timedelta(minutes=5)
"""What is due is begun within seconds; after this somebody should look."""
STOPPED = timedelta(hours=2)
"""The most frequent regular job comes every hour."""
SHOWN = 8
"""Regular jobs on the card; it has no room for more."""
MB = 1_000_000

JOB_NAMES: Mapping[str, str] = {
    "audit-anchor": "核对并留底留痕",
    "calendar-coverage": "日历到期提醒",
    "database-upkeep": "数据库维护",
    "lead-times": "线索时效",
    "morning": "每日待办",
    "old-cards": "清理旧卡片",
    "retention": "清理旧数据",
    "unreached": "还收不到消息的同事",
    "upkeep": "收走过期的东西",
    "directory-sync": "通讯录同步",
}
"""The regular jobs as people call them."""
DATABASES: Mapping[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
LANES: Mapping[str, str] = {
    "inbox": "收到的消息",
    "outbox:wecom": "发往企业微信",
    "outbox:dingtalk": "发往钉钉",
    "timer": "到期提醒",
    "erasures": "删除名单",
    "directory": "读通讯录",
    "slow": "收到的文件",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked at; `size` is the database's in bytes.

    `covered` is until when the working calendar is known, `missing` the year somebody has to
    bring, if any.
    """

    database: str
    size: int
    vitals: Vitals
    regular: tuple[Record, ...]
    covered: date | None
    missing: int | None
    gauges: tuple[Gauge, ...] = ()
    unreached: Unreached = NOBODY


@dataclass(frozen=True, slots=True)
class _Point:
    """One thing looked at; `todo` is what to do about it, "" when it is in order."""

    name: str
    state: str
    todo: str = ""


def report(found: Found, *, now: datetime, zone: ZoneInfo, flow: str) -> Card:
    """The state of the deployment on one card."""
    points = sorted(_points(found), key=lambda point: not point.todo)
    regular = _regular(found.regular, now)
    told = (*points, *_unreached(found.unreached), *_gauges(found.gauges), *regular)
    ill = [point for point in told if point.todo]
    runs = sorted(found.regular, key=lambda record: not record.failed)
    lines = [f"【{point.name}】{point.todo}" for point in ill]
    room = max(SHOWN - len(ill), 1)
    lines += [_run(record, now.astimezone(zone)) for record in runs[:room]]
    lines += [f"另有 {len(runs) - room} 个任务"] if len(runs) > room else []
    lines += [f"○ {quota.name(one.meter)} {quota.words(one)}" for one in found.gauges]
    return Card(
        key=flow,
        title=f"体检：{len(ill)} 处要处理" if ill else "体检：一切正常",
        facts=tuple((point.name, point.state) for point in points),
        quote="\n".join(lines),
        buttons=(Button("再查一次", SHOW),),
        tone="bad" if ill else "good",
    )


def lane_name(lane: str) -> str:
    """A job lane as people call it."""
    if lane.startswith(LANE):
        job = lane.removeprefix(LANE)
        return JOB_NAMES.get(job, job)
    return next((words for name, words in LANES.items() if lane.startswith(name)), lane)


def _points(found: Found) -> list[_Point]:
    lanes = found.vitals.lanes
    return [
        _Point("数据库", f"{DATABASES[found.database]}，{found.size / MB:,.1f} MB"),
        _processes(found.vitals),
        _backlog(found.vitals),
        _failed("死信", sum(lane.dead for lane in lanes)),
        _failed("不确定", sum(lane.uncertain for lane in lanes)),
        _calendar(found),
    ]


def _gauges(found: Iterable[Gauge]) -> list[_Point]:
    """What is sold by the month."""
    return [_Point(quota.name(one.meter), quota.words(one), quota.todo(one)) for one in found]


def _unreached(found: Unreached) -> list[_Point]:
    """Whom the smart bot cannot write to."""
    return [_Point("机器人", "有人收不到", unreached.words(found))] if found.names else []


def _processes(vitals: Vitals) -> _Point:
    count = sum(vitals.processes.values())
    versions = sorted({version for _, version in vitals.processes})
    words = f"{count} 个，版本 {'、'.join(versions)}" if count else "还没有报到"
    if len(versions) > 1:
        return _Point("进程", words, "版本不一致，升级完应只剩一个。")
    return _Point("进程", words)


def _backlog(vitals: Vitals) -> _Point:
    late = [
        f"{lane_name(one.name)} {one.open} 条，等了 {span(one.late)}"
        for one in vitals.lanes
        if one.late > TOO_LONG
    ]
    if vitals.reminders_late > TOO_LONG:
        late.append(f"到期提醒 {vitals.overdue} 条，晚了 {span(vitals.reminders_late)}")
    if not late:
        return _Point("积压", "没有")
    todo = "看日志有没有报错，worker 还在不在；恢复后会补上。"
    return _Point("积压", "；".join(late), todo)


def _failed(name: str, count: int) -> _Point:
    if not count:
        return _Point(name, "没有")
    return _Point(name, f"{count} 条", "请管理员发送 /死信 逐条处理。")


def _calendar(found: Found) -> _Point:
    words = "还没有导入" if found.covered is None else f"到 {day(found.covered)}"
    if found.missing is None:
        return _Point("日历", words)
    todo = f"{found.missing} 年的放假通知要导入：jianliu calendar import 通知.txt"
    return _Point("日历", words, todo)


def _regular(records: Iterable[Record], now: datetime) -> list[_Point]:
    """What is wrong with the regular jobs."""
    points = [
        _Point(JOB_NAMES[one.job], "失败", f"找到原因后补跑：jianliu jobs --run {one.job}")
        for one in records
        if one.failed
    ]
    newest = max((one.newest for one in records if one.newest is not None), default=now)
    if now - newest > STOPPED:
        todo = f"{span(now - newest)}没有动静，重启 worker 进程。"
        points.append(_Point("定时任务", "停了", todo))
    return points


def _run(record: Record, now: datetime) -> str:
    """How a regular job went last; a run of today needs no date. `now` is in the reader's zone."""
    name, last = JOB_NAMES[record.job], record.last
    if last is None:
        return f"○ {name} 还没有跑过"
    mark = "×" if record.failed else "✓"
    often = f"，7 天内失败 {record.failures} 次" if record.failures else ""
    at = last.slot.astimezone(now.tzinfo)
    when = f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"
    return f"{mark} {name} {when} 用时 {span(last.took)}，{last.detail}{often}"
