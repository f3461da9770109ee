"""DingTalk without a card template: ActionCards, markdown and text.

A button of an ActionCard makes the phone say a line (`dtmd` link, reference dingtalk.md
§4.7). The line names the message and the key, so that it counts as the press it stands
for. Such a message can never be changed, so an old button stays and is answered politely.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

from cards.model import Card, Field, Form, Text
from cards.render.dingtalk_text import LINE, body, fit, links, markdown, picture, plain
from cards.render.slot import Slot
from cards.render.taps import Tap, menu, open_form, taps
from cards.render.text import clean, cut_bytes

PRESS_WORD = "/卡"
"""The command word of a line that stands for a press: "/卡 <ref> <key> [name=value …]"."""

SAY = "dtmd://dingtalkclient/sendMessage?content="
"""What a link begins with that makes the phone send its content to the robot."""

MOST_ACTIONS = 5
"""sampleActionCard2 to 5 have that many vertical buttons (doc robot-message-type)."""

_TITLE_BYTES = 240
_SHORT_BYTES = 60
_BODY_BYTES = 2000
_EXTRA_BYTES = 2000
_LINKS_BYTES = 1600
_COMMAND_BYTES = 600
# msgParam may have 15,000 bytes; as JSON a quote or a backslash takes twice its place.
_TEXT_BYTES = 6000


def text_message(text: Text) -> dict[str, Any]:
    """A plain text as `sampleText`, which needs no escaping."""
    return {
        "msgKey": "sampleText",
        "msgParam": {"content": cut_bytes(clean(text.text), _TEXT_BYTES)},
    }


def card_message(card: Card, slot: Slot) -> dict[str, Any]:
    """A card as an ActionCard, or as markdown when nothing on it can be tapped.

    The menu's entries are its last buttons.
    """
    tappable = taps(card, slot) + menu(card, slot)
    said = [(plain(tap.text, _SHORT_BYTES) or "—", _press(slot, tap)) for tap in tappable]
    param = {
        "title": plain(card.title, _TITLE_BYTES),
        "text": "\n\n".join(filter(None, _parts(card, slot, tappable[MOST_ACTIONS:]))),
    }
    if not said:
        return {"msgKey": "sampleMarkdown", "msgParam": param}
    if len(said) == 1:
        name, line = said[0]
        param |= {"singleTitle": name, "singleURL": SAY + quote_plus(line)}
        return {"msgKey": "sampleActionCard", "msgParam": param}
    shown = said[:MOST_ACTIONS]
    for number, (name, line) in enumerate(shown, start=1):
        param |= {f"actionTitle{number}": name, f"actionURL{number}": SAY + quote_plus(line)}
    return {"msgKey": f"sampleActionCard{len(shown)}", "msgParam": param}


def _press(slot: Slot, tap: Tap) -> str:
    return f"{PRESS_WORD} {slot.ref} {tap.key}"


def _parts(card: Card, slot: Slot, rest: list[Tap]) -> Iterator[str]:
    yield f"#### {markdown(card.title, _TITLE_BYTES)}"
    yield markdown(card.subtitle, _TITLE_BYTES)
    yield picture(card, slot)
    yield body(card, _BODY_BYTES)
    yield links(card, _LINKS_BYTES)
    if card.done:
        yield f"**{markdown(card.done, _SHORT_BYTES)}**"
    if rest:
        yield fit(_rest(rest, slot), _EXTRA_BYTES)
    if form := open_form(card):
        yield fit(_form_help(form, slot), _EXTRA_BYTES)


def _rest(rest: list[Tap], slot: Slot) -> Iterator[str]:
    yield "其他操作，请回复整行"
    for tap in rest:
        yield f"{LINE}{markdown(tap.text, _SHORT_BYTES)}：{_literal(_press(slot, tap))}"


def _form_help(form: Form, slot: Slot) -> Iterator[str]:
    """The line that submits the form, and what may stand in it."""
    blanks = " ".join(f"{field.name}=…" for field in form.fields)
    yield "请把这一行填好后回复"
    yield f"{LINE}{_literal(f'{PRESS_WORD} {slot.ref} {slot.form_key} {blanks}')}"
    if slot.form_url:
        yield f"{LINE}[或打开表单填写]({slot.form_url})"
    for field in form.fields:
        yield from _field_help(field)


def _field_help(field: Field) -> Iterator[str]:
    hint = f"，{markdown(field.placeholder, _SHORT_BYTES)}" if field.placeholder else ""
    several = "（可以选几个，用逗号隔开）" if field.kind == "multi" else ""
    yield f"\n\n{_literal(field.name)}：{markdown(field.label, _SHORT_BYTES)}{several}{hint}"
    for choice in field.options:
        yield f"{LINE}{_literal(choice.id)} = {markdown(choice.text, _SHORT_BYTES)}"


def _literal(text: str) -> str:
    return markdown(text, _COMMAND_BYTES)
