"""The JSON DingTalk pushes, and the wire log without secrets."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from fastapi.requests import Request

from bot.settings import DingTalkSettings

_SECRET = frozenset(
    {"appSecret", "appsecret", "clientSecret", "apiSecret", "accessToken", "access_token", "ticket"}
)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object in a request, {} if it is none."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def masked(value: Any) -> Any:
    """`value` with every secret in it replaced, to any depth of objects and lists."""
    if isinstance(value, dict):
        return {k: "***" if k in _SECRET else masked(v) for k, v in value.items()}
    return [masked(v) for v in value] if isinstance(value, list) else value


def raw(value: Any) -> str:
    """`value` as JSON, secrets masked."""
    return json.dumps(masked(value), ensure_ascii=False)


def robot_text(
    settings: DingTalkSettings, account: str, name: str, said: str, at: datetime
) -> dict[str, Any]:
    """A text message of one person's own chat with the robot."""
    envelope = _robot_message(settings, account, name, at)
    return {**envelope, "msgtype": "text", "text": {"content": said}}


def robot_file(
    settings: DingTalkSettings, account: str, name: str, sent: tuple[str, str, bool], at: datetime
) -> dict[str, Any]:
    """A picture or a file, `sent` being its name, its downloadCode and whether it is a picture."""
    filename, code, picture = sent
    envelope = _robot_message(settings, account, name, at)
    if picture:
        content = {"downloadCode": code, "pictureDownloadCode": code}
        return {**envelope, "msgtype": "picture", "content": content}
    content = {"downloadCode": code, "fileName": filename, "spaceId": "1", "fileId": "2"}
    return {**envelope, "msgtype": "file", "content": content}


def _robot_message(
    settings: DingTalkSettings, account: str, name: str, at: datetime
) -> dict[str, Any]:
    return {
        "msgId": f"msg{uuid.uuid4().hex}",
        "createAt": int(at.timestamp() * 1000),
        "conversationType": "1",
        "conversationId": f"cid{account}==",
        "senderId": f"$:LWCP_v1:${account}",
        "senderNick": name,
        "senderStaffId": account,
        "senderCorpId": settings.corp_id,
        "chatbotCorpId": settings.corp_id,
        "chatbotUserId": "$:LWCP_v1:$robot",
        "robotCode": settings.robot_code,
        "isAdmin": False,
        "senderPlatform": "Android",
    }


def over_quota(message: dict[str, Any]) -> dict[str, Any]:
    """What is pushed in its place when the month's pushes are used up: no words."""
    kept = {k: v for k, v in message.items() if k not in {"text", "content"}}
    return kept | {"errorCode": 20001, "errorMessage": "receiving is paused: quota used up"}


def card_callback(
    settings: DingTalkSettings, ref: str, account: str, action: str, params: dict[str, Any]
) -> dict[str, Any]:
    """A press on a card; the content is JSON in a string, as the platform sends it."""
    pressed = {"cardPrivateData": {"actionIds": [action], "params": params}}
    return {
        "type": "actionCallback",
        "outTrackId": ref,
        "corpId": settings.corp_id,
        "userId": account,
        "userIdType": 1,
        "spaceType": "IM",
        "spaceId": f"cid{account}==",
        "extension": "{}",
        "content": json.dumps(pressed, ensure_ascii=False),
    }


def form_params(wire: dict[str, Any], key: str, values: dict[str, str]) -> dict[str, Any]:
    """What the form component submits: hidden defaults, and index and value of a drop-down.

    A late tap on a face that is gone still submits that face's key and what was typed.
    """
    fields = json.loads(wire["form"]).get("fields")
    if not fields or key not in {field.get("defaultValue") for field in fields}:
        return {"form": {**values, "_key": key}}
    filled: dict[str, Any] = {}
    for field in fields:
        name = field["name"]
        value = values.get(name, field.get("defaultValue", ""))
        if field["type"] == "SELECT" and not field.get("hidden"):
            offered = [option["value"] for option in field["options"]]
            index = offered.index(value) if value in offered else -1
            filled[name] = {"index": index, "value": value}
        else:
            filled[name] = value
    return {"form": filled}
