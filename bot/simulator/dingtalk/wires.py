"""The JSON DingTalk pushes, and the wire log without secrets."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from fastapi.requests import Request

from bot.settings import DingTalkSettings

_SECRET = frozenset(
    {
        "appSecret",
        "appsecret",
        "clientSecret",
        "apiSecret",
        "accessToken",
        "access_token",
        "ticket",
        "sessionWebhook",
    }
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


def robot_message(
    settings: DingTalkSettings, account: str, name: str, at: datetime, said: dict[str, Any]
) -> dict[str, Any]:
    """A message of one person's own chat with the robot; `said` is its type and content."""
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
        **said,
    }


def text_said(words: str) -> dict[str, Any]:
    """A typed line."""
    return {"msgtype": "text", "text": {"content": words}}


def file_said(filename: str, code: str, *, picture: bool) -> dict[str, Any]:
    """A picture or a file, `code` being its downloadCode."""
    if picture:
        content = {"downloadCode": code, "pictureDownloadCode": code}
        return {"msgtype": "picture", "content": content}
    content = {"downloadCode": code, "fileName": filename, "spaceId": "1", "fileId": "2"}
    return {"msgtype": "file", "content": content}


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
    """What the form component submits: hidden defaults, and each input in its own shape.

    A late tap on a face that is gone still submits that face's key and what was typed.
    """
    fields = json.loads(wire["form"]).get("fields")
    if not fields or key not in [field.get("defaultValue") for field in fields]:
        return {"form": {**values, "_key": key}}
    return {"form": {field["name"]: _filled(field, values) for field in fields}}


def _filled(field: dict[str, Any], values: dict[str, str]) -> Any:
    """One input: a drop-down gives index and value, several choices lists of both."""
    given = values.get(field["name"], field.get("defaultValue", ""))
    offered = [option["value"] for option in field.get("options", ())]
    match field["type"]:
        case _ if field.get("hidden"):
            return given
        case "SELECT" | "CHECKBOX_GROUP":
            return {"index": offered.index(given) if given in offered else -1, "value": given}
        case "MULTI_SELECT" | "MULTI_CHECKBOX_GROUP":
            chosen = given if isinstance(given, list) else [v for v in given.split(",") if v]
            return {"index": [offered.index(one) for one in chosen], "value": chosen}
        case "CHECKBOX" | "SWITCH":
            return given in (True, "true")
    return given
