"""What can be tapped on a card at the moment, the same on every platform."""

from __future__ import annotations

from dataclasses import dataclass

from cards.model import BACK, ENTRIES, Card, Form, Style
from cards.render.slot import Slot

SURE, NO = "确定", "返回"


@dataclass(frozen=True, slots=True)
class Tap:
    """A button as it is drawn: the key that comes back, its words, its look."""

    key: str
    text: str
    style: Style = "normal"


def taps(card: Card, slot: Slot) -> list[Tap]:
    """The card's buttons in order; the two of its question while it asks; none once locked."""
    if card.done:
        return []
    if card.asking is not None:
        asked = card.buttons[card.asking]
        yes = Tap(slot.button_key(card.asking), f"{SURE}{asked.text}", asked.style)
        return [yes, Tap(slot.button_key(BACK), NO)]
    return [Tap(slot.button_key(i), b.text, b.style) for i, b in enumerate(card.buttons)]


def menu(card: Card, slot: Slot) -> list[Tap]:
    """The entries that belong to a card nobody has asked for."""
    if card.menu is None or card.done or card.asking is not None:
        return []
    return [Tap(slot.button_key(key), text) for key, text in ENTRIES.items()]


def open_form(card: Card) -> Form | None:
    """The form, if it can be filled in now."""
    return None if card.done or card.asking is not None else card.form


def question(card: Card) -> str:
    """What the card asks before it acts; "" if it asks nothing."""
    return "" if card.done or card.asking is None else card.buttons[card.asking].confirm
