"""The menu of what comes by itself: 稍后, 今天不再提醒, 为什么找我."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from cards import pushes as cards
from cards.model import Content
from cards.pushes import Pushed
from engine.errors import Refusal
from handlers.api import Ctx, Routes
from sales.rules.pushes import PUSHES

routes = Routes("push")

PERMISSION = "push"


class Settled(Refusal):
    """The card has come to its end meanwhile, so nothing would come again."""

    code = "push_settled"
    text = "这件事已经处理完了，不会再提醒。"


@routes.action(PERMISSION)
def later(ctx: Ctx, *, card: str) -> Content:
    """稍后: the card comes again, as a new message, after some working time.

    Raises:
        Settled: the card is locked.
    """
    times = ctx.rules.at(PUSHES, ctx.now).body
    due = cards.postpone(
        ctx.db, _own(ctx, card), ctx.who.id, times.later,
        now=ctx.now, calendar=ctx.calendars.current(ctx.db),
    )  # fmt: skip
    words = PUSHES.items["later_minutes"].value.words(times.later_minutes)
    return cards.comes_again(due.astimezone(ctx.calendars.zone), words)


@routes.action(PERMISSION)
def mute(ctx: Ctx, *, card: str) -> Content:
    """今天不再提醒: nothing of its topic comes until tomorrow.

    Raises:
        Settled: the card is locked.
    """
    pushed = _own(ctx, card)
    tomorrow = datetime.combine(ctx.today + timedelta(days=1), time.min, ctx.calendars.zone)
    cards.mute(ctx.db, ctx.who.id, pushed, tomorrow, now=ctx.now)
    return cards.quiet(pushed.card.title)


@routes.action(PERMISSION, changes=False)
def why(ctx: Ctx, *, card: str) -> Content:
    """为什么找我: the reason the card was sent with.

    Raises:
        Settled: the card is locked.
    """
    return cards.reason(_own(ctx, card).menu)


def _own(ctx: Ctx, key: str) -> Pushed:
    pushed = cards.own(ctx.db, ctx.who.id, key)
    if pushed is None:
        raise Settled
    return pushed
