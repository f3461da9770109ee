"""The form of a route: built from its signature, in the words the house has chosen for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cards.model import Card, Choice, Field, Form
from handlers.api import Ask, Ctx, Route
from handlers.unfinished import asked
from sales.finding import LISTED
from sales.rules.forms import FORMS


def ask(ctx: Ctx, route: Route, given: Mapping[str, Any]) -> Card:
    """A card that asks for what is missing; what was given is said and stays with the card.

    The person is reminded of a command that waits for it.
    """
    asks = [(param.name, param.ask) for param in route.params if param.ask is not None]
    missing = [(name, ask) for name, ask in asks if not given.get(name)]
    offered = {name: ask.options(ctx, "") for name, ask in missing if ask.options is not None}
    said = {name: ask.named(ctx, given[name]) for name, ask in asks if given.get(name)}
    hints = [f"{ask.noun}：{said[name]}" for name, ask in asks if name in said]
    hints.append(f"填 {len(missing)} 项就好，也可以直接发：{route.line(said)}")
    if any(len(choices) > LISTED for choices in offered.values()):
        hints.append(f"只列出前 {LISTED} 家，其余请直接发：{route.usage}")
    words = _words(ctx, route)
    fields = tuple(_field(name, ask, offered.get(name, ()), words) for name, ask in missing)
    card = Card(
        key=ctx.flow,
        title=words.get("title", route.summary),
        subtitle="；".join(hints),
        form=Form(route.action, fields, args=dict(given)),
    )
    nouns = "、".join(ask.noun for _, ask in missing)
    about = f"{route.summary}还差 {len(missing)} 项：{nouns}"
    return asked(ctx, card, about) if route.changes else card


def _words(ctx: Ctx, route: Route) -> Mapping[str, str]:
    """What may be said otherwise than the signature says: "title", "name_label", "name_hint"."""
    kind = FORMS.get(route.action)
    return {} if kind is None else ctx.rules.at(kind, ctx.now).body.model_dump()


def _field(name: str, ask: Ask, choices: Sequence[Choice], words: Mapping[str, str]) -> Field:
    label = words.get(f"{name}_label", ask.label)
    hint = words.get(f"{name}_hint", ask.placeholder)
    if ask.options is None:
        return Field(name, label, "text", placeholder=hint, most=ask.most, lines=ask.lines)
    more = len(choices) > LISTED
    return Field(name, label, "select", tuple(choices[:LISTED]), hint, more=more)
