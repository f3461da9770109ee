"""A card as WeCom shows it (docs 90236, 94888): template cards and text messages.

`wecom_kind.py` chooses the template. In place of another card everything is shown as it would
be sent, but for a card that takes no press and opens nothing: it becomes one grey button,
which exists in updates only. A fresh one is a text message, because a notice has to open
something when it is tapped.
"""

from __future__ import annotations

from typing import Any

from cards.model import Card, Content, Media, Text
from cards.render import plain
from cards.render import wecom_blocks as blocks
from cards.render import wecom_limits as limits
from cards.render.media import media
from cards.render.slot import Slot
from cards.render.taps import Tap, menu, open_form, taps
from cards.render.text import clean, cut, cut_bytes, one_line, unlinked
from cards.render.wecom_blocks import Block
from cards.render.wecom_kind import (
    Kind,
    kind_of,
    opens_form,
    picture_url,
    selections,
    target,
)

CHOICE = "choice"
"""question_key of a pick list; the chosen option's id is the key of a button."""


def render(content: Content, slot: Slot) -> dict[str, Any]:
    """The message to send: `{"msgtype": …, …}` without receiver and app."""
    if isinstance(content, Text):
        return _text(content.text)
    if isinstance(content, Media):
        return {"msgtype": "image" if content.sort == "picture" else "file", **media(content)}
    kind = kind_of(content, slot)
    if kind == "text":
        return _text(plain.words(content, slot, blocks.no_page(content, slot)))
    card = _face(content, slot, kind)
    if kind not in {"news_notice", "text_notice"} or "action_menu" in card:
        card["task_id"] = slot.ref
    return {"msgtype": "template_card", "template_card": card}


def render_update(card: Card, slot: Slot) -> dict[str, Any]:
    """The `template_card` to show in place of an earlier card; it keeps the task_id."""
    kind = kind_of(card, slot)
    if not card.done and kind != "text":
        return _face(card, slot, kind)
    word = cut(one_line(card.done), limits.BUTTON_TEXT) or "无需操作"
    return {
        "card_type": "button_interaction",
        **blocks.head(card, slot, "button_interaction"),
        # A press that was under way meets the locked card under its own key and is told so.
        **blocks.grey(word, slot.button_key(0)),
    }


def _text(text: str) -> dict[str, Any]:
    content = cut_bytes(unlinked(clean(text)), limits.TEXT_BYTES) or "(空)"  # WeCom refuses ""
    return {"msgtype": "text", "text": {"content": content}}


def _face(card: Card, slot: Slot, kind: Kind) -> Block:
    match kind:
        case "multiple_interaction":
            return {"card_type": kind, **_drop_downs(card, slot)}
        case "vote_interaction":
            return {"card_type": kind, **_boxes(card, slot)}
        case "button_interaction":
            return {"card_type": kind, **_buttons(card, slot)}
    return {"card_type": kind, **_notice(card, slot, kind)}


def _buttons(card: Card, slot: Slot) -> Block:
    """Buttons; the form's drop-down above them with its submit, or the button to its page."""
    fields, form = selections(card, slot), open_form(card)
    first = [blocks.page_button(slot)] if opens_form(card, slot) else []
    chooser: Block = {}
    if fields and form:
        first = [blocks.button(Tap(slot.form_key, form.submit, "primary"))]
        chooser = blocks.drop_down(fields[0].name, fields[0].label, blocks.options_of(fields[0]))
    tappable = taps(card, slot)
    room = limits.BUTTONS - len(first)
    said = blocks.no_page(card, slot), blocks.left_out(len(tappable) - room, room)
    head = blocks.head(card, slot, "button_interaction", *said)
    if not first and not tappable:  # nothing but the menu: its entries are the buttons
        head.pop("action_menu")
        tappable = menu(card, slot)
    return {
        **head,
        **blocks.without_empty(button_selection=chooser),
        "button_list": first + [blocks.button(tap) for tap in tappable[:room]],
    }


def _drop_downs(card: Card, slot: Slot) -> Block:
    """Up to three drop-downs and one submit; this sort of card has no rows and no quote."""
    form = open_form(card)
    if fields := selections(card, slot):
        lists = [blocks.drop_down(f.name, f.label, blocks.options_of(f)) for f in fields]
    else:
        lists = [blocks.drop_down(CHOICE, "请选择", _picks(card, slot))]
    submit = form.submit if fields and form else "确定"
    return {
        "source": {"desc": blocks.SOURCE},
        "main_title": blocks.without_empty(
            title=blocks.title(card), desc=_small_print(card, slot, "multiple_interaction")
        ),
        "select_list": lists,
        "submit_button": _submit(submit, slot),
    }


def _boxes(card: Card, slot: Slot) -> Block:
    """Check-boxes and one submit, below a title so short that it may have to be said again."""
    fields, form = selections(card, slot), open_form(card)
    if fields and form:
        chosen = fields[0]
        many, heading, submit = chosen.kind == "multi", chosen.label, form.submit
        choices = blocks.boxes(chosen.name, blocks.options_of(chosen), many=many)
        said = ""
    else:
        heading, submit, picks = "请选一项", "确定", _picks(card, slot)
        choices = blocks.boxes(CHOICE, picks[: limits.BOXES], many=False)
        said = blocks.left_out(len(picks) - limits.BOXES, limits.BOXES)
    fits = 0 < len(one_line(card.title)) <= limits.VOTE_TITLE
    title, again = (card.title, heading if fields else "") if fits else (heading, card.title)
    small = _small_print(card, slot, "vote_interaction", said, again)
    return {
        "source": {"desc": blocks.SOURCE},
        "main_title": blocks.without_empty(
            title=blocks.label(title, limits.VOTE_TITLE), desc=small
        ),
        "checkbox": choices,
        "submit_button": _submit(submit, slot),
    }


def _notice(card: Card, slot: Slot, kind: Kind) -> Block:
    """Something to read that opens a page, with its figure or its picture."""
    head = blocks.head(card, slot, kind, plain.status(card), blocks.no_page(card, slot))
    shown: Block = {"emphasis_content": blocks.emphasis(card)}
    if kind == "news_notice":
        below = blocks.vertical(card) + head.get("vertical_content_list", [])
        shown = {
            "card_image": {"url": picture_url(card, slot)},
            "vertical_content_list": below,
        }
    links = {"jump_list": blocks.jumps(card.links)}
    action = {"card_action": {"type": 1, "url": target(card, slot)}}
    return {**head, **blocks.without_empty(**shown, **links), **action}


def _picks(card: Card, slot: Slot) -> list[tuple[str, str]]:
    return [(tap.key, tap.text) for tap in taps(card, slot)]


def _submit(text: str, slot: Slot) -> Block:
    return {"text": blocks.label(text, limits.BUTTON_TEXT), "key": slot.form_key}


def _small_print(card: Card, slot: Slot, kind: Kind, *notes: str) -> str:
    facts = (blocks.fact_line(name, value) for name, value in card.facts)
    words = blocks.in_words(card, slot, kind)
    notes = (*notes, blocks.no_page(card, slot))
    return blocks.details(*notes, card.subtitle, *words, *facts, card.quote)
