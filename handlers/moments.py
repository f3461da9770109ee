"""Moments and spans as people write them: "2026-11-23 10:30", "昨天 18:00", "2小时前", "30天"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.errors import Refusal

DAYS = {"明天": -1, "今天": 0, "昨天": 1, "前天": 2}
_DATE = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_AGO = re.compile(
    r"(\d{1,4}|[半一二两三四五六七八九十])\s*个?\s*(分钟|小时|天)(?:之|以)?前", re.ASCII
)
_UNITS = {
    "分钟": timedelta(minutes=1), "小时": timedelta(hours=1), "天": timedelta(days=1),
}  # fmt: skip
_COUNTS: Mapping[str, float] = {
    "半": 0.5,
    "两": 2,
    **{word: n for n, word in enumerate("一二三四五六七八九十", 1)},
}
_JUST = frozenset({"", "现在", "刚才", "刚刚"})
_DAYS = re.compile(r"(\d{1,3})\s*天?", re.ASCII)
LONGEST = 366
"""Days one may look back."""
MONTH = "30天"
_HALF_YEAR = timedelta(days=183)
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?", re.ASCII)


class NoMoment(Refusal):
    """The words name no day and time."""

    code = "no_moment"
    text = "看不懂时间「{words}」，请写成 2026-11-23 10:30 的样子，只写日期就是那天结束时。"


class NoDays(Refusal):
    """How far to look back is a number of days."""

    code = "no_days"
    text = "「{words}」不是天数，可以写 1 到 {most} 天，如 {line}。"


def days(words: str, line: str) -> int:
    """A number of days to look back; `line` is how the command would be written.

    Raises:
        NoDays: it is none, or none one may look back.
    """
    said = _DAYS.fullmatch(words.strip())
    if said is None or not 1 <= int(said[1]) <= LONGEST:
        raise NoDays(words=words[:20], most=LONGEST, line=line)
    return int(said[1])


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


def past(words: str, now: datetime, zone: ZoneInfo) -> datetime:
    """When something happened: "昨天 15:00", "11-20", "2小时前", "15:00"; no words mean now.

    A day without a time is its end, today's is now. A day without a year more than half a year
    ahead was last year's.

    Raises:
        NoMoment: the words are no moment.
    """
    plain = words.strip()
    if plain in _JUST:
        return now
    if (ago := _AGO.fullmatch(plain)) is not None:
        count = _COUNTS.get(ago[1]) or int(ago[1])
        return now - count * _UNITS[ago[2]]
    today = now.astimezone(zone).date()
    if _TIME.fullmatch(plain):
        plain = f"今天 {plain}"
    meant = moment(plain, today, zone)
    if meant.date() == today and not timed(plain):
        return now
    year = _DATE.match(plain)
    if year is not None and year[1] is None and meant - now > _HALF_YEAR:
        return moment(f"{today.year - 1}-{plain}", today, zone)
    return meant


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
