"""The blocks of WeCom's cards, and in words whatever a card has no block for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cards.model import Card, Field, Link, Style, Tone
from cards.render import wecom_limits as limits
from cards.render.slot import Slot
from cards.render.taps import Tap, menu, open_form, question
from cards.render.text import clean, cut, lost, one_line
from cards.render.wecom_kind import WITH_MENU, Kind, opens_form, picture_url, selections

SOURCE = "建流"
NOT_CHOSEN = "not-chosen"
"""The option a drop-down begins with, because it always has a value."""

_COLOURS: dict[Tone, int] = {"plain": 0, "good": 3, "warning": 2, "bad": 2}
_STYLES: dict[Style, int] = {"primary": 1, "danger": 2, "normal": 4}
_LINK_ROW, _PICTURE_ROW = "打开", "图片"

Block = dict[str, Any]


def head(card: Card, slot: Slot, kind: Kind, *notes: str) -> Block:
    """What stands above the buttons; facts too long or too many for rows become lines."""
    links = _link_rows(card, slot) if kind == "button_interaction" else []
    rows, lines = _rows(card.facts, limits.FACTS - len(links))
    subtitle = one_line(card.subtitle)
    if len(subtitle) > limits.SUBTITLE:
        lines.insert(0, subtitle)
        subtitle = ""
    said = (*notes, *in_words(card, slot, kind), *lines)
    quote = cut(clean(card.quote), limits.QUOTE)
    return without_empty(
        source={"desc": SOURCE, "desc_color": _COLOURS[card.tone]},
        main_title=without_empty(title=title(card), desc=subtitle),
        horizontal_content_list=rows + links,
        quote_area={"type": 0, "quote_text": quote} if quote else {},
        action_menu=action_menu(card, slot) if kind in WITH_MENU else {},
        **_details_of(kind, said),
    )


def in_words(card: Card, slot: Slot, kind: Kind) -> list[str]:
    """The blocks of the card this kind has no place for."""
    words = [question(card)]
    if card.figure and (kind not in {"text_notice", "news_notice"} or not _figure_fits(card)):
        words.append(f"{card.figure.caption}：{card.figure.value}")
    url = picture_url(card, slot)
    if card.picture and not (url and kind in {"news_notice", "button_interaction"}):
        words.append(f"图片：{card.picture.alt}{f' {url}' if url else ''}")
    elif card.picture and kind == "news_notice":
        words.append(card.picture.alt)
    unlisted = card.links[_link_room(card, slot, kind) :]
    words += [f"{link.text}：{link.url}" for link in unlisted]
    if kind not in WITH_MENU and card.menu and not card.done:
        words.append(f"为什么找您：{card.menu.why}")
    return [one_line(line) for line in words if line]


def _link_room(card: Card, slot: Slot, kind: Kind) -> int:
    """How many links have a row."""
    if kind == "button_interaction":
        return limits.FACTS - bool(picture_url(card, slot))
    return limits.LINKS if kind in {"text_notice", "news_notice"} else 0


def _figure_fits(card: Card) -> bool:
    """A number is not cut: shortened, it is another one."""
    figure = card.figure
    return figure is not None and 0 < len(one_line(figure.value)) <= limits.FIGURE


def emphasis(card: Card) -> Block:
    """The big figure of a text notice."""
    if card.figure is None or not _figure_fits(card):
        return {}
    return {
        "title": one_line(card.figure.value),
        "desc": cut(one_line(card.figure.caption), limits.CAPTION),
    }


def vertical(card: Card) -> list[Block]:
    """The figure of a news notice, whose only place is a line of its own."""
    if card.figure is None or not _figure_fits(card):
        return []
    value, caption = one_line(card.figure.value), one_line(card.figure.caption)
    return [{"title": value, "desc": cut(caption, limits.DETAILS)}]


def jumps(links: Iterable[Link]) -> list[Block]:
    """The rows of a notice that lead to pages."""
    return [
        {"type": 1, "title": label(link.text, limits.LINK_TEXT), "url": link.url}
        for link in list(links)[: limits.LINKS]
    ]


def action_menu(card: Card, slot: Slot) -> Block:
    """The menu behind the three dots."""
    entries = [{"text": tap.text, "key": tap.key} for tap in menu(card, slot)]
    return {"desc": "这条提醒", "action_list": entries} if entries else {}


def drop_down(name: str, heading: str, options: list[tuple[str, str]]) -> Block:
    """One drop-down that begins with nothing chosen."""
    listed = [{"id": id_, "text": label(text, limits.OPTION_TEXT)} for id_, text in options]
    first = {"id": NOT_CHOSEN, "text": "— 请选择 —"}
    return without_empty(question_key=name, title=one_line(heading), option_list=[first, *listed])


def boxes(name: str, options: list[tuple[str, str]], *, many: bool) -> Block:
    """Check-boxes, of which one or several may be chosen."""
    listed = [{"id": id_, "text": label(text, limits.BOX_TEXT)} for id_, text in options]
    return {"question_key": name, "mode": int(many), "option_list": listed}


def options_of(field: Field) -> list[tuple[str, str]]:
    """The options of a field as (id, words)."""
    return [(choice.id, choice.text) for choice in field.options]


def button(tap: Tap) -> Block:
    """A button that calls back."""
    text = label(tap.text, limits.BUTTON_TEXT)
    return {"text": text, "style": _STYLES[tap.style], "key": tap.key}


def grey(word: str, key: str) -> Block:
    """What is left of a locked card's buttons: one that cannot be pressed."""
    return {"button_list": [{"text": word, "style": _STYLES["normal"], "key": key}],
            "replace_text": word}  # fmt: skip


