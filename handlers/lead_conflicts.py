"""`/线索 核对`: where sheets and we disagree about a lead, and who decides (A6)."""

from __future__ import annotations

from cards import lead_conflicts as cards
from cards import outbox
from cards.model import Content
from handlers.api import Ctx, Routes
from sales import lead_conflicts, lead_states
from sales.lead_lists import READ

routes = Routes("lead", privileged=True)


@routes.query("线索 核对", alias="lead conflicts", summary="表格和系统对不上的线索",
              example="/线索 核对", permission=READ)  # fmt: skip
def conflicts(ctx: Ctx) -> Content:
    """The queue: the oldest that wait for this person."""
    return _page(ctx, 0)


@routes.action(READ, changes=False)
def conflicts_page(ctx: Ctx, *, page: int) -> Content:
    """下一页, in place of the one before."""
    return _page(ctx, page)


def _page(ctx: Ctx, page: int) -> Content:
    found, total = lead_conflicts.waiting(ctx.db, ctx.who, page)
    if page and not found:  # settled meanwhile
        return _page(ctx, 0)
    return cards.waiting(found, total, page, flow=ctx.flow)


@routes.action(READ, changes=False)
def conflict(ctx: Ctx, *, conflict: str) -> Content:
    """One of them: what we know, and what the sheet says.

    Raises:
        Settled: it is over, or somebody else's business.
    """
    found = lead_conflicts.get(ctx.db, conflict, ctx.who)
    known = lead_conflicts.ours(ctx.db, lead_states.look(ctx.db, found.lead_id))
    return cards.conflict(found, known, zone=ctx.calendars.zone)


@routes.action(READ)
def trust(ctx: Ctx, *, conflict: str) -> Content:
    """系统是对的: the queue is one shorter, and everybody's card says so.

    Raises:
        Settled: somebody was quicker.
    """
    found = lead_conflicts.get(ctx.db, conflict, ctx.who)
    lead_conflicts.settle(ctx.db, found, ctx.who, now=ctx.now)
    card = cards.trusted(found, ctx.who.name)
    outbox.settle(ctx.db, card.key, card, now=ctx.now)
    return card
