"""A card as WeCom shows it (docs 90236, 94888): template cards and text messages.

| card | sent as | shown in place of another as |
|---|---|---|
| up to six buttons, a form with its page | `button_interaction` | the same |
| a list to pick from (more than six buttons) | `multiple_interaction` | the same |
| nothing to press, but a page to open | `text_notice` | grey `button_interaction` |
| nothing to press, no page | `text` | grey `button_interaction` |

Why the last two rows: a `text_notice` must open something when it is tapped, and the grey
button (`replace_text`) exists in updates only, so a fresh card that takes no press and
leads nowhere has no legal card form. No template card has a text input: a form is a button
that opens its H5 page.
"""

from __future__ import annotations

from typing import Any

from cards.model import Button, Card, Content, Media, Style, Text, Tone
from cards.render import wecom_limits as limits
from cards.render.media import media
from cards.render.slot import Slot
from cards.render.text import clean, cut, cut_bytes, one_line, unlinked

SOURCE = "建流"
CHOICE = "choice"
"""question_key of a pick list; the chosen option's id is the key of a button."""

_NOT_CHOSEN = {"id": "none", "text": "— 请选择 —"}  # a drop-down always has a value
_COLOURS: dict[Tone, int] = {"plain": 0, "good": 3, "warning": 2, "bad": 2}
_STYLES: dict[Style, int] = {"primary": 1, "danger": 2, "normal": 4}


def render(content: Content, slot: Slot) -> dict[str, Any]:
    """The message to send: `{"msgtype": …, …}` without receiver and app."""
    if isinstance(content, Text):
        return _text(content.text)
    if isinstance(content, Media):
        return {"msgtype": "image" if content.sort == "picture" else "file", **media(content)}
    if _takes_press(content, slot):
        return _template_card({**_face(content, slot), "task_id": slot.ref})
    if slot.form_url:
        link = {"type": 1, "url": slot.form_url}
        return _template_card(
            {"card_type": "text_notice", **_head(content, _status(content)), "card_action": link}
        )
    return _text(_plain(content, slot))


def render_update(card: Card, slot: Slot) -> dict[str, Any]:
    """The `template_card` to show in place of an earlier card; it keeps the task_id."""
    if _takes_press(card, slot):
        return _face(card, slot)
    word = cut(one_line(card.done), limits.BUTTON_TEXT) or "无需操作"
    return {
        "card_type": "button_interaction",
        **_head(card),
        # A press that was under way meets the locked card under its own key and is told so.
        "button_list": [{"text": word, "style": _STYLES["normal"], "key": slot.button_key(0)}],
        "replace_text": word,
    }


def _template_card(card: dict[str, Any]) -> dict[str, Any]:
    return {"msgtype": "template_card", "template_card": card}


def _text(text: str) -> dict[str, Any]:
    content = cut_bytes(unlinked(clean(text)), limits.TEXT_BYTES) or "(空)"  # WeCom refuses ""
    return {"msgtype": "text", "text": {"content": content}}


def _takes_press(card: Card, slot: Slot) -> bool:
    return not card.done and bool(card.buttons or (card.form and slot.form_url))


def _face(card: Card, slot: Slot) -> dict[str, Any]:
    """A card that can be pressed."""
    if card.form is None and len(card.buttons) > limits.BUTTONS:
        return _pick_list(card, slot)
    opener = [_form_button(slot)] if card.form and slot.form_url else []
    room = limits.BUTTONS - len(opener)
    buttons = [_button(b, slot.button_key(i)) for i, b in enumerate(card.buttons[:room])]
    return {
        "card_type": "button_interaction",
        **_head(card, _no_page(card, slot), _left_out(len(card.buttons) - room)),
        "button_list": opener + buttons,
    }


def _pick_list(card: Card, slot: Slot) -> dict[str, Any]:
    """One drop-down and a submit button; this sort of card has no rows and no quote."""
    options = [
        {"id": slot.button_key(i), "text": _label(b.text, limits.OPTION_TEXT)}
        for i, b in enumerate(card.buttons[: limits.OPTIONS])
    ]
    if len(options) < limits.OPTIONS:
        options.insert(0, dict(_NOT_CHOSEN))
    facts = [_fact_line(name, value) for name, value in card.facts]
    note = _left_out(len(card.buttons) - limits.OPTIONS)
    details = _details(note, card.subtitle, *facts, card.quote)
    return {
        "card_type": "multiple_interaction",
        "source": {"desc": SOURCE},
        "main_title": _without_empty(title=_title(card), desc=details),
        "select_list": [{"question_key": CHOICE, "title": "请选择", "option_list": options}],
        "submit_button": {"text": "确定", "key": slot.form_key},
    }


def _head(card: Card, *notes: str) -> dict[str, Any]:
    """What stands above the buttons; facts too long or too many for rows become lines."""
    rows: list[dict[str, str]] = []
    lines: list[str] = []
    for name, value in ((one_line(n), one_line(v)) for n, v in card.facts):
        fits = 0 < len(name) <= limits.FACT_NAME and len(value) <= limits.FACT_VALUE
        if fits and len(rows) < limits.FACTS:
            rows.append({"keyname": name, "value": value})
        else:
            lines.append(_fact_line(name, value))
    subtitle = one_line(card.subtitle)
    if len(subtitle) > limits.SUBTITLE:
        lines.insert(0, subtitle)
        subtitle = ""
    quote = cut(clean(card.quote), limits.QUOTE)
    return _without_empty(
        source={"desc": SOURCE, "desc_color": _COLOURS[card.tone]},
        main_title=_without_empty(title=_title(card), desc=subtitle),
        sub_title_text=_details(*notes, *lines),
        horizontal_content_list=rows,
        quote_area={"type": 0, "quote_text": quote} if quote else {},
    )


def _plain(card: Card, slot: Slot) -> str:
    """A card that takes no press, as a text message."""
    facts = (_fact_line(name, value) for name, value in card.facts)
    status = _status(card) or _no_page(card, slot)
    parts = (card.title, card.subtitle, *facts, clean(card.quote), status)
    return "\n".join(part for part in parts if part)


def _status(card: Card) -> str:
    return f"状态：{one_line(card.done)}" if card.done else ""


def _title(card: Card) -> str:
    return _label(card.title, limits.TITLE)


def _label(text: str, limit: int) -> str:
    """A text WeCom insists on."""
    return cut(one_line(text), limit) or "—"


def _details(*lines: str) -> str:
    return cut("\n".join(line for line in map(one_line, lines) if line), limits.DETAILS)


def _fact_line(name: str, value: str) -> str:
    return one_line(f"{name}：{value}" if name else value)


def _no_page(card: Card, slot: Slot) -> str:
    return "填写页面暂不可用，请直接发送命令。" if card.form and not slot.form_url else ""


def _left_out(count: int) -> str:
    return f"另有 {count} 项未列出，请直接发送命令。" if count > 0 else ""


def _button(button: Button, key: str) -> dict[str, Any]:
    text = _label(button.text, limits.BUTTON_TEXT)
    return {"text": text, "style": _STYLES[button.style], "key": key}


def _form_button(slot: Slot) -> dict[str, Any]:
    # Not the form's own word: this tap submits nothing yet, the page has the button that does.
    return {"text": "打开填写", "style": _STYLES["primary"], "type": 1, "url": slot.form_url}


def _without_empty(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part}
