"""`/帮助`: only what this person may do, read from the registry."""

from __future__ import annotations

from cards import help as cards
from cards.help import Line
from cards.model import Content
from handlers.api import TOPIC, Ctx, Route, Routes
from sales.rules.texts import SENTENCES

routes = Routes("help")


@routes.query("帮助", alias="help", summary="看看您能用的指令", example="/帮助", permission="help")
def commands(ctx: Ctx) -> Content:
    """The first of a few cards with a line and a button per topic."""
    return _page(ctx, 0)


@routes.action("help", changes=False)
def more(ctx: Ctx, *, page: int) -> Content:
    """The next card of topics, in place of the one before."""
    return _page(ctx, page)


@routes.action("help", changes=False)
def topic(ctx: Ctx, *, topic: str) -> Content:
    """The commands that begin with the same word."""
    lines = [_line(route) for route in ctx.registry.allowed(ctx.who) if route.topic == topic]
    return cards.topic(topic, lines, flow=ctx.flow)


def _page(ctx: Ctx, page: int) -> Content:
    topics: dict[str, list[Route]] = {}
    for route in ctx.registry.allowed(ctx.who):
        if route.word and route is not ctx.registry.by_action["help.commands"]:
            topics.setdefault(route.topic, []).append(route)
    title = ctx.rules.at(SENTENCES, ctx.now).body.help_title
    lines = [_topic(routes) for routes in topics.values()]
    return cards.commands(title, lines, page, flow=ctx.flow)


def _topic(routes: list[Route]) -> Line:
    first, *others = routes
    if not others and first.word == first.topic:
        return _line(first)
    parts = "、".join(route.word.partition(" ")[2] for route in routes if " " in route.word)
    return Line(first.topic, parts, f"/{first.topic}", TOPIC, {"topic": first.topic})


def _line(route: Route) -> Line:
    return Line(route.word, route.summary, route.example, route.action)
