"""`/线索 时效`: how fast leads are given out, and how many wait too long (B7, B8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from cards import lead_pace as cards
from cards.model import Content
from handlers.api import Ask, Ctx, Routes
from handlers.lead_export import MONTH, days_back
from sales import lead_pace
from sales.lead_lists import READ
from sales.rules.lead_times import LEAD_TIMES

routes = Routes("lead_pace")


@routes.query("线索 时效", alias="lead pace", summary="分配要多久、多少条超时",
              example="/线索 时效 30天", permission=READ)  # fmt: skip
def pace(
    ctx: Ctx, days: Annotated[str, Ask("最近几天？", "天数", "如 30天")] = f"{MONTH}天"
) -> Content:
    """Of the leads this person may see.

    Raises:
        NoDays: it is no number of days.
    """
    back = days_back(days)
    patience = timedelta(hours=ctx.rules.at(LEAD_TIMES, ctx.now).body.unassigned_hours)
    found = lead_pace.lately(ctx.db, ctx.who, back, patience=patience, now=ctx.now)
    return cards.pace(found, back, flow=ctx.flow)
