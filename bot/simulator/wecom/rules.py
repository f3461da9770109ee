"""What WeCom accepts as a template card (docs 90236 §template_card, 94888).

Written from the documentation alone and on purpose without a look at our renderer's limits,
so that a mistake there shows up here. Counts, required fields and keys are enforced; lengths
in characters are only advice to WeCom, clients cut them.
"""

from __future__ import annotations

import re
from typing import Any

from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.reading import (
    ILLEGAL,
    needed,
    number,
    obj,
    objects,
    text,
    unique,
)

_EVERY = {"card_type", "source", "main_title", "task_id"}
_NOTICE = {"quote_area", "horizontal_content_list", "jump_list", "card_action", "action_menu"}
_FIELDS = {
    "text_notice": _EVERY | _NOTICE | {"emphasis_content", "sub_title_text"},
    "news_notice": _EVERY | _NOTICE | {"card_image", "image_text_area", "vertical_content_list"},
    "button_interaction": _EVERY
    | (_NOTICE - {"jump_list"})
    | {"sub_title_text", "button_selection", "button_list"},
    "vote_interaction": _EVERY | {"checkbox", "submit_button"},
    "multiple_interaction": _EVERY | {"select_list", "submit_button"},
}
INTERACTIVE = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
"""Types that call back, carry a task_id and yield a response_code."""

_KEY_BYTES = 1024
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
_RATIOS = (1.3, 2.25)
"""Width to height of a card's picture: not below the first, under the second."""
_URL = re.compile(r"https?://[^\s/]+\S*")


def check_card(card: dict[str, Any], *, update: bool) -> None:
    """Refuse a card that WeCom would not take for sending (or for an update).

    Raises:
        Refused: with the code of the first rule that is broken.
    """
    kind = text(card, "card_type")
    if kind not in _FIELDS:
        raise Refused(42031, "card_type invalid")
    extra = {"replace_text"} if update and kind in INTERACTIVE else set()
    strange = set(card) - _FIELDS[kind] - extra
    if strange:
        raise Refused(ILLEGAL, f"{kind} has no {', '.join(sorted(strange))}")
    _check_head(card, kind)
    _check_rows(card)
    _check_links(card, kind)
    if kind == "button_interaction":
        _check_buttons(card)
    if kind == "vote_interaction":
        _check_vote(obj(card, "checkbox"))
    if kind == "multiple_interaction":
        _check_selectors(card)
    if kind in ("vote_interaction", "multiple_interaction"):
        _check_submit(card, update=update)
    _check_replace_text(card)
    if not update:
        _check_enabled(card)
    _check_task_id(card, required=not update and (kind in INTERACTIVE or "action_menu" in card))


def _check_head(card: dict[str, Any], kind: str) -> None:
    source, title, emphasis = (obj(card, n) for n in ("source", "main_title", "emphasis_content"))
    for block, name in (
        (source, "desc"),
        (source, "icon_url"),
        (title, "desc"),
        (emphasis, "title"),
        (emphasis, "desc"),
    ):
        text(block, name)
    number(source, "desc_color", 0, range(4))
    sub_title = text(card, "sub_title_text")
    if not text(title, "title") and not (kind == "text_notice" and sub_title):
        raise Refused(42033, "main_title.title missing")
    if kind == "news_notice":
        _check_picture(card)


def _check_picture(card: dict[str, Any]) -> None:
    picture, beside = obj(card, "card_image"), obj(card, "image_text_area")
    if not picture and not beside:
        raise Refused(42044, "card_image or image_text_area missing")
    if picture:
        _check_url(picture, 42044)
        ratio = picture.get("aspect_ratio", _RATIOS[0])
        if isinstance(ratio, bool) or not isinstance(ratio, int | float):
            raise Refused(ILLEGAL, "aspect_ratio has the wrong type")
        if not _RATIOS[0] <= ratio < _RATIOS[1]:
            raise Refused(ILLEGAL, "aspect_ratio out of range")
    if beside:
        if not _URL.fullmatch(needed(beside, "image_url", 42044, 2048)):
            raise Refused(42044, "image_url needs http:// or https://")
        text(beside, "title")
        text(beside, "desc")
        _check_target(beside, number(beside, "type", 0, range(3)))


