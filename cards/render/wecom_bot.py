"""A card as WeCom's smart bot shows it (docs 101032, 101463): the app's card, cut to fit.

The bot takes the same five sorts of template card with shorter texts, and without buttons that
open a page, rows that open a file and the grey word of a locked card. A page is opened by a tap
on the card itself. There is no text message: a text goes out as markdown that means nothing.
"""

from __future__ import annotations

import re
from typing import Any

from cards.model import Card, Content, Media, Text
from cards.render import wecom
from cards.render.slot import Slot
from cards.render.text import clean, cut, cut_bytes

MARKDOWN_BYTES = 20480  # hard
TITLE = 26
SUBTITLE = 30
DETAILS = 112  # sub_title_text, and main_title.desc of a card with drop-downs
FACT_VALUE = 26
LABEL = 13  # a jump, the title of a drop-down
OPTION = 10
TICK = 11  # a box to tick
OPENS_PAGE = "点这张卡片打开填写页面。"

_URL_BUTTON = 1
_FILE_ROW = 2
_WIDE = str.maketrans("\\`*[]<|", "＼｀＊［］＜｜")
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # inside a word it is only a letter
_STRUCK = re.compile(r"~{2,}")
_START = re.compile(r"^[ ]*([#>+-]|=+)", re.MULTILINE)
_STARTS = str.maketrans("#>+-=", "＃＞＋－＝")


def render(content: Content, slot: Slot) -> dict[str, Any]:
    """The message to send: `{"msgtype": …, …}` without the conversation."""
    if isinstance(content, Media):
        return wecom.render(content, slot)
    if isinstance(content, Text):
        return _markdown(content.text)
    message = wecom.render(content, slot)
    if message["msgtype"] == "template_card":
        card = fit(message["template_card"])
        return {**message, "template_card": {**card, "task_id": slot.ref}}
    return _markdown(message["text"]["content"])


def render_update(card: Card, slot: Slot) -> dict[str, Any]:
    """The `template_card` to show in place of an earlier card, under its task_id."""
    return {**fit(wecom.render_update(card, slot)), "task_id": slot.ref}


def fit(card: dict[str, Any]) -> dict[str, Any]:
    """An app's template card as the bot takes it; what does not fit a row becomes a line."""
    card = {name: part for name, part in card.items() if name != "replace_text"}
    lines = [card.get("sub_title_text", "")]
    _fit_rows(card, lines)
    _fit_page(card, lines)
    _fit_title(card, lines)
    details = cut("\n".join(filter(None, lines)), DETAILS)
    card.pop("sub_title_text", None)
    if details:
        card["sub_title_text"] = details
    if "jump_list" in card:
        card["jump_list"] = [{**j, "title": cut(j["title"], LABEL)} for j in card["jump_list"]]
    if "button_selection" in card:
        card["button_selection"] = _drop_down(card["button_selection"])
    if "select_list" in card:
        card["select_list"] = [_drop_down(one) for one in card["select_list"]]
    if "checkbox" in card:
        card["checkbox"] = _options(card["checkbox"], TICK)
    return card


def literal(text: str) -> str:
    """`text` so that no markdown acts in it: WeCom documents no escape, so signs become wide."""
    wide = _EDGE.sub("＿", clean(text).translate(_WIDE))
    wide = _STRUCK.sub(lambda found: "～" * len(found[0]), wide)
    return _START.sub(lambda found: found[0].translate(_STARTS), wide)


def _markdown(text: str) -> dict[str, Any]:
    content = cut_bytes(literal(text), MARKDOWN_BYTES) or "（空）"
    return {"msgtype": "markdown", "markdown": {"content": content}}


def _fit_rows(card: dict[str, Any], lines: list[str]) -> None:
    rows = []
    for row in card.pop("horizontal_content_list", ()):
        if row.get("type") == _FILE_ROW:
            row = {"keyname": row["keyname"], "value": row.get("value", "")}  # noqa: PLW2901
        if len(row.get("value", "")) <= FACT_VALUE:
            rows.append(row)
        else:
            lines.append(f"{row['keyname']}：{row['value']}")
    if rows:
        card["horizontal_content_list"] = rows


def _fit_page(card: dict[str, Any], lines: list[str]) -> None:
    """A button that opens a page becomes the tap on the card."""
    if "button_list" not in card:
        return
    links = [b for b in card["button_list"] if b.get("type") == _URL_BUTTON]
    if not links:
        return
    lines.insert(0, OPENS_PAGE)
    card["card_action"] = {"type": 1, "url": links[0]["url"]}
    buttons = [b for b in card.pop("button_list") if b not in links]
    if buttons:
        card["button_list"] = buttons
    else:
        card["card_type"] = "text_notice"


def _fit_title(card: dict[str, Any], lines: list[str]) -> None:
    title = dict(card["main_title"])
    title["title"] = cut(title["title"], TITLE)
    desc = title.pop("desc", "")
    takes_details = card["card_type"] in {"vote_interaction", "multiple_interaction"}
    if takes_details:
        desc = cut("\n".join(filter(None, (desc, *lines))), DETAILS)
        lines.clear()
    elif len(desc) > SUBTITLE:
        lines.insert(0, desc)
        desc = ""
    card["main_title"] = {**title, "desc": desc} if desc else title


def _drop_down(question: dict[str, Any]) -> dict[str, Any]:
    fitted = _options(question, OPTION)
    return {**fitted, "title": cut(fitted["title"], LABEL)} if "title" in fitted else fitted


def _options(question: dict[str, Any], limit: int) -> dict[str, Any]:
    options = [{**one, "text": cut(one["text"], limit)} for one in question["option_list"]]
    return {**question, "option_list": options}
