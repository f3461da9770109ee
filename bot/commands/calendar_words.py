"""What `jianliu calendar` says: an import and a year, in words for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from connectors.notice import WEEKDAYS, Notice
from engine.calendar import ONE_DAY, Calendar, Quality, dates_of
from engine.calendar_days import Change


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did or would do.

    `kept` are days on which the company's own word stands against the notice, `until` is the
    last day up to which everything is known from today on. `moved` counts the pending
    deadlines that fall due at another moment now.
    """

    notice: Notice
    change: Change
    kept: tuple[date, ...]
    until: date | None
    moved: int
    dry_run: bool

    def facts(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "year": self.notice.year, "dry_run": self.dry_run, "changed": self.change.flipped,
            "settled": len(self.change.settled), "kept": self.kept,
            "missing": self.notice.missing, "covered_until": self.until,
            "deadlines_moved": self.moved,
        }  # fmt: skip

    def words(self) -> str:
        """The report as a person reads it."""
        change, year = self.change, self.notice.year
        lines = [f"{'检查通过，还没有写入' if self.dry_run else '已导入'}：{self.notice.title}"]
        if not change.dates:
            lines.append("没有变化")
        if change.settled:
            lines.append(f"{len(change.settled)} 天由暂定变为正式")
        if change.flipped:
            said = self.notice.days
            lines.append(f"{len(change.flipped)} 天与原来不同：")
            for works, verb in ((False, "休息"), (True, "上班")):
                some = [day for day in change.flipped if said[day].is_workday is works]
                lines += [f"  {verb}：{_runs(some, year)}"] if some else []
        if self.kept:
            lines.append(f"公司自己定的日子没有动：{_runs(self.kept, year)}")
        if self.moved:
            lines.append(f"{self.moved} 个按工作时间的时限重新算过")
        if self.notice.missing:
            missing = "、".join(self.notice.missing)
            lines.append(f"通知里没有{missing}，{year}年的其余日子仍是暂定，请补全后再导一次")
        lines.append(f"正式安排到 {self.until}" if self.until else "今天还没有正式安排")
        return "\n".join(lines)


def year_facts(calendar: Calendar, year: int) -> dict[str, Any]:
    """A year as JSON: what is counted, and every day that has a name."""
    dates = dates_of(year)
    known = [calendar.day(day) for day in dates]
    return {
        "year": year,
        "workdays": sum(it.is_workday for it in known),
        "derived": sum(it.quality is Quality.DERIVED for it in known),
        "days": [
            {"day": day, "is_workday": it.is_workday, "name": it.name, "quality": it.quality}
            for day, it in zip(dates, known, strict=True)
            if it.name
        ],
    }


def year_words(calendar: Calendar, year: int) -> str:
    """A year as a person reads it: one line for each holiday."""
    facts = year_facts(calendar, year)
    lines = [f"{year}年：{facts['workdays']} 个工作日"]
    if facts["derived"]:
        lines.append(f"{facts['derived']} 天还没有正式安排，按周一至周五上班推算（暂定）")
    named: dict[str, tuple[list[date], list[date]]] = {}
    for it in facts["days"]:
        named.setdefault(it["name"], ([], []))[it["is_workday"]].append(it["day"])
    for name, (off, worked) in named.items():
        parts = [
            f"{_runs(some, year)}{verb}" for some, verb in ((off, "休息"), (worked, "上班")) if some
        ]
        lines.append(f"{name}：{'；'.join(parts)}")
    return "\n".join(lines)


def dated(day: date, within: int | None = None) -> str:
    """A date as it is written in a notice; its year only where it is not the one `within`."""
    year = "" if day.year == within else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def _runs(days: Sequence[date], year: int) -> str:
    """Dates in order, those in a row as 「…至…」."""
    gaps = [(one, other) for one, other in pairwise(days) if other - one > ONE_DAY]
    starts = [days[0], *(other for _, other in gaps)]
    ends = [*(one for one, _ in gaps), days[-1]]
    return "、".join(
        dated(start, year) if start == end else f"{dated(start, year)}至{dated(end, year)}"
        for start, end in zip(starts, ends, strict=True)
    )
