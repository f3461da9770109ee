"""A reason with a date in it: "新规施行 从 2026-12-01 起", "12月1号9点起生效"."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.errors import Refusal

NOON = 12
_NEAR = {"今": 0, "明": 1, "后": 2, "大": 3}
"""Days from today, by the first character of 今天, 明天, 后天, 大后天."""
_DAY = (
    r"(?:(?P<near>[今明][天日]|大?后天)"
    r"|(?:(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]"
    r"|(?P<next>\d{1,2})\s*月)\s*(?P<day>\d{1,2})\s*[日号]?)"
)
_TIME = (
    r"(?:(?P<half>[上下]午|早上)?\s*(?P<hour>\d{1,2})\s*[:点时]\s*(?P<minute>\d{1,2}|半)?\s*分?)"
)
_SINCE = re.compile(
    rf"(?<![\d年./-])(?:[从自]\s*)?{_DAY}\s*(?:{_TIME}\s*)?(?:正式|起|开始|生效|执行|施行)+"
)
_DATED = (
    r"\d\s*[年月日号]|\d{4}\s*[-/.]|\d{8}|\d\s*[点时:]|[一二三四五六七八九十]\s*[月号]"
    r"|[今明后][天日早晚年]|[下本]?(?:周|星期|礼拜)[一二三四五六日天末]|下个?月|[月年][初底末]"
    r"|元旦|春节|国庆"
)
_LOOSE = re.compile(
    rf"[从自]\s*\d{{0,8}}(?:{_DATED})"
    rf"|(?:{_DATED}|\d[-/.]\d)[^,。;!?]{{0,8}}?(?:(?<!一)起|开始|生效|执行|施行)"
)
"""What may well be meant as a date; taking it for a reason would publish at once (B81)."""


class BadDate(Refusal):
    """Words that look like the moment a rule begins, and cannot be read as one."""

    code = "rule_bad_date"
    text = (
        "看不懂从什么时候起：「{words}」，没有发布。要写成：从 2026-12-01 起，"
        "或 从 12月1日 9点 起；说的不是生效时间，请换个写法。"
    )


def split(words: str, zone: ZoneInfo, now: datetime) -> tuple[str, datetime | None]:
    """The reason without its date, and the moment it names: midnight unless it has a time.

    A date without a year is the next such one, and today is now.

    Raises:
        BadDate: a date that does not exist, or words that may mean one.
    """
    plain = "".join(map(_plain, words))
    found = _SINCE.search(plain)
    if found is None:
        _no_date_in(plain)
        return words.strip(), None
    _no_date_in(f"{plain[: found.start()]},{plain[found.end() :]}")
    rest = f"{words[: found.start()]} {words[found.end() :]}"
    return " ".join(rest.split()).strip(" ，,。；;"), _moment(found, now.astimezone(zone))


def _plain(character: str) -> str:
    """Its NFKC form where that is one character, so that places stay the same."""
    wide = unicodedata.normalize("NFKC", character)
    return wide if len(wide) == 1 else character


def _no_date_in(words: str) -> None:
    if (found := _LOOSE.search(words)) is not None:
        raise BadDate(words=found[0])


def _moment(found: re.Match[str], now: datetime) -> datetime:
    try:
        day = _day(found, now.date())
        if found["hour"] is None:
            return now if day == now.date() else datetime.combine(day, time(), now.tzinfo)
        hour = int(found["hour"])
        minute = 30 if found["minute"] == "半" else int(found["minute"] or 0)
        afternoon = found["half"] == "下午" and hour < NOON
        return datetime.combine(day, time(hour + NOON * afternoon, minute), now.tzinfo)
    except ValueError as wrong:
        raise BadDate(words=found[0]) from wrong


def _day(found: re.Match[str], today: date) -> date:
    if found["near"]:
        return today + timedelta(_NEAR[found["near"][0]])
    if found["year"]:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    day = date(today.year, int(found["next"]), int(found["day"]))
    return day if day >= today else day.replace(year=today.year + 1)
