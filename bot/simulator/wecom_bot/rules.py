"""What WeCom takes from a smart bot (docs 101031, 101032, 101463).

As for the app, written from the documentation alone: counts, required fields and kinds are
enforced, lengths in characters are advice.
"""

from __future__ import annotations

import re
from typing import Any

from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.reading import ILLEGAL, needed, number, obj, objects, text
from bot.simulator.wecom.rules import check_card as check_app_card

BAD_TASK = 846625
MARKDOWN_BYTES = 20480
_QUESTION_BYTES = 200
_ASKS = 3
_FILE = 2
_KIND = 40008
_MEDIA = ("file", "image", "voice", "video")
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")


def check_card(card: dict[str, Any]) -> None:
    """Refuse a template card that the bot may not send, or show in place of another.

    Raises:
        Refused: with the code of the first rule that is broken.
    """
    if "replace_text" in card:
        raise Refused(ILLEGAL, "a bot's card has no replace_text")
    if not _TASK_ID.fullmatch(text(card, "task_id")):
        raise Refused(BAD_TASK, "task_id invalid")
    for button in objects(card, "button_list", 0, 6, ILLEGAL):
        if button.get("type", 0) != 0:
            raise Refused(ILLEGAL, "a bot's button opens nothing")
    for row in objects(card, "horizontal_content_list", 0, 6, 42035):
        if row.get("type") == _FILE:
            raise Refused(ILLEGAL, "a bot's row has no file")
    asking = [j for j in objects(card, "jump_list", 0, 3, 42042) if j.get("type") == _ASKS]
    for jump in asking:
        needed(jump, "question", ILLEGAL, _QUESTION_BYTES)
    known = [{**j, "type": 0} if j in asking else j for j in card.get("jump_list") or ()]
    check_app_card({**card, "jump_list": known} if known else card, update=False)


def reply(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(kind on the phone, its wire form) of the answer to a message.

    Raises:
        Refused: the bot may not answer so.
    """
    match text(body, "msgtype"):
        case "stream":
            return "markdown", _words(obj(body, "stream"))
        case "template_card":
            return _card(body)
        case kind if kind in _MEDIA:
            return kind, _media(body, kind)
        case _:
            raise Refused(_KIND, "invalid message type")


def welcome(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(kind, wire form) of what greets somebody who enters.

    Raises:
        Refused: it is neither a text nor a card.
    """
    match text(body, "msgtype"):
        case "text":
            return "text", {"content": needed(obj(body, "text"), "content", 44004)}
        case "template_card":
            return _card(body)
        case _:
            raise Refused(_KIND, "invalid message type")


def push(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(kind, wire form) of a message nobody asked for; there is no plain text (doc 101463).

    Raises:
        Refused: the bot may not send it.
    """
    number(body, "chat_type", 0, range(3))
    match text(body, "msgtype"):
        case "markdown":
            return "markdown", _words(obj(body, "markdown"))
        case "template_card":
            return _card(body)
        case kind if kind in _MEDIA:
            return kind, _media(body, kind)
        case _:
            raise Refused(_KIND, "invalid message type")


def _words(holder: dict[str, Any]) -> dict[str, Any]:
    return {"content": needed(holder, "content", ILLEGAL, MARKDOWN_BYTES)}


def _media(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"media_id": needed(obj(body, kind), "media_id", 40007)}


def _card(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    card = obj(body, "template_card")
    check_card(card)
    return "template_card", card
