"""Errands that wait for an answer: what a reminder's buttons do."""

from __future__ import annotations

from cards import outbox, pushes
from cards import unfinished as cards
from cards.model import Card, Content
from handlers.api import Ctx, Routes
from sales import unfinished

routes = Routes("unfinished")


def asked(ctx: Ctx, question: Card, about: str) -> Card:
    """The question, and a reminder if nobody answers it; `about` says what is missing."""
    times = unfinished.times(ctx.db, ctx.rules, ctx.flow, begins=ctx.begins, now=ctx.now)
    unfinished.waits(
        ctx.db, ctx.flow, ctx.who.id, about, times,
        now=ctx.now, calendar=ctx.calendars.current(ctx.db),
    )  # fmt: skip
    return question


def finished(ctx: Ctx, about: str = "") -> None:
    """The errand has come to its end: nobody asks again, and its reminders are locked.

    So have all others that asked the person for `about`, and their questions.
    """
    elsewhere = unfinished.asked_elsewhere(ctx.db, ctx.who.id, about) if about else ()
    for flow in {ctx.flow, *elsewhere}:
        unfinished.done(ctx.db, flow, now=ctx.now)
        _lock(ctx, flow)
        if flow != ctx.flow:
            outbox.settle(ctx.db, flow, cards.over(flow, about), now=ctx.now, quiet=True)


@routes.action("unfinished")
def resume(ctx: Ctx, *, flow: str, card: str = "", about: str = "") -> Content | None:
    """接着办: the question comes again as a new message; `card` is the reminder, if it has one."""
    outbox.again(ctx.db, flow, ctx.address, now=ctx.now)
    return cards.resumed(card, about) if card else None


@routes.action("unfinished")
def drop(ctx: Ctx, *, flow: str, card: str, about: str) -> Content:
    """不登记了: nobody asks again, and the question can no longer be answered.

    Raises:
        Finished: the errand came to its end already.
    """
    unfinished.drop(ctx.db, flow, now=ctx.now)
    _lock(ctx, flow)
    outbox.post(ctx.db, cards.dropped(flow, about), [ctx.address], now=ctx.now)
    return cards.dropped(card, about)


def _lock(ctx: Ctx, flow: str) -> None:
    for reminder in unfinished.reminders(ctx.db, flow):
        card = cards.finished(*reminder)
        if pushes.own(ctx.db, ctx.who.id, card.key) is not None:  # one that is not locked yet
            outbox.settle(ctx.db, card.key, card, now=ctx.now)
