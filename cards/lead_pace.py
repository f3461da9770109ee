"""How fast leads get an owner: each number with what it counts (B7, B8)."""

from __future__ import annotations

from cards.leads import LIST
from cards.model import Button, Card
from cards.words import span
from sales.lead_lists import FREE, LATE
from sales.lead_pace import TARGET, Pace, Share

HOUR = 3600
SLOWEST = 2
"""Sources named where leads wait too long."""


def pace(found: Pace, days: int, *, flow: str) -> Card:
    """The card of `/线索 时效`."""
    hours = found.patience.total_seconds() / HOUR
    return Card(
        key=flow,
        title=f"最近 {days} 天的线索时效" + ("：分配慢了" if found.too_slow else ""),
        subtitle=f"进来 {found.leads} 条，分出去 {found.assigned} 条",
        facts=(
            ("平均分配", _mean(found)),
            *((("中位数", span(found.median)),) if found.median is not None else ()),
            ("超时未分", _share(found.unassigned)),
            ("超时联系", _share(found.late)),
            *((("慢在哪里", _slowest(found)),) if found.too_slow else ()),
        ),
        quote="\n".join((
            "分配用时：从进来到第一次有负责人，只算分出去的，合并掉的不算。",
            f"超时未分：{hours:g} 小时内没有人接手的，除以分出去的和等够 {hours:g} 小时的。",
            "超时联系：过了联系期限才点已联系的，除以已联系的。",
        )),
        buttons=(
            Button("未分配的", LIST, {"which": FREE}, fresh=True),
            Button("超时的", LIST, {"which": LATE}, fresh=True),
        ),
        tone="warning" if found.too_slow else "plain",
    )  # fmt: skip


def _mean(found: Pace) -> str:
    if found.mean is None:
        return "还没有分出去的"
    return f"{span(found.mean)}（目标 {span(TARGET)}以内）"


def _share(share: Share) -> str:
    if share.percent is None:
        return "没有可算的"
    return f"{share.percent:.1f}%（{share.part}/{share.of}）"


def _slowest(found: Pace) -> str:
    return "、".join(f"{source} {span(mean)}" for source, mean in found.slowest[:SLOWEST])
