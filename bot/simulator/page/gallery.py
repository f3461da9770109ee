"""The card gallery /sim/cards: every card, state and platform, light and dark, with its JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from bot.simulator.http import SimRoute
from bot.simulator.page.looks import message_html, render
from bot.simulator.phones import Message


def router(samples: Mapping[str, Mapping[str, Message]]) -> APIRouter:
    """The gallery of `samples`: card name → state → a message that shows it."""
    routes = APIRouter(route_class=SimRoute, include_in_schema=False)

    @routes.get("/sim/cards")
    async def cards() -> Response:
        html = render("gallery.html", samples=samples, html=_html, wire=_wire, theme="auto")
        return HTMLResponse(html)

    return routes


def _html(message: Message) -> Markup:
    return Markup(message_html(message))  # noqa: S704 - the template has escaped its facts


def _wire(message: Message) -> str:
    return json.dumps(message.wire, ensure_ascii=False, indent=2)
