"""`/线索 时效`: how quickly leads find an owner, and contacts are written down (B3, B7, B8)."""

from __future__ import annotations

from typing import Annotated

from cards import lead_times as cards
from cards.model import Content
from handlers import moments
from handlers.api import Ask, Ctx, Routes
from sales import lead_times_report
from sales.lead_lists import READ
from sales.rules.lead_times import LEAD_TIMES

routes = Routes("lead_times")


@routes.query("线索 时效", alias="lead times", summary="线索多快分出去，联系多久才记下",
              example="/线索 时效 30天", permission=READ)  # fmt: skip
def times(
    ctx: Ctx, days: Annotated[str, Ask("最近几天？", "天数", "如 30天")] = moments.MONTH
) -> Content:
    """The figures of the leads the person may see, each with what it is counted from.

    Raises:
        NoDays: it is no number of days.
        NoLeads: none came in.
    """
    back = moments.days(days, "/线索 时效 30天")
    rule = ctx.rules.at(LEAD_TIMES, ctx.now).body
    found = lead_times_report.lately(ctx.db, ctx.who, back, rule, now=ctx.now)
    return cards.report(found, flow=ctx.flow)
