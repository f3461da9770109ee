"""HTTP mode of the fake: signed or encrypted POSTs to the service. Reference §2.2, §2.4, §4.3."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.platforms.api import BadCallback
from bot.platforms.codec import Codec
from bot.simulator.dingtalk.org import Ground

PUSH_SECONDS = 2.5
"""How long DingTalk waits for the answer to an HTTP push."""


class Webhook:
    """Pushes as HTTP requests; signatures use the wall clock, as the receiver does."""

    def __init__(self, http: httpx.AsyncClient, ground: Ground) -> None:
        self._http = http
        self._ground = ground

    async def robot(self, url: str, secret: str, body: dict[str, Any]) -> None:
        """Push a robot message."""
        timestamp = _timestamp()
        signed = sign(secret, f"{timestamp}\n{secret}")
        await self._post(url, {"timestamp": timestamp, "sign": signed}, body)

    async def card(self, url: str, secret: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Push a card press; the response, None if there was none in time."""
        timestamp = _timestamp()
        headers = {
            "x-ddpaas-signature-timestamp": timestamp,
            "x-ddpaas-signature": sign(secret, timestamp),
        }
        return await self._post(url, headers, body)

    async def event(self, url: str, body: dict[str, Any]) -> bool:
        """Push a change in the organisation, sealed; whether the sealed answer is "success"."""
        settings = self._ground.settings
        token, key = (s.get_secret_value() for s in (settings.token, settings.aes_key))
        codec = Codec(token, key, settings.client_id)
        content = json.dumps(body, ensure_ascii=False).encode()
        sealed = codec.encrypt(content, secrets.token_hex(4), _timestamp())
        signed = {"msg_signature": sealed.signature, "timestamp": sealed.timestamp}
        query = urlencode({**signed, "nonce": sealed.nonce})
        answer = await self._post(f"{url}?{query}", {}, {"encrypt": sealed.encrypted}) or {}
        fields = (answer.get(n, "") for n in ("msg_signature", "timeStamp", "nonce", "encrypt"))
        try:
            return codec.verify_and_decrypt(*map(str, fields)) == b"success"
        except BadCallback:
            return False

    async def _post(
        self, url: str, headers: dict[str, str], body: dict[str, Any]
    ) -> dict[str, Any] | None:
        content = json.dumps(body, ensure_ascii=False)
        headers = headers | {"content-type": "application/json"}
        answer: Any = None
        try:
            response = await self._http.post(
                url, content=content, headers=headers, timeout=PUSH_SECONDS
            )
            status = str(response.status_code)
            answer = response.json() if response.is_success and response.content else {}
        except (httpx.HTTPError, ValueError) as problem:
            status = type(problem).__name__
        path = httpx.URL(url).path
        self._ground.note("to_bot", f"POST {path} → {status}", body, answer)
        return answer if isinstance(answer, dict) and status.startswith("2") else None


def _timestamp() -> str:
    return str(int(time.time() * 1000))


def sign(secret: str, message: str) -> str:
    """HMAC-SHA256 as DingTalk writes it, in Base64."""
    digest = hmac.digest(secret.encode(), message.encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()
