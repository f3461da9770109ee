"""How numbers and dates read in every text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

FEN = 100
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TENTH, TENTHS_BELOW = 0.1, 10
"""Seconds between which tenths say something."""

FIELD_NAMES: Mapping[str, str] = {
    "contact": "联系人",
    "phone": "电话",
    "address": "地址",
    "region": "区域",
    "industry": "行业",
    "size_band": "规模",
    "credit_code": "信用代码",
    "rating": "信用评级",
}
"""A customer's fields as people call them, the most wanted first."""

PLATFORMS: Mapping[str, str] = {
    "wecom": "企业微信", "dingtalk": "钉钉", "wecom_bot": "企业微信机器人",
}  # fmt: skip
"""The platforms and channels as people call them."""

MORE = "还有更多，请多打几个字"
"""Said where a list to pick from was cut."""


def yuan(fen: int) -> str:
    """An amount in 分 as people read it: 1234567 → "¥12,345.67", whole yuan without ".00"."""
    whole, rest = divmod(fen, FEN)
    return f"¥{whole:,}.{rest:02d}" if rest else f"¥{whole:,}"


def day(when: date) -> str:
    """A date as people read it: "2026-11-23"."""
    return f"{when:%Y-%m-%d}"


def near(when: date, today: date) -> str:
    """A date somebody has in mind: "12-01", with its year if that is not this one."""
    return f"{when:%m-%d}" if when.year == today.year else day(when)


def span(time: timedelta) -> str:
    """How long something took or waits, in its largest unit: "0.4 秒", "8 分钟", "3 天"."""
    seconds = time.total_seconds()
    for unit, words in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {words}"
    if seconds < TENTH:
        return "0.1 秒内"
    return f"{seconds:.1f} 秒" if seconds < TENTHS_BELOW else f"{seconds:.0f} 秒"


def exact_span(time: timedelta) -> str:
    """Fine enough to be held against a target: "23.4 分钟", "8 小时 12 分钟", "2 天 19 小时"."""
    if time < HOUR:
        return f"{time / MINUTE:.1f}".removesuffix(".0") + " 分钟"
    if time < DAY:
        return f"{time // HOUR} 小时 {time % HOUR // MINUTE} 分钟"
    return f"{time // DAY} 天 {time % DAY // HOUR} 小时"


def masked(name: str) -> str:
    """A person's name for those who need not know it: "张三" → "张*"."""
    return f"{name[:1]}*"
