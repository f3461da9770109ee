"""How a platform's monthly calls are saved when they run short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import Count


class QuotaSteps(Rule):
    """From which share of the month's calls on less is sent, step by step."""

    merged_percent: Annotated[
        int, Item("合并提醒", "本月接口调用用到百分之几，提醒合并成每天两次的汇总，并告诉管理员",
                  Count("%", 10, 99, "刚到月初就要省，额度本来就不够"))
    ] = 70  # fmt: skip
    plain_percent: Annotated[
        int, Item("从简", "用到百分之几，不用处理的卡片改发普通消息",
                  Count("%", 10, 99, "刚到月初就要省，额度本来就不够"))
    ] = 80  # fmt: skip
    essential_percent: Annotated[
        int, Item("只留必要", "用到百分之几，只发本人要的和等人决定的，再次告诉管理员",
                  Count("%", 10, 99, "提醒和汇总会停到下个月"))
    ] = 90  # fmt: skip

    def faults(self) -> Iterator[str]:
        """A later step saves more."""
        if not self.merged_percent <= self.plain_percent <= self.essential_percent:
            yield "合并提醒、从简、只留必要要一个比一个大"


QUOTA = Kind(
    Name("limits", "quota"), "平台额度", "平台每月的接口调用快用完时怎么省",
    "一发布就按新的百分比", QuotaSteps,
)  # fmt: skip
