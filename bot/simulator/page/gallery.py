"""The card gallery /sim/cards: card × state × platform, light and dark, with badges and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from bot.simulator.http import SimRoute
from bot.simulator.page.face import Face, face
from bot.simulator.page.lint import Finding, findings
from bot.simulator.page.looks import message_html, render
from bot.simulator.phones import Message
from bot.simulator.wecom.rules import INTERACTIVE

State: TypeAlias = Literal["fresh", "pressed", "done", "expired", "error"]

STATES: Final[dict[State, str]] = {
    "fresh": "新",
    "pressed": "按下",
    "done": "已处理",
    "expired": "已过期",
    "error": "出错",
}
"""What can become of a card on a phone, and what the page calls it."""

_FAILED = "操作失败，请稍后重试"


@dataclass(frozen=True, slots=True)
class Cell:
    """One card in one state: as the phone draws it, as it is carried, and what is wrong."""

    label: str
    message: Message
    seen: Face

    @property
    def html(self) -> Markup:
        """The message as the phone draws it."""
        return Markup(message_html(self.message, self.seen))  # noqa: S704 - the template escapes

    @property
    def wire(self) -> str:
        """The body as the platform took it."""
        return json.dumps(self.message.wire, ensure_ascii=False, indent=2)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Its badges."""
        return findings(self.message)


def router(samples: Mapping[str, Mapping[str, Message]]) -> APIRouter:
    """The gallery of `samples`: card name → platform → a message that shows it, fresh.

    `?card=` shows one card in every state, `?state=` every card in one.
    """
    routes = APIRouter(route_class=SimRoute, include_in_schema=False)

    @routes.get("/sim/cards")
    async def cards(card: str = "", state: State = "fresh") -> Response:
        chosen = {card: samples[card]} if card in samples else samples
        wanted = tuple(STATES) if card in samples else (state,)
        shown = {name: list(_cells(given, wanted)) for name, given in chosen.items()}
        html = render(
            "gallery.html",
            shown={name: cells for name, cells in shown.items() if cells},
            names=list(samples),
            states=STATES,
            card=card if card in samples else "",
            state=state,
            theme="auto",
        )
        return HTMLResponse(html)

    return routes


def _cells(given: Mapping[str, Message], wanted: tuple[State, ...]) -> Iterator[Cell]:
    """Every sample in the states it has; one the samples themselves give is not derived."""
    for label, message in given.items():
        for state in wanted:
            name = label if state == "fresh" else f"{label} {STATES[state]}"
            if state == "fresh" or name not in given:
                yield from _cell(name, message, state)


def _cell(label: str, message: Message, state: State) -> Iterator[Cell]:
    """`message` in `state`; nothing if such a message never gets there."""
    seen = face(message)
    if state == "fresh":
        yield Cell(label, message, seen)
    elif not _changes(message) or seen.locked:
        return
    elif state in ("done", "expired"):
        locked = {"wecom": "replace_text", "dingtalk": "done"}[message.platform]
        later = replace(message, wire=message.wire | {locked: STATES[state]}, state="updated")
        yield Cell(label, later, face(later))
    elif any(not button.url for button in seen.actions):
        look = _pressed(seen) if state == "pressed" else replace(seen, trouble=_FAILED)
        yield Cell(label, message, look)


def _changes(message: Message) -> bool:
    """Whether the platform can change this message; an ActionCard or a text stays as it was."""
    if message.platform == "wecom":
        return message.wire.get("card_type") in INTERACTIVE
    return message.kind == "card"


def _pressed(seen: Face) -> Face:
    """The first thing that can be pressed has been, and the answer is under way."""
    if seen.submit:
        return replace(seen, submit=replace(seen.submit, busy=True))
    busy = next((i for i, one in enumerate(seen.buttons) if not one.url), 0)
    buttons = tuple(replace(one, busy=i == busy) for i, one in enumerate(seen.buttons))
    return replace(seen, buttons=buttons)
