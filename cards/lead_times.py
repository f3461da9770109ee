"""How quickly leads find an owner: every figure with what it is counted from (B3, B7, B8)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.leads import LIST
from cards.model import Button, Card, Menu
from cards.words import exact_span
from sales.lead_lists import FREE
from sales.lead_times_report import Report, Share, Slow

NONE = "还没有"
TIMES = "lead_times.times"
WHY = "线索平均多久有人接手超过了目标（规则「线索时限」的分配目标）。一周最多说一次。"


def report(found: Report, *, flow: str) -> Card:
    """The figures; a warning where the mean is beyond the target, with what pulls it up."""
    rule, slow = found.rule, found.too_slow
    return Card(
        key=flow,
        title=f"最近 {found.days} 天进来 {found.never.whole} 条线索",
        subtitle=_verdict(found, slow=slow),
        facts=(
            ("平均分配用时", _mean(found)),
            ("用时中位数", NONE if found.median is None else exact_span(found.median)),
            ("一直没人接手", _share(found.never, "条")),
            (f"{rule.unassigned_hours} 小时没分出", _share(found.unassigned, "条")),
            ("联系晚了", _share(found.late, "次")),
            ("记录滞后", _share(found.lagging, "次")),
        ),
        quote="\n".join(_meanings(found)),
        buttons=(Button("未分配的", LIST, {"which": FREE}, fresh=True),),
        tone="warning" if slow else "plain",
    )  # fmt: skip


def slow(found: Report, key: str) -> Card:
    """Said in the morning: the mean is beyond the target, what pulls it up, and what to look at."""
    return Card(
        key=key,
        title=f"线索分得慢：平均 {_mean(found)}",
        subtitle=f"目标 {found.rule.assign_minutes} 分钟，算的是最近 {found.days} 天进来的",
        facts=(
            *((f"{one.of} {one.name}", f"{one.count} 条平均 {exact_span(one.mean)}")
              for one in found.slow),
            ("一直没人接手", _share(found.never, "条")),
        ),
        buttons=(
            Button("看时效", TIMES, {"days": f"{found.days}天"}, "primary", fresh=True),
            Button("未分配的", LIST, {"which": FREE}, fresh=True),
        ),
        tone="warning",
        menu=Menu(WHY, "lead-times"),
    )  # fmt: skip


def _mean(found: Report) -> str:
    return NONE if found.mean is None else f"{exact_span(found.mean)}（{found.owned} 条）"


def _verdict(found: Report, *, slow: bool) -> str:
    if found.mean is None:
        return "还没有一条分给销售"
    return f"平均{'超过' if slow else '没有超过'}目标 {found.rule.assign_minutes} 分钟"


def _meanings(found: Report) -> Iterator[str]:
    """What pulls the mean up, then what each figure is of."""
    rule = found.rule
    if found.slow:
        yield f"拉高平均的：{'；'.join(map(_slow, found.slow))}"
    yield "算您看得到的、没有合并掉的线索，按自然时间。"
    yield "分配用时：从进来到第一位负责人，只算分过的。"
    yield (
        f"{rule.unassigned_hours} 小时没分出：分过的和已满 {rule.unassigned_hours} 小时的里，"
        "到时还没人接手的。"
    )
    yield "联系晚了：记下的联系里，点已联系时过了期限的。"
    yield f"记录滞后：联系后过了 {rule.lag_hours} 小时才记的，正好 {rule.lag_hours} 小时不算。"


def _slow(one: Slow) -> str:
    return f"{one.of} {one.name} {one.count} 条平均 {exact_span(one.mean)}"


def _share(one: Share, unit: str) -> str:
    """So many of so many, in per cent: "30/100 条，30%"."""
    if not one.whole:
        return NONE
    percent = f"{one.part * 100 / one.whole:.1f}".removesuffix(".0")
    return f"{one.part}/{one.whole} {unit}，{percent}%"
