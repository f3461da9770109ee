"""`/线索 导出`, `/线索 超时`: lists of leads as Excel files, for what they are for (B58, B83)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cards import lead_export as cards
from cards import lead_late as late_cards
from cards.model import Choice, Content
from engine import errands
from engine.masking import mask
from handlers import moments
from handlers.api import Ask, Ctx, Routes
from handlers.imports import whose
from sales import lead_export, lead_late, policy
from sales.lead_export import RIGHT, WORDS
from sales.rules import drafts
from sales.rules.assigning_checks import ASSIGNING
from sales.rules.editing import NoDraft
from sales.rules.limits import LIMITS
from sales.rules.terms import REGIONS

routes = Routes("lead_export", privileged=True)

EXPORT, LATE, TRIAL = "lead.export", "lead.late", "lead.trial"
"""The slow work: writing the file."""
LONGEST = 60
"""Characters of a purpose that are kept."""


def _parts(ctx: Ctx, typed: str) -> Sequence[Choice]:
    parts = (*WORDS, *ctx.rules.at(REGIONS, ctx.now).body.terms)
    return [Choice(part, part) for part in parts if typed in part]


@routes.command(
    "线索 导出", alias="lead export", summary="把线索列表导成 Excel，写明用途",
    example="/线索 导出 华东 周会复盘", permission=RIGHT,
)  # fmt: skip
def export(
    ctx: Ctx, what: Annotated[str, Ask("导出哪些？", "范围", "全部、我的、未分配或区域", _parts)],
    purpose: Annotated[str, Ask("做什么用？", "用途", "会记在留痕里")],
) -> Content:  # fmt: skip
    """Have the file made; it comes as a message of its own.

    Raises:
        UnknownSelection: the words name no part of the list.
        NothingThere: it is empty.
        TooManyRows: it is more than may be taken away at once.
    """
    most = ctx.rules.at(LIMITS, ctx.now).body.export_rows
    chosen = lead_export.selection(ctx.rules, what, now=ctx.now)
    found = lead_export.count(ctx.db, ctx.who, chosen, most=most)
    said = {"what": chosen.words, "purpose": mask(purpose)[:LONGEST], "most": most}
    about = {**whose(ctx), **said}
    errands.ask(ctx.db, EXPORT, about, key=ctx.flow, now=ctx.now)
    return cards.making(found, chosen.words)


@routes.command(
    "线索 超时", alias="lead late", summary="谁的线索超时、超了多久、为什么",
    example="/线索 超时 30天", permission=RIGHT,
)  # fmt: skip
def late(
    ctx: Ctx, days: Annotated[str, Ask("最近几天？", "天数", "如 30天")] = moments.MONTH
) -> Content:
    """The three who waited longest with the evidence, and all of them as a file (B83).

    Raises:
        NoDays: it is no number of days.
        NobodyLate: nothing ran out.
    """
    back = moments.days(days, "/线索 超时 30天")
    most = ctx.rules.at(LIMITS, ctx.now).body.export_rows
    found = late_cards.cases(
        ctx.db, lead_late.lately(ctx.db, ctx.who, back, most=most, now=ctx.now)
    )
    about = {"what": f"超时 {back} 天", "purpose": "看超时的原因", "most": most, "days": back}
    errands.ask(ctx.db, LATE, {**whose(ctx), **about}, key=ctx.flow, now=ctx.now)
    return late_cards.top(found, back, now=ctx.now, flow=ctx.flow)


@routes.action(RIGHT)
def trial(ctx: Ctx, *, draft: int) -> Content:
    """全部变化 Excel: every lead a draft of the assignment rules gives to somebody else (B85).

    Raises:
        NotAllowed: the rules are not this person's to change.
        NoDraft: the draft is not open any more.
    """
    policy.require(ctx.db, ctx.who, "rules", "规则 试算")
    if drafts.draft_of(ctx.db, ASSIGNING, ctx.who.id, draft) is None:
        raise NoDraft(rule=ASSIGNING.title)
    about = {"what": f"试算第 {draft} 版", "purpose": f"试算{ASSIGNING.title}", "draft": draft}
    errands.ask(ctx.db, TRIAL, {**whose(ctx), **about}, key=ctx.flow, now=ctx.now)
    return cards.trying(draft)
