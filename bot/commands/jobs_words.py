"""Regular jobs as people and programs read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cards.health import JOB_NAMES
from cards.words import span
from engine.runs import Record, Run
from engine.slots import Outcome

OUTCOMES = {Outcome.DONE: "成功", Outcome.FAILED: "失败", Outcome.SKIPPED: "跳过"}
DAYS = dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "一二三四五六日", strict=True))
AT = r"(?P<minute>\d+) (?P<hour>\d+)"
PATTERNS = (
    (r"\* \* \* \* \*", "每分钟"),
    (r"\*/(?P<step>\d+) \* \* \* \*", "每 {step} 分钟"),
    (r"(?P<minute>\d+) \* \* \* \*", "每小时第 {minute} 分"),
    (rf"{AT} \* \* \*", "每天 {time}"),
    (rf"{AT} (?P<day>\d+) \* \*", "每月 {day} 日 {time}"),
    (rf"{AT} \* \* (?P<from>[a-z]+)-(?P<to>[a-z]+)", "周{from}到周{to} {time}"),
    (rf"{AT} \* \* (?P<on>[a-z]+)", "每周{on} {time}"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One regular job: when it runs, and what is known of its runs."""

    expression: str
    following: datetime | None
    record: Record

    def facts(self, zone: ZoneInfo) -> dict[str, Any]:
        """For programs; times in the business zone."""
        last = self.record.last
        return {
            "name": self.record.job, "title": JOB_NAMES[self.record.job],
            "expression": self.expression, "words": rule_words(self.expression),
            "next": _iso(self.following, zone),
            "last": None if last is None else run_facts(last, zone),
            "failures_7d": self.record.failures,
        }  # fmt: skip

    def words(self, zone: ZoneInfo) -> str:
        """For people, on three lines."""
        last, failures = self.record.last, self.record.failures
        came = "还没有跑过" if last is None else run_words(last, zone)
        often = f"；7 天内失败 {failures} 次" if failures else ""
        following = "没有" if self.following is None else _moment(self.following, zone)
        return (
            f"{self.record.job}  {JOB_NAMES[self.record.job]}\n"
            f"    {rule_words(self.expression)}，下次 {following}\n"
            f"    上次 {came}{often}"
        )


def rule_words(expression: str) -> str:
    """A cron expression as people say it: "50 8 * * mon-fri" is 周一到周五 08:50."""
    for pattern, words in PATTERNS:
        if (match := re.fullmatch(pattern, expression)) is not None:
            found = {name: DAYS.get(part, part) for name, part in match.groupdict().items()}
            at = f"{found.get('hour', ''):0>2}:{found.get('minute', ''):0>2}"
            return words.format(**found, time=at)
    return expression


def run_words(run: Run, zone: ZoneInfo) -> str:
    """What came of a run."""
    detail = f"，{run.detail}" if run.detail else ""
    return f"{_moment(run.slot, zone)} {OUTCOMES[run.outcome]}，用时 {span(run.took)}{detail}"


def run_facts(run: Run, zone: ZoneInfo) -> dict[str, Any]:
    """The same for programs."""
    return {
        "slot": _iso(run.slot, zone), "outcome": run.outcome.value, "detail": run.detail,
        "seconds": run.took.total_seconds(),
    }  # fmt: skip


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M}"


def _iso(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat()
