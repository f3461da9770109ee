"""The callback address of a WeCom app, without HTTP: who sent it, how old is it, what is it.

The answer to a GET is the bare text `echo` returns (within a second, doc 90930 §3.1). The
answer to a POST is an empty 200: cards are updated through the API, never passively.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote

from bot.platforms.api import BadCallback, Inbound
from bot.platforms.codec import Codec
from bot.platforms.wecom import inbound, xml
from bot.settings import WeComSettings

MAX_BODY = 1024 * 1024
"""Bytes of a request body; a larger one is refused unread."""

TOLERANCE = 300
"""Seconds the sender's clock may differ from ours."""

_TIMESTAMP = re.compile(r"[0-9]{10}")


class Callback:
    """What WeCom asks and tells one app.

    Raises:
        ValueError: the token or the EncodingAESKey cannot be right.
    """

    def __init__(self, settings: WeComSettings) -> None:
        self._corp_id = settings.corp_id
        self._agent_id = str(settings.agent_id)
        self._codec = Codec(
            settings.token.get_secret_value(),
            settings.aes_key.get_secret_value(),
            settings.corp_id,
        )

    def echo(self, raw_query: str, now: datetime) -> str:
        """The whole body that answers WeCom's verification of the address.

        Raises:
            BadCallback: not signed by WeCom, too old, or not for this corp.
        """
        query = _query(raw_query)
        try:
            return self._open(query, query.get("echostr", ""), now).decode()
        except UnicodeDecodeError:
            raise BadCallback("encrypted") from None

    def read(self, raw_query: str, body: bytes, now: datetime) -> Inbound:
        """What happened, from one POST; `raw_query` as it stood in the request line.

        Raises:
            BadCallback: not signed by WeCom, too old, too large, or not for this app.
        """
        if len(body) > MAX_BODY:
            raise BadCallback("size", 413)
        query = _query(raw_query)
        try:
            envelope = xml.parse(body)
            plaintext = self._open(query, envelope.text("encrypt"), now)
            inbound.check_receiver(envelope, self._corp_id, self._agent_id)
        except xml.BadXml:
            raise BadCallback("xml") from None
        return inbound.read(plaintext, self._corp_id, self._agent_id, now)

    def _open(self, query: dict[str, str], encrypted: str, now: datetime) -> bytes:
        timestamp = query.get("timestamp", "")
        _check_fresh(timestamp, now)
        return self._codec.verify_and_decrypt(
            query.get("msg_signature", ""), timestamp, query.get("nonce", ""), encrypted
        )


def _query(raw: str) -> dict[str, str]:
    """The query decoded exactly once; a "+" is a plus, as in base64.

    Raises:
        BadCallback: "query" (400), a name stands twice or an escape is not UTF-8.
    """
    fields: dict[str, str] = {}
    try:
        for pair in raw.split("&"):
            name, _, value = pair.partition("=")
            name = unquote(name, errors="strict")
            if name in fields:
                raise BadCallback("query")
            fields[name] = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise BadCallback("query") from None
    return fields


def _check_fresh(timestamp: str, now: datetime) -> None:
    """Refuse a signature made more than five minutes ago or ahead, so that none is replayed.

    Travelling only makes a stamp older, so the past edge is inside and the future one out.
    """
    if not _TIMESTAMP.fullmatch(timestamp):
        raise BadCallback("stale", 401)
    if not -TOLERANCE < int(now.timestamp()) - int(timestamp) <= TOLERANCE:
        raise BadCallback("stale", 401)
