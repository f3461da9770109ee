"""When a lead has waited too long, and how long a lead stays with whoever has it (B6, B13, B14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import HOUR, Count, Listed, OneOf, WorkingTime

DAY = 450
"""Working minutes of a day with the usual shifts."""
WALL, WORKING = "wall", "working"
_INTENT = ["白皮书下载"]


class LeadTimes(Rule):
    """The clocks of a lead."""

    unassigned_hours: Annotated[
        int, Item("未分配", "进来后过多少自然小时没人接手，提醒经理和运营",
                  Count("小时", 1, 720, "分配是秒级的，一小时没分出去就有原因"))
    ] = 72  # fmt: skip
    assign_minutes: Annotated[
        int, Item("分配目标", "从进来到有人接手，平均不该超过多少分钟（/线索 时效）",
                  Count("分钟", 1, 1440, "再快就看不出差别"))
    ] = 23  # fmt: skip
    lag_hours: Annotated[
        int, Item("记录滞后", "联系后过了多少小时才记下，算记录滞后（/线索 时效）",
                  Count("小时", 1, 720, "打完电话总要几分钟才记下"))
    ] = 48  # fmt: skip
    unopened_minutes: Annotated[
        int, Item("未打开", "分给销售后过多少工作时间没有打开，提醒本人和主管",
                  WorkingTime(15, 5 * DAY))
    ] = 4 * HOUR  # fmt: skip
    contact_hours: Annotated[
        int, Item("未联系", "打开后过多少小时没有点已联系，提醒本人并抄送主管",
                  Count("小时", 1, 720, "打个电话也要时间"))
    ] = 72  # fmt: skip
    contact_clock: Annotated[
        str, Item("怎么计时", "未联系的小时按什么算",
                  OneOf({WALL: "自然时间", WORKING: "工作时间"}))
    ] = WALL  # fmt: skip
    intent_sources: Annotated[
        list[str], Item("意向来源", "从这些来源进来的客户正在找我们，要马上打电话",
                        Listed("白皮书下载、电话呼入"))
    ] = _INTENT  # fmt: skip
    intent_minutes: Annotated[
        int, Item("意向时限", "意向线索过多少工作时间没有点已联系，提醒本人并抄送主管",
                  WorkingTime(15, 5 * DAY))
    ] = 2 * HOUR  # fmt: skip


class Pool(Rule):
    """What the pool gives and takes back."""

    claims_per_day: Annotated[
        int, Item("每天认领", "一个人一天最多从公共池认领多少条",
                  Count("条", 1, 200, "不让认领请收回权限"))
    ] = 10  # fmt: skip
    recycle_days: Annotated[
        int, Item("回收", "多少天没有跟进，收回公共池", Count("天", 2, 365, "一天之内谁都可能有事"))
    ] = 15
    warn_days: Annotated[
        int, Item("回收预警", "收回前多少天提醒本人", Count("天", 1, 90, "当天才说就来不及了"))
    ] = 3
    back_days: Annotated[
        int, Item("原主冷却", "退回或被收回后多少天内，原来的人不能再认领",
                  Count("天", 1, 365, "退了马上又领，等于没有退"))
    ] = 7  # fmt: skip
    fresh_minutes: Annotated[
        int, Item("新入池冷却", "进公共池后多少工作时间内不能认领，先让经理看",
                  WorkingTime(1, 5 * DAY))
    ] = 10  # fmt: skip
    protect_days: Annotated[
        int, Item("待回访", "待回访最多保护多少天", Count("天", 1, 90, "当天回访不用保护"))
    ] = 14

    def faults(self) -> Iterator[str]:
        """A warning before the lead is even there."""
        if self.warn_days >= self.recycle_days:
            yield "回收预警的天数要少于回收的天数，否则刚接手就预警"

    @property
    def until_recycled(self) -> timedelta:
        """From the last follow-up to the pool."""
        return timedelta(days=self.recycle_days)


LEAD_TIMES = Kind(
    Name("sla", "leads"), "线索时限", "线索多久没人动就提醒谁",
    "从生效后开始计时的算起，已经在计时的不变", LeadTimes,
)  # fmt: skip
POOL = Kind(
    Name("pool", "leads"), "公共池", "认领、退回和收回的规矩",
    "认领从生效后算起；收回从下一次跟进算起", Pool,
)  # fmt: skip
