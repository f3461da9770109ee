"""A card in words alone, for where nothing of it can be drawn or pressed."""

from __future__ import annotations

from cards.model import Card
from cards.render.slot import Slot
from cards.render.text import clean, one_line


def words(card: Card, slot: Slot, *notes: str) -> str:
    """Everything the card says, a line each; what it offers to press is left to `notes`."""
    figure, picture, menu = card.figure, card.picture, card.menu
    lines = (
        card.title,
        card.subtitle,
        f"{figure.caption}：{figure.value}" if figure else "",
        *(f"{name}：{value}" if name else value for name, value in card.facts),
    )
    below = (
        f"图片：{picture.alt} {picture.url or slot.picture}".strip() if picture else "",
        *(f"{link.text}：{link.url}" for link in card.links),
        f"为什么找您：{menu.why}" if menu and not card.done else "",
        status(card),
        *notes,
    )
    parts = (*map(one_line, lines), clean(card.quote), *map(one_line, below))
    return "\n".join(part for part in parts if part)


def status(card: Card) -> str:
    """What became of a locked card."""
    return f"状态：{one_line(card.done)}" if card.done else ""
