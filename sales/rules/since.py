"""A reason with a date in it: "新规施行 从 2026-12-01 起"."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.errors import Refusal

_SINCE = re.compile(
    r"从\s*(?P<date>\d[\d年月\-/.]*日?)\s*(?:(?P<time>\d{1,2}[:：]\d{2})\s*)?(?:起|开始)(?:生效|执行)?"
)


class BadDate(Refusal):
    """The words after 从 are no date."""

    code = "rule_bad_date"
    text = "看不懂「{words}」。要写成：从 2026-12-01 起，或 从 2026-12-01 09:00 起。"


def split(words: str, zone: ZoneInfo) -> tuple[str, datetime | None]:
    """The reason without its date, and the moment it names: midnight unless it has a time.

    Raises:
        BadDate: a date that does not exist, or not one of a year.
    """
    found = _SINCE.search(words)
    if found is None:
        return words.strip(), None
    rest = f"{words[: found.start()]} {words[found.end() :]}"
    return " ".join(rest.split()).strip(" ，,。；;"), _moment(found, zone)


def _moment(found: re.Match[str], zone: ZoneInfo) -> datetime:
    time = (found["time"] or "0:00").replace("：", ":")
    try:
        year, month, day = map(int, re.findall(r"\d+", found["date"]))
        hour, minute = map(int, time.split(":"))
        return datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError as wrong:
        raise BadDate(words=found[0]) from wrong
