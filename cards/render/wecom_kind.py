"""Which of WeCom's five template cards shows a card (docs 90236, 94888; reference §3.3)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from cards.model import Card, Field
from cards.render import wecom_limits as limits
from cards.render.slot import Slot
from cards.render.taps import menu, open_form, taps

Kind: TypeAlias = Literal[
    "multiple_interaction", "vote_interaction", "button_interaction", "news_notice",
    "text_notice", "text",
]  # fmt: skip
WITH_MENU: frozenset[Kind] = frozenset({"button_interaction", "news_notice", "text_notice"})


def kind_of(card: Card, slot: Slot) -> Kind:
    """The first row that holds; each is the only one, or the fullest, that can do its thing."""
    fields, picks = selections(card, slot), len(taps(card, slot))
    listed = not fields and not opens_form(card, slot) and picks > limits.BUTTONS
    opens = target(card, slot)
    rows: tuple[tuple[bool, Kind], ...] = (
        # the only one with several drop-downs; a list to pick from is a drop-down that keeps
        # one place free for "nothing chosen yet", because a drop-down always has a value
        (len(fields) > 1 or (listed and picks < limits.OPTIONS), "multiple_interaction"),
        # the only one with check-boxes, which hold twice as many and may stay empty
        (listed or any(map(is_boxes, fields)), "vote_interaction"),
        # the only one with buttons, and the one drop-down beside them keeps rows and quote
        (takes_press(card, slot), "button_interaction"),
        # a notice must open something when it is tapped; the only one that shows a picture
        (bool(opens and picture_url(card, slot)), "news_notice"),
        # the only one with a figure, and with rows that lead to pages
        (bool(opens), "text_notice"),
        (True, "text"),
    )
    return next(kind for holds, kind in rows if holds)


def takes_press(card: Card, slot: Slot) -> bool:
    """Whether there is something to press; a menu needs a button where no page carries it."""
    tappable = taps(card, slot) or selections(card, slot) or opens_form(card, slot)
    return bool(tappable or (menu(card, slot) and not target(card, slot)))


def selections(card: Card, slot: Slot) -> tuple[Field, ...]:
    """The fields of a form that can be filled in on the card itself; none if it needs its page.

    No template card has an input for words. Where there are more options than are listed, the
    page finds them, if there is one.
    """
    form = open_form(card)
    if form is None or (slot.form_url and any(field.more for field in form.fields)):
        return ()
    fields = form.fields
    if any(field.kind == "text" or not field.options for field in fields):
        return ()
    if len(fields) == 1 and is_boxes(fields[0]):
        fit = not card.buttons and len(fields[0].options) <= limits.BOXES
    elif len(fields) == 1:
        fit = len(card.buttons) < limits.BUTTONS
    else:
        fit = (
            not card.buttons and len(fields) <= limits.SELECTORS and not any(map(is_boxes, fields))
        )
    return fields if fit else ()


def is_boxes(field: Field) -> bool:
    """Whether a field is a list of check-boxes: several may be chosen, or there are many."""
    return field.kind == "multi" or len(field.options) >= limits.OPTIONS


def opens_form(card: Card, slot: Slot) -> bool:
    """Whether a button of the card opens the page of its form."""
    return bool(open_form(card) and slot.form_url and not selections(card, slot))


def target(card: Card, slot: Slot) -> str:
    """The page a tap on a notice opens; "" if there is none."""
    return slot.form_url or (card.links[0].url if card.links else picture_url(card, slot))


def picture_url(card: Card, slot: Slot) -> str:
    """Where the card's picture is; "" if it has none or it was not uploaded."""
    return (card.picture.url or slot.picture) if card.picture else ""
