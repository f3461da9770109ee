"""What a DingTalk phone can send the robot besides text, in their own chat (§2.1)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

Facts = Mapping[str, str]


def _code(facts: Facts) -> str:
    return facts.get("download_code") or f"sim{uuid.uuid4().hex}"


def _picture(facts: Facts) -> dict[str, Any]:
    return {"msgtype": "picture", "content": {"downloadCode": _code(facts)}}


def _audio(facts: Facts) -> dict[str, Any]:
    """A voice message; the platform has written down what it heard."""
    heard = facts.get("recognition", "帮我查一下某阀门制造")
    return {
        "msgtype": "audio",
        "content": {"duration": 4000, "downloadCode": _code(facts), "recognition": heard},
    }


def _video(facts: Facts) -> dict[str, Any]:
    content = {"duration": 9, "downloadCode": _code(facts), "videoType": "mp4"}
    return {"msgtype": "video", "content": content}


def _file(facts: Facts) -> dict[str, Any]:
    name = facts.get("filename", "报价单.xlsx")
    return {"msgtype": "file", "content": {"downloadCode": _code(facts), "fileName": name}}


def _rich(facts: Facts) -> dict[str, Any]:
    """Words and a picture in one message."""
    parts = [
        {"text": facts.get("text", "现场照片")},
        {"type": "picture", "downloadCode": _code(facts)},
    ]
    return {"msgtype": "richText", "content": {"richText": parts}}


def _forwarded(facts: Facts) -> dict[str, Any]:
    """A forwarded chat: seen in the wild, documented nowhere."""
    return {"msgtype": "chatRecord", "content": {"summary": facts.get("text", "聊天记录")}}


HAPPENINGS: Final[Mapping[str, Callable[[Facts], dict[str, Any]]]] = {
    "picture": _picture,
    "audio": _audio,
    "video": _video,
    "file": _file,
    "richText": _rich,
    "chatRecord": _forwarded,
}
"""What `/sim/api/happen` can cause on a DingTalk phone, by DingTalk's word for it."""
