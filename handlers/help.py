"""`/帮助`: only what this person may do, read from the registry."""

from __future__ import annotations

from typing import Annotated

from cards import help as cards
from cards.help import Line
from cards.model import Content
from handlers.api import TOPIC, Ask, Ctx, Route, Routes
from sales.rules.texts import SENTENCES

routes = Routes("help")


@routes.query("帮助", alias="help", summary="看看您能用的指令", example="/帮助", permission="help")
def commands(
    ctx: Ctx, about: Annotated[str, Ask("哪一类指令？", "指令", "如 线索，不写就都列")] = ""
) -> Content:
    """The commands of a topic, or the first of a few cards with a line and a button per topic."""
    word = about.lstrip("/／").partition(" ")[0]
    return _of(ctx, word) or _page(ctx, 0)


@routes.action("help", changes=False)
def more(ctx: Ctx, *, page: int) -> Content:
    """The next card of topics, in place of the one before."""
    return _page(ctx, page)


@routes.action("help", changes=False)
def topic(ctx: Ctx, *, topic: str) -> Content:
    """The commands that begin with the same word."""
    return _of(ctx, topic) or _page(ctx, 0)


def _of(ctx: Ctx, topic: str) -> Content | None:
    lines = [_line(route) for route in ctx.registry.allowed(ctx.who) if route.topic == topic]
    return cards.topic(topic, lines, flow=ctx.flow) if topic and lines else None


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
