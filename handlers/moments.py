"""Moments as people write them: "2026-11-23 10:30", "11-23", "昨天 18:00"."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.errors import Refusal

DAYS = {"明天": -1, "今天": 0, "昨天": 1, "前天": 2}
_DATE = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?", re.ASCII)


class NoMoment(Refusal):
    """The words name no day and time."""

    code = "no_moment"
    text = "看不懂时间「{words}」，请写成 2026-11-23 10:30 的样子，只写日期就是那天结束时。"


def timed(words: str) -> bool:
    """Whether the words name a time of day, not only a day."""
    return _TIME.search(words) is not None


def split(when: str, rest: str) -> tuple[str, str]:
    """A time of day that stands at the beginning of `rest` belongs to `when`."""
    first, _, others = rest.strip().partition(" ")
    return (f"{when} {first}", others.strip()) if _TIME.fullmatch(first) else (when, rest)


def moment(words: str, today: date, zone: ZoneInfo) -> datetime:
    """The moment meant; a day without a time is its end, a day without a year is this year's.

    Raises:
        NoMoment: the words are no moment.
    """
    day, _, clock = words.strip().partition(" ")
    try:
        return datetime.combine(_day(day, today), _time(clock.strip()), zone)
    except ValueError:
        raise NoMoment(words=words) from None


def start(words: str, today: date, zone: ZoneInfo) -> datetime:
    """The moment meant; a day without a time is its beginning.

    Raises:
        NoMoment: the words are no moment.
    """
    meant = moment(words, today, zone)
    return meant if " " in words.strip() else datetime.combine(meant, time.min, zone)


def _day(words: str, today: date) -> date:
    if words in DAYS:
        return today - timedelta(days=DAYS[words])
    if (read := _DATE.fullmatch(words)) is None:
        raise ValueError(words)
    return date(int(read[1] or today.year), int(read[2]), int(read[3]))


def _time(words: str) -> time:
    if not words:
        return time.max
    if (read := _TIME.fullmatch(words)) is None:
        raise ValueError(words)
    return time(int(read[1]), int(read[2]), int(read[3] or 0))