def _check_rows(card: dict[str, Any]) -> None:
    for row in objects(card, "horizontal_content_list", 0, 6, 42035):
        needed(row, "keyname", 42027)
        text(row, "value")
        match number(row, "type", 0, range(4)):
            case 1:
                _check_url(row, 42028)
            case 2:
                needed(row, "media_id", 42029)
            case 3:
                needed(row, "userid", 42050)
    for row in objects(card, "vertical_content_list", 0, 4, 42036):
        needed(row, "title", 42033)
        text(row, "desc")


def _check_links(card: dict[str, Any], kind: str) -> None:
    quote = obj(card, "quote_area")
    text(quote, "title")
    text(quote, "quote_text")
    _check_target(quote, number(quote, "type", 0, range(3)))
    for jump in objects(card, "jump_list", 0, 3, 42042):
        needed(jump, "title", 42033)
        _check_target(jump, number(jump, "type", 0, range(3)))
    action = obj(card, "card_action")
    sort = number(action, "type", 0, range(3))
    if sort == 0 and kind in ("text_notice", "news_notice"):
        raise Refused(42045, "card_action missing")
    _check_target(action, sort)
    if "action_menu" in card:
        menu = objects(obj(card, "action_menu"), "action_list", 1, 3, 42051)
        for entry in menu:
            needed(entry, "text", 42051)
        unique([needed(entry, "key", 42051, _KEY_BYTES) for entry in menu], "key", 42051)


def _check_target(link: dict[str, Any], sort: int) -> None:
    if sort == 1:
        _check_url(link, 42028)
    if sort == 2:  # noqa: PLR2004 - the doc's number for a mini program
        needed(link, "appid", 42030)


def _check_url(holder: dict[str, Any], code: int) -> None:
    if not _URL.fullmatch(needed(holder, "url", code, 2048)):
        raise Refused(code, "url needs http:// or https://")


def _check_buttons(card: dict[str, Any]) -> None:
    if "button_selection" in card:
        _check_options(obj(card, "button_selection"), 10)
    keys = []
    for button in objects(card, "button_list", 1, 6, ILLEGAL):
        needed(button, "text", 42038)
        if number(button, "type", 0, (0, 1)) == 1:
            _check_url(button, 42028)
        else:
            keys.append(needed(button, "key", 42039, _KEY_BYTES))
    unique(keys, "button key", 42039)


def _check_vote(checkbox: dict[str, Any]) -> None:
    number(checkbox, "mode", 0, (0, 1))
    _check_options(checkbox, 20)
    for option in objects(checkbox, "option_list", 1, 20, 42037):
        if not isinstance(option.get("is_checked", False), bool):
            raise Refused(ILLEGAL, "is_checked has the wrong type")


def _check_enabled(card: dict[str, Any]) -> None:
    """A fresh card cannot come with inputs that take nothing; only an update may."""
    questions = [obj(card, "checkbox"), *objects(card, "select_list", 0, 3, 42047)]
    if any("disable" in question for question in questions):
        raise Refused(ILLEGAL, "disable is for updates")


def _check_selectors(card: dict[str, Any]) -> None:
    selectors = objects(card, "select_list", 1, 3, 42047)
    for selector in selectors:
        _check_options(selector, 10)
    unique([text(s, "question_key") for s in selectors], "question_key", 42043)


def _check_options(question: dict[str, Any], most: int) -> None:
    needed(question, "question_key", 42043, _KEY_BYTES)
    text(question, "title")
    options = objects(question, "option_list", 1, most, 42037)
    ids = [needed(option, "id", 42040, 128) for option in options]
    unique(ids, "option id", 42040)
    for option in options:
        needed(option, "text", 42041)
    if text(question, "selected_id") not in ("", *ids):
        raise Refused(42040, "selected_id is no option")


def _check_submit(card: dict[str, Any], *, update: bool) -> None:
    submit = obj(card, "submit_button")
    if submit or not update:
        needed(submit, "text", 42049)
        needed(submit, "key", 42046, _KEY_BYTES)


def _check_replace_text(card: dict[str, Any]) -> None:
    if "replace_text" in card:
        needed(card, "replace_text", 42038)


def _check_task_id(card: dict[str, Any], *, required: bool) -> None:
    task_id = text(card, "task_id")
    if (required or task_id) and not _TASK_ID.fullmatch(task_id):
        raise Refused(42014, "task_id invalid")