def page_button(slot: Slot) -> Block:
    """The button that opens the page of a form."""
    # Not the form's own word: this tap submits nothing yet, the page has the button that does.
    return {"text": "打开填写", "style": _STYLES["primary"], "type": 1, "url": slot.form_url}


def title(card: Card) -> str:
    """The card's title, as much as there is room for."""
    return label(card.title, limits.TITLE)


def label(text: str, limit: int) -> str:
    """A text WeCom insists on."""
    return cut(one_line(text), limit) or "—"


def details(*lines: str) -> str:
    """Lines of small print, one below the other."""
    return cut("\n".join(line for line in map(one_line, lines) if line), limits.DETAILS)


def fact_line(name: str, value: str) -> str:
    """A fact as a line."""
    return one_line(f"{name}：{value}" if name else value)


def no_page(card: Card, slot: Slot) -> str:
    """What is said of a form that can be filled in nowhere."""
    nowhere = open_form(card) and not opens_form(card, slot) and not selections(card, slot)
    return "填写页面暂不可用，请直接发送命令。" if nowhere else ""


def left_out(count: int, limit: int) -> str:
    """What is said of entries there is no room for."""
    if count <= 0:
        return ""
    lost(f"{limit + count} 项", limit, "项")
    return f"另有 {count} 项未列出，请直接发送命令。"


def without_empty(**parts: Any) -> Block:
    """The parts that say something."""
    return {name: part for name, part in parts.items() if part}


def _details_of(kind: Kind, lines: Iterable[str]) -> Block:
    """The small print; a news notice has no place for it but the list below the picture."""
    text = details(*lines)
    if kind == "news_notice":
        return {"vertical_content_list": [{"title": "说明", "desc": text}]} if text else {}
    return {"sub_title_text": text}


def _rows(facts: Iterable[tuple[str, str]], room: int) -> tuple[list[Block], list[str]]:
    rows: list[Block] = []
    lines: list[str] = []
    for name, value in ((one_line(n), one_line(v)) for n, v in facts):
        fits = 0 < len(name) <= limits.FACT_NAME and len(value) <= limits.FACT_VALUE
        if fits and len(rows) < room:
            rows.append({"keyname": name, "value": value})
        else:
            lines.append(fact_line(name, value))
    return rows, lines


def _link_rows(card: Card, slot: Slot) -> list[Block]:
    """A card with buttons has no jump list: pages and the picture are opened from rows."""
    url = picture_url(card, slot)
    shown = [(_PICTURE_ROW, card.picture.alt, url)] if card.picture and url else []
    shown += [(_LINK_ROW, link.text, link.url) for link in card.links]
    return [
        {"keyname": name, "value": label(text, limits.FACT_VALUE), "type": 1, "url": url}
        for name, text, url in shown[: limits.FACTS]
    ]
