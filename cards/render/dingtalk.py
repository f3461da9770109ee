"""DingTalk: a card becomes the variables of our template, or a message where there is none.

Source: reference dingtalk.md §4.1, §4.4. Every value of a template variable is a string;
objects and lists are JSON inside it. The variables stand in the shipped template
`bot/platforms/dingtalk/templates/card.json`, and a test holds both together.
"""

from __future__ import annotations

import json
from typing import Any

from cards.model import Card, Content, Field, Form, Media, Text
from cards.render.dingtalk_message import card_message, text_message
from cards.render.dingtalk_text import body, links, picture, plain
from cards.render.media import media
from cards.render.slot import Slot
from cards.render.taps import Tap, menu, open_form, taps
from cards.render.text import lost

FORM_KEY = "_key"
"""The hidden field of a form that carries the slot's form key back."""

MOST_OPTIONS = 50
"""The platform names no limit for a drop-down; more than this no thumb scrolls through."""

_TYPES = {"select": "SELECT", "multi": "MULTI_SELECT", "text": "TEXT"}
_VALUE_BYTES = 1024
_LINE_BYTES = 240
_SHORT_BYTES = 60


def render(content: Content, slot: Slot, *, template: bool) -> dict[str, Any]:
    """The message that shows `content`, JSON-ready and the same for the same arguments.

    With a card template: `{"outTrackId", "card": {"cardParamMap"}, "summary"}`; without one,
    and for a text: `{"msgKey", "msgParam"}` (msgParam still an object).
    """
    if isinstance(content, Text):
        return text_message(content)
    if isinstance(content, Media):
        return media(content)
    if not template:
        return card_message(content, slot)
    return {
        "outTrackId": slot.ref,
        "card": {"cardParamMap": card_params(content, slot)},
        "summary": plain(content.title, _LINE_BYTES),
    }


def card_params(card: Card, slot: Slot) -> dict[str, str]:
    """Every variable of the template, also the empty ones: updates go key by key."""
    form = open_form(card)
    return {
        "title": plain(card.title, _LINE_BYTES),
        "subtitle": plain(card.subtitle, _LINE_BYTES),
        "picture": picture(card, slot),
        "markdown": body(card, _VALUE_BYTES),
        "links": links(card, _VALUE_BYTES),
        "tone": card.tone,
        "buttons": compact([_button(tap) for tap in taps(card, slot)]),
        "form": compact(_form(form, slot) if form else {}),
        "form_status": "normal" if form else "disabled",
        "form_btn_text": plain(form.submit, _SHORT_BYTES) if form else "",
        "menu": compact([{"text": tap.text, "key": tap.key} for tap in menu(card, slot)]),
        "done": plain(card.done, _SHORT_BYTES),
        "lastMessage": plain(card.title, _LINE_BYTES),
    }


def _button(tap: Tap) -> dict[str, Any]:
    text = plain(tap.text, _SHORT_BYTES)
    return {"text": text, "key": tap.key, "style": tap.style, "disabled": False}


def _form(form: Form, slot: Slot) -> dict[str, Any]:
    key = {"name": FORM_KEY, "type": "TEXT", "hidden": True, "defaultValue": slot.form_key}
    return {"fields": [*map(_field, form.fields), key]}


def _field(field: Field) -> dict[str, Any]:
    shown = {
        "name": field.name,
        "label": plain(field.label, _SHORT_BYTES),
        "type": _TYPES[field.kind],
        "placeholder": plain(field.placeholder, _SHORT_BYTES),
    }
    if field.kind == "text":
        return shown
    if len(field.options) > MOST_OPTIONS:
        lost(field.label, MOST_OPTIONS, "项")
        shown["placeholder"] = f"共 {len(field.options)} 项，只列出前 {MOST_OPTIONS} 项"
    options = [
        {"value": choice.id, "text": plain(choice.text, _LINE_BYTES)}
        for choice in field.options[:MOST_OPTIONS]
    ]
    return {**shown, "options": options}


def compact(value: Any) -> str:
    """`value` as the JSON text DingTalk wants inside its JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
