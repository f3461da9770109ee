"""The frames of a DingTalk Stream connection: one JSON object each, payloads as JSON strings.

Source: reference dingtalk.md §2.3 (official protocol text).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.platforms.api import BadCallback
from bot.platforms.dingtalk.fields import identifier, loads, text

ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"

SUBSCRIPTIONS = (
    {"type": "EVENT", "topic": "*"},
    {"type": "CALLBACK", "topic": ROBOT_TOPIC},
    {"type": "CALLBACK", "topic": CARD_TOPIC},
)
"""Everything we listen to; which events come is chosen in the console."""

OK = 200
NOT_SUPPORTED = 404
FAILED = 500


@dataclass(frozen=True, slots=True)
class Frame:
    """One push. `kind` is "SYSTEM", "EVENT" or "CALLBACK"; `body` its decoded payload."""

    kind: str
    topic: str
    message_id: str
    headers: Mapping[str, Any]
    body: Mapping[str, Any]


def read(raw: str | bytes) -> Frame:
    """The push in one WebSocket message.

    Raises:
        BadCallback: it is not a frame ("json" or "fields").
    """
    wire = loads(raw)
    # One official sample spells it "header".
    headers = wire.get("headers") or wire.get("header")
    if not isinstance(headers, dict):
        raise BadCallback("fields")
    data = wire.get("data") or {}
    return Frame(
        kind=text(wire.get("type")),
        topic=text(headers.get("topic")),
        message_id=identifier(headers.get("messageId")),
        headers=headers,
        body=data if isinstance(data, dict) else loads(text(data)),
    )


def ack(frame: Frame, data: Mapping[str, Any], *, code: int = OK, message: str = "OK") -> str:
    """The answer to `frame`, ready to send."""
    return json.dumps(
        {
            "code": code,
            "headers": {"contentType": "application/json", "messageId": frame.message_id},
            "message": message,
            "data": json.dumps(data, ensure_ascii=False),
        },
        ensure_ascii=False,
    )


def later(frame: Frame) -> str:
    """The answer that asks for the same push again: it could not be stored."""
    asked = {"status": "LATER"} if frame.kind == "EVENT" else {"response": None}
    return ack(frame, asked, code=FAILED, message="LATER")
