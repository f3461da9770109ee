"""`/帮助`: only what this person may do, read from the registry."""

from __future__ import annotations

from cards import help as cards
from cards.model import Content
from handlers.api import Ctx, Routes

routes = Routes("help")


@routes.query("帮助", alias="help", summary="看看您能用的指令", example="/帮助", permission="help")
def commands(ctx: Ctx) -> Content:
    """One line and one button per command."""
    return cards.commands(
        (route.word, route.summary, route.example, route.action)
        for route in ctx.registry.allowed(ctx.who)
        if route.word
    )
