"""`/线索 导出`: the list of leads as an Excel file, for what one says it is for (B58)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cards import lead_export as cards
from cards.model import Choice, Content
from engine import errands
from engine.masking import mask
from handlers.api import Ask, Ctx, Routes
from handlers.imports import whose
from sales import lead_export
from sales.lead_export import RIGHT, WORDS
from sales.rules.limits import LIMITS
from sales.rules.terms import REGIONS

routes = Routes("lead_export", privileged=True)

EXPORT = "lead.export"
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
