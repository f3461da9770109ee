"""How long what has served its time is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from engine.documents import Name
from engine.retention import Kept
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import Count


class RetentionDays(Rule):
    """Days that finished work is kept; the audit trail is not among it."""

    inbox_days: Annotated[
        int, Item("收到的", "处理完的来信留多少天",
                  Count("天", 7, 3650, "平台会重发几天前的消息，删了就会当成新的"))
    ] = 30  # fmt: skip
    raw_days: Annotated[
        int, Item("来信原文", "处理完的来信里写了什么，留多少天",
                  Count("天", 3, 30, "出了问题要能重办", "里面有个人信息，办完就不该久留"))
    ] = 7  # fmt: skip
    work_days: Annotated[
        int, Item("办完的", "已送达的消息和办完的任务留多少天",
                  Count("天", 3, 3650, "周末出了问题，周一还要查得到"))
    ] = 7  # fmt: skip
    run_days: Annotated[
        int, Item("定时任务", "定时任务的运行记录留多少天",
                  Count("天", 35, 3650, "每月一次的任务要看得到上一次"))
    ] = 90  # fmt: skip

    invalid_days: Annotated[
        int, Item("无效线索", "判为无效的线索，联系人留多少天后抹掉",
                  Count("天", 30, 3650, "判错了要来得及改"))
    ] = 180  # fmt: skip

    def faults(self) -> Iterator[str]:
        """An event has to be recognised for longer than the work it caused is kept."""
        if self.inbox_days < self.work_days:
            yield "收到的要留得不比办完的短，不然重发的消息会再办一次"
        if self.inbox_days < self.raw_days:
            yield "来信原文不能比来信本身留得久"

    @property
    def kept(self) -> Kept:
        """The same for the machinery."""
        return Kept(
            inbox=timedelta(days=self.inbox_days),
            raw=timedelta(days=self.raw_days),
            work=timedelta(days=self.work_days),
            runs=timedelta(days=self.run_days),
        )

    @property
    def invalid(self) -> timedelta:
        """How long the contact of an invalid lead is kept (domain.md §8)."""
        return timedelta(days=self.invalid_days)


RETENTION = Kind(
    Name("retention", "days"), "保留天数", "处理完的数据留多少天，审计记录不在内",
    "从生效后那天凌晨 3:20 的清理开始，删掉的找不回来", RetentionDays,
)  # fmt: skip
