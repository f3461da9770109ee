"""What a platform sells by the month: how much is used, and what we do to make it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cards.model import Button, Card
from cards.words import PLATFORMS
from engine import quota
from engine.calendar import Calendar
from engine.quota import CALLS, CHINA, PUSHES, Meter
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales import economy
from sales.economy import Step
from sales.rules.quota import QUOTA

HEALTH = "health.show"
KINDS: Mapping[str, str] = {CALLS: "接口调用", PUSHES: "收到的推送"}
STEPS: Mapping[Step, str] = {
    Step.FULL: "照常发送",
    Step.MERGED: "提醒合并成每天两次的汇总",
    Step.PLAIN: "提醒合并成汇总，不用处理的卡片改发普通消息",
    Step.ESSENTIAL: "只发本人要的和等人决定的，其余等到下个月",
}
"""What a step does, in words."""
MORE = "不够用可以在钉钉管理后台升级或加购，再改 config.toml 里的 dingtalk.monthly_calls。"
WAITS = "没发出的都留着，每小时试一次，下个月 1 日自动补发。企业里别的应用也用同一份额度。"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A meter with what the month will come to, and the step it has led to."""

    meter: Meter
    forecast: int
    step: Step


def gauges(db: Unit, rules: Rulebook, calendar: Calendar, *, now: datetime) -> list[Gauge]:
    """All that is sold by the month, with its forecast and step."""
    today, steps = now.astimezone(CHINA).date(), rules.at(QUOTA, now).body
    return [
        Gauge(meter, economy.forecast(meter, calendar, today), economy.of(meter, steps))
        for meter in quota.meters(db, now=now)
    ]


def name(meter: Meter) -> str:
    """What is counted: "钉钉接口调用"."""
    platform = meter.account.partition(":")[0]
    return f"{PLATFORMS.get(platform, platform)}{KINDS.get(meter.kind, meter.kind)}"


def words(gauge: Gauge) -> str:
    """How much: "3,512 / 5,000（70%），预计本月 4,900"."""
    meter = gauge.meter
    used = f"{meter.used:,} / {meter.most:,}（{meter.percent}%）"
    return f"{used}，预计本月 {gauge.forecast:,}"


def todo(gauge: Gauge) -> str:
    """What is done and what to do about it; "" while there is enough."""
    if gauge.step is Step.FULL:
        return ""
    if gauge.meter.kind == PUSHES:
        return "推送用完后收不到消息和卡片点击，" + MORE.replace("calls", "pushes")
    return f"{STEPS[gauge.step]}。{MORE}"


def notice(gauge: Gauge, key: str) -> Card:
    """Said to the administrators when another step is reached."""
    return Card(
        key=key,
        title=f"{name(gauge.meter)}用到 {gauge.meter.percent}%",
        facts=(
            ("已用", f"{gauge.meter.used:,} / {gauge.meter.most:,}"),
            ("预计本月", f"{gauge.forecast:,}"),
            *([("现在起", STEPS[gauge.step])] if gauge.meter.kind == CALLS else []),
        ),
        quote=todo(gauge) if gauge.meter.kind == PUSHES else MORE,
        buttons=(Button("看体检", HEALTH, fresh=True),),
        tone="bad" if gauge.step is Step.ESSENTIAL else "warning",
    )


def used_up(meter: Meter, key: str) -> Card:
    """Said when the platform itself turns calls away, whatever we have counted."""
    return Card(
        key=key,
        title=f"{name(meter)}本月用完了",
        facts=(("我们记的", f"{meter.used:,} / {meter.most:,}"),),
        quote=WAITS + MORE,
        buttons=(Button("看体检", HEALTH, fresh=True),),
        tone="bad",
    )
