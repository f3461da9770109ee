"""A corp, its callbacks sealed as WeCom seals them, and a clock that stands still."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bot.platforms.codec import Codec
from bot.platforms.wecom.callback import Callback
from bot.settings import WeComSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # wechatpy uses what newer Pythons deprecate
    from wechatpy.enterprise import parse_message
    from wechatpy.enterprise.crypto import WeChatCrypto

__all__ = ["WeChatCrypto", "parse_message"]

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "wecom.json").read_text(encoding="utf-8")
)["vectors"]
POSITIVE = [v for v in VECTORS if v["kind"] != "negative"]
NEGATIVE = [v for v in VECTORS if v["kind"] == "negative"]

CORP = "ww_corp"
AGENT = 1000002
TOKEN = "tok123"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SECRET = "app-secret-that-nobody-may-see"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CODEC = Codec(TOKEN, AES_KEY, CORP)

SETTINGS = WeComSettings.model_validate(
    {
        "corp_id": CORP,
        "agent_id": AGENT,
        "secret": SECRET,
        "token": TOKEN,
        "aes_key": AES_KEY,
        "api_base": "http://127.0.0.1:9",
        "oauth_base": "http://127.0.0.1:9",
    }
)
CALLBACK = Callback(SETTINGS)


class Clock:
    """`now()` that moves only when told."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


def envelope(encrypted: str, corp: str = CORP, agent: str = str(AGENT)) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{corp}]]></ToUserName><AgentID><![CDATA[{agent}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    ).encode()


def sealed(
    inner: bytes | str, *, codec: Codec = CODEC, seconds: int = 0, nonce: str = "n0nce"
) -> tuple[str, bytes]:
    """The raw query and the body of one POST, signed `seconds` from NOW."""
    message = inner.encode() if isinstance(inner, str) else inner
    one = codec.encrypt(message, nonce, str(int(NOW.timestamp()) + seconds))
    return signed(one.signature, one.timestamp, one.nonce), envelope(one.encrypted)


def signed(signature: str, timestamp: str, nonce: str, **more: str) -> str:
    return urlencode({"msg_signature": signature, "timestamp": timestamp, "nonce": nonce, **more})


COMMON = (
    f"<ToUserName><![CDATA[{CORP}]]></ToUserName>"
    "<FromUserName><![CDATA[lisi]]></FromUserName><CreateTime>1790000000</CreateTime>"
    f"<AgentID>{AGENT}</AgentID>"
)


def text_xml(content: str = "/帮助", msg_id: int = 4561255354251345929) -> str:
    return (
        f"<xml>{COMMON}<MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{content}]]></Content><MsgId>{msg_id}</MsgId></xml>"
    )


def event_xml(event: str, more: str = "") -> str:
    return (
        f"<xml>{COMMON}<MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[{event}]]></Event>{more}</xml>"
    )


def press_xml(key: str = "3.0", more: str = "", response_code: str = "RC1") -> str:
    return event_xml(
        "template_card_event",
        f"<EventKey><![CDATA[{key}]]></EventKey><TaskId><![CDATA[T1]]></TaskId>"
        f"<CardType><![CDATA[multiple_interaction]]></CardType>"
        f"<ResponseCode><![CDATA[{response_code}]]></ResponseCode>{more}",
    )
