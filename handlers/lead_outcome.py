"""`/线索 有意向·无效·转商机`: what comes of a lead (domain.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cards import lead_moves, lead_news
from cards import leads as cards
from cards import opportunities as opportunity_cards
from cards.model import Card, Choice, Content
from handlers.api import Ask, Ctx, Routes
from handlers.leads import Number, desk, shown
from handlers.opportunities import which_customer
from handlers.unfinished import asked, finished
from sales import lead_convert, lead_lists, lead_outcome, policy
from sales.lead_care import WORK
from sales.lead_lists import Shown
from sales.lead_outcome import INVALIDATE
from sales.rules.lead_reasons import INVALID_REASONS, MOST

routes = Routes("lead", privileged=True)


def _reasons(ctx: Ctx, typed: str) -> Sequence[Choice]:
    reasons = ctx.rules.at(INVALID_REASONS, ctx.now).body.reasons
    return [Choice(one, one) for one in reasons if typed in one]


@routes.command("线索 有意向", alias="lead qualify", summary="客户有意向，接着跟",
                example="/线索 有意向 LD-20261123-0001", permission=WORK)  # fmt: skip
def qualify(ctx: Ctx, number: Number, *, card: str = "") -> Content:
    """It counts as followed up; what was asked about it is over.

    Raises:
        Refusal: not theirs, not contacted yet, or over.
    """
    found = lead_lists.get(ctx.db, number, ctx.who)
    lead_outcome.qualified(ctx.db, found, ctx.who, desk(ctx))
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    return shown(ctx, lead_lists.get(ctx.db, number, ctx.who), card)


@routes.command("线索 无效", alias="lead invalid", summary="判为无效，选一个原因或自己写",
                permission=INVALIDATE,
                example="/线索 无效 LD-20261123-0001 客户已经搬走")  # fmt: skip
def invalidate(
    ctx: Ctx, number: Number,
    reason: Annotated[str, Ask("为什么无效？", "原因", "空号、没有需求……", _reasons, most=MOST)],
) -> Content:  # fmt: skip
    """Nobody has it any more, and nobody is asked about it.

    Raises:
        Refusal: not theirs, over, or no reason that could be kept.
    """
    found = lead_lists.get(ctx.db, number, ctx.who)
    kept = lead_outcome.invalidate(ctx.db, found, reason, ctx.who, desk(ctx))
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    return cards.done(found, f"已判无效：{kept}", flow=ctx.flow)


@routes.command("线索 恢复", alias="lead reopen", summary="判错了无效的，恢复回来",
                example="/线索 恢复 LD-20261123-0001", permission=INVALIDATE)  # fmt: skip
def reopen(ctx: Ctx, number: Number, *, card: str = "") -> Content:
    """Whoever had it has it again, or it is in the pool.

    Raises:
        Refusal: not theirs, or not invalid.
    """
    found = lead_lists.get(ctx.db, number, ctx.who)
    owner = lead_outcome.reopen(ctx.db, found, ctx.who, desk(ctx))
    if owner is not None and owner != ctx.who.id:
        reason = f"{ctx.who.name} 恢复了它"
        lead_news.hand_over(ctx.db, found.id, owner, reason, now=ctx.now)
    return shown(ctx, lead_lists.get(ctx.db, number, ctx.who), card)


@routes.command("线索 转商机", alias="lead convert", summary="转成商机，客户一起建好",
                example="/线索 转商机 LD-20261123-0001", permission=WORK)  # fmt: skip
def convert(
    ctx: Ctx, number: Number, *, confirmed: bool = False, same_as: str = ""
) -> Content:  # fmt: skip
    """The opportunity is the lead's owner's; whether the customer is known already is asked.

    Raises:
        Refusal: not theirs, not contacted yet, or over.
    """
    if not ctx.begins and (done := lead_convert.of_flow(ctx.db, ctx.flow)) is not None:
        return opportunity_cards.converted(done, flow=ctx.flow)
    found = lead_lists.get(ctx.db, number, ctx.who)
    lead_convert.may_begin(ctx.db, found, ctx.who)
    into = which_customer(
        ctx, found.company, lambda: _twins(ctx, found), confirmed=confirmed, same_as=same_as
    )
    if isinstance(into, Card):
        return asked(ctx, into, f"{found.company} 转商机还差一步：看是不是同一客户")
    made = lead_convert.convert(ctx.db, found, into, ctx.who, desk(ctx), flow=ctx.flow)
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    if not ctx.begins:
        finished(ctx)
    return opportunity_cards.converted(made, flow=ctx.flow)


def _twins(ctx: Ctx, lead: Shown) -> Card | None:
    twins = lead_convert.twins(ctx.db, lead, policy.visible(ctx.who), desk(ctx))
    return opportunity_cards.lead_customer(lead, twins, flow=ctx.flow) if twins else None
