"""The form of a route: built from its signature, never written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cards.model import Card, Field, Form
from handlers.api import Ctx, Param, Route


def ask(ctx: Ctx, route: Route, given: Mapping[str, Any]) -> Card:
    """A card that asks for what is missing; what was given stays with the card."""
    missing = [param for param in route.asked if not given.get(param.name)]
    return Card(
        key=ctx.flow,
        title=route.summary,
        subtitle=f"填 {len(missing)} 项就好，也可以直接发：{route.example}",
        form=Form(route.action, tuple(_field(ctx, param) for param in missing), args=dict(given)),
    )


def _field(ctx: Ctx, param: Param) -> Field:
    ask = param.ask
    assert ask is not None  # noqa: S101  `route.asked` holds no other
    if ask.options is None:
        return Field(param.name, ask.label, "text", placeholder=ask.placeholder)
    return Field(param.name, ask.label, "select", tuple(ask.options(ctx, "")), ask.placeholder)
