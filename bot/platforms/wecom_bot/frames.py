"""The frames of a smart bot's connection: one JSON object each (doc 101463).

Requests in either direction are `{cmd, headers: {req_id}, body}`; an answer has no `cmd` and
carries `errcode`. A reply to what a person did bears the req_id under which that was pushed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.platforms.api import BadCallback

SUBSCRIBE = "aibot_subscribe"
PING = "ping"
REPLY = "aibot_respond_msg"
WELCOME = "aibot_respond_welcome_msg"
UPDATE = "aibot_respond_update_msg"
PUSH = "aibot_send_msg"
UPLOAD, PIECE, UPLOADED = (
    "aibot_upload_media_init", "aibot_upload_media_chunk", "aibot_upload_media_finish",
)  # fmt: skip
MESSAGE = "aibot_msg_callback"
EVENT = "aibot_event_callback"

UNREADABLE = -1
"""The errcode of an answer that names none; WeCom's own -1 is "busy"."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `command` "" is an answer, of which `errcode` counts."""

    command: str
    request: str
    body: Mapping[str, Any]
    errcode: int


def read(raw: str | bytes) -> Frame:
    """The frame in one WebSocket message.

    Raises:
        BadCallback: "json" or "fields", it is none.
    """
    try:
        wire = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadCallback("json") from None
    headers = wire.get("headers") if isinstance(wire, dict) else None
    request = headers.get("req_id") if isinstance(headers, dict) else None
    if not isinstance(request, str) or not request:
        raise BadCallback("fields")
    command, body, errcode = wire.get("cmd"), wire.get("body"), wire.get("errcode")
    return Frame(
        command if isinstance(command, str) else "",
        request,
        body if isinstance(body, dict) else {},
        errcode if isinstance(errcode, int) else UNREADABLE,
    )


def write(command: str, request: str, body: Mapping[str, Any] | None) -> str:
    """A frame of ours, ready to send."""
    frame: dict[str, Any] = {"cmd": command, "headers": {"req_id": request}}
    return json.dumps(frame if body is None else {**frame, "body": body}, ensure_ascii=False)


def new_request(command: str) -> str:
    """A req_id nobody has used."""
    return f"{command}_{secrets.token_hex(12)}"
