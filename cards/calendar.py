"""The alarm that the working calendar ends soon (requirements J22)."""

from __future__ import annotations

from datetime import date

from cards.model import Card, Menu
from cards.words import day

WHY = "您是管理员或销售运营，可以导入放假安排；没有它，时限只能暂定。"


def ends_soon(missing: int, until: date | None, today: date) -> Card:
    """The days of the year `missing` have to be brought; said once a week."""
    year, week, _ = today.isocalendar()
    since = "从今天起，" if until is None else f"{day(until)} 之后"
    return Card(
        key=f"calendar/{missing}/{year}-{week}",
        title=f"{missing} 年的放假安排还没有导入",
        subtitle=f"{since}工作日只能按周一到周五推算",
        facts=(("影响", "按工作时间算的时限会标「暂定」"),),
        quote="国务院通知发布后，把全文存成 通知.txt，运行：\njianliu calendar import 通知.txt",
        tone="warning",
        menu=Menu(WHY, "calendar"),
    )
