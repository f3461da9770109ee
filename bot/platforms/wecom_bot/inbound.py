"""What an authentic push of the smart bot means to us (docs 100719, 101027)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.platforms.api import BadCallback, Inbound, Kind
from bot.platforms.dingtalk.fields import digest, identifier, items, obj, text
from bot.platforms.wecom_bot import downloads
from bot.platforms.wecom_bot.frames import EVENT, REPLY, UPDATE, WELCOME, Frame
from engine.files import Attachment

PLATFORM = "wecom_bot"
REPLACED = "disconnected_event"
"""A newer connection of the same bot has taken over; it concerns nobody's words."""

GREETING = "/帮助"
"""What entering the chat for the first time of a day stands for."""

GROUP = "group_message"
IN_A_GROUP = "群里别人也看得到，这里不办业务。请点我的头像，在和我的单聊里说一遍。"
"""All that is ever said in a group: what people ask about is not for everybody there."""

_LONGEST_SORT = 64
_LAST_SECOND = 253_402_300_799
_ENCRYPTED = re.compile(r"w[om][A-Za-z0-9_-]{28,62}")


@dataclass(frozen=True, slots=True)
class Push:
    """What came in, and the command that may answer it within the window ("" for none)."""

    inbound: Inbound
    answer: str = ""
    in_group: bool = False


def encrypted(account: str) -> bool:
    """Whether this is no userid but what WeCom gives instead of it.

    A bot made by anybody but a super administrator is told nobody's userid (doc 100719).
    """
    return _ENCRYPTED.fullmatch(account) is not None


def replaced(frame: Frame) -> bool:
    """Whether the platform says goodbye because somebody else has connected."""
    return frame.command == EVENT and obj(frame.body.get("event")).get("eventtype") == REPLACED


def read(frame: Frame, tenant: str, now: datetime) -> Push:
    """What a push tells; words in a group are an event that nothing follows from.

    Raises:
        BadCallback: "fields", nobody did it.
    """
    body = frame.body
    account = identifier(obj(body.get("from")).get("userid"))
    if not account:
        raise BadCallback("fields")
    key = identifier(body.get("msgid")) or digest(body)
    at = _moment(body.get("create_time"), now)

    def inbound(kind: Kind, words: str = "", **more: Any) -> Inbound:
        return Inbound(PLATFORM, tenant, key, account, at, kind, words, **more)

    if text(body.get("chattype")) == "group":
        return Push(inbound("event", GROUP), REPLY, in_group=True)
    if frame.command == EVENT:
        event = obj(body.get("event"))
        sort = text(event.get("eventtype"))[:_LONGEST_SORT]
        if sort == "template_card_event":
            return Push(inbound("press", **_press(event, frame.request)), UPDATE)
        if sort == "enter_chat":
            return Push(inbound("menu", GREETING), WELCOME)
        return Push(inbound("event", sort))
    sort = text(body.get("msgtype"))[:_LONGEST_SORT]
    if sort == "file" and (ref := downloads.reference(obj(body.get("file")))):
        return Push(inbound("file", attachments=(Attachment("unnamed", ref),)), REPLY)
    words = _words(sort, body)
    return Push(inbound("text", words) if words else inbound("other", sort), REPLY)


def _words(sort: str, body: Mapping[str, Any]) -> str:
    """What was said, also in a voice message (WeCom writes it down) or beside a picture."""
    if sort == "mixed":
        parts = map(obj, items(obj(body.get("mixed")).get("msg_item")))
        said = (text(obj(part.get("text")).get("content")) for part in parts)
        return "\n".join(filter(None, said))
    return text(obj(body.get(sort)).get("content")) if sort in {"text", "voice"} else ""


def _press(event: Mapping[str, Any], request: str) -> dict[str, Any]:
    """A pressed button; WeCom writes its parts inside the event or one level deeper."""
    pressed = {**event, **obj(event.get("template_card_event"))}
    chosen: dict[str, str] = {}
    for item in map(obj, items(obj(pressed.get("selected_items")).get("selected_item"))):
        ids = items(obj(item.get("option_ids")).get("option_id"))
        chosen[text(item.get("question_key"))] = ",".join(map(text, ids))
    return {
        "ref": identifier(pressed.get("task_id")),
        "key": text(pressed.get("event_key")),
        "values": chosen,
        "reply_token": request,
    }


def _moment(seconds: Any, otherwise: datetime) -> datetime:
    known = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not known or not 0 <= seconds <= _LAST_SECOND:
        return otherwise
    return datetime.fromtimestamp(seconds, UTC)
