"""`/死信`: what did not arrive or was not done, to be done again or dropped (durability §4.4)."""

from __future__ import annotations

from collections.abc import Sequence

from cards import dead_letters, operations, outbox
from cards.model import Content
from engine import dead_letters as letters
from handlers.api import Ctx, Routes

routes = Routes("operations", privileged=True)

PERMISSION = "operations"
SHOWN = 10
"""A WeCom drop-down holds as many."""


@routes.query(
    "死信", alias="dlq", summary="处理没送到、没办成的事", example="/死信", permission=PERMISSION
)
def dead_letter_list(ctx: Ctx) -> Content:
    """The newest letters."""
    found = letters.newest(ctx.db, most=SHOWN)
    return operations.letters([dead_letters.tell(ctx.db, one) for one in found], flow=ctx.flow)


@routes.action(PERMISSION, changes=False)
def dead_letter(ctx: Ctx, *, letter: int) -> Content:
    """One of them, with its buttons."""
    found = letters.find(ctx.db, [letter])
    if not found:
        return operations.decided(0, 1, again=False, key=ctx.flow)
    return operations.letter(dead_letters.tell(ctx.db, found[0]), flow=ctx.flow)


@routes.action(PERMISSION)
def replay(ctx: Ctx, *, letters: Sequence[int], card: str) -> Content:
    """Do them again."""
    done = dead_letters.replay(ctx.db, letters, now=ctx.now)
    return _decided(ctx, done, len(letters), again=True, key=card)


@routes.action(PERMISSION)
def drop(ctx: Ctx, *, letters: Sequence[int], card: str) -> Content:
    """Leave them undone."""
    done = dead_letters.drop(ctx.db, letters, now=ctx.now)
    return _decided(ctx, done, len(letters), again=False, key=card)


def _decided(ctx: Ctx, done: int, asked: int, *, again: bool, key: str) -> Content:
    """The locked card, at everybody who was told of it."""
    card = operations.decided(done, asked, again=again, key=key, by=ctx.who.name)
    if done:
        outbox.settle(ctx.db, key, card, now=ctx.now)
    return card
