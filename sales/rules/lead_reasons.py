"""The reasons for which a lead is judged invalid, ready to pick (domain.md §3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from engine.documents import Name
from engine.masking import holds_number
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import Listed

LEAST, MOST = 2, 30
"""Characters of a reason; a card shows a whole one of that length on both platforms."""
OFFERED = 9
"""Reasons one may pick from; a drop-down in WeCom holds no more."""
_REASONS = ["空号", "不是目标客户", "重复", "没有需求", "同行"]


class InvalidReasons(Rule):
    """What people pick from; any other words are as good."""

    reasons: Annotated[
        list[str], Item("原因", "判线索无效时可以直接选哪些原因",
                        Listed("空号、没有需求", "一个都没有就没得选"))
    ] = _REASONS  # fmt: skip

    def faults(self) -> Iterator[str]:
        """Too many for a drop-down, or none that could be given."""
        if len(self.reasons) > OFFERED:
            yield f"原因最多 {OFFERED} 个，再多卡片上放不下"
        for reason in self.reasons:
            if not LEAST <= len(reason) <= MOST:
                yield f"原因「{reason[:MOST]}」要有 {LEAST} 到 {MOST} 个字"
            if holds_number(reason):
                yield "原因里不要写个人的号码，这句话谁都看得到"


INVALID_REASONS = Kind(
    Name("leads", "invalid"), "无效原因", "判线索无效时可以选的原因",
    "从下一张表单开始，已经判的不变", InvalidReasons,
)  # fmt: skip
