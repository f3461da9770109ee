"""What WeCom tells the service: encrypted, signed XML over real HTTP (docs 90238, 90930).

The two official pages disagree on answers other than 200; the fake follows the stricter one
and repeats them as it repeats time-outs.
"""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.platforms.codec import Codec, Sealed
from bot.settings import WeComSettings
from bot.simulator.chaos import Chaos
from bot.simulator.wire import WireLog

TRIES = 3
SECONDS = 5.0
ECHO_SECONDS = 1.0

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class CallbackDriver:
    """Delivers events to the service's callback address."""

    def __init__(
        self,
        settings: WeComSettings,
        callback_url: str,
        http: httpx.AsyncClient,
        wire: WireLog,
        chaos: Chaos,
    ) -> None:
        self._settings = settings
        self._url = callback_url
        self._http = http
        self._wire = wire
        self._chaos = chaos
        self._codec = Codec(
            settings.token.get_secret_value(),
            settings.aes_key.get_secret_value(),
            settings.corp_id,
        )
        self._held: list[str] = []

    async def deliver(self, fields: dict[str, Any]) -> None:
        """Tell the service what happened; faults "duplicate" and "reorder" act here.

        A reordered event arrives right after the next one.
        """
        plaintext = xml(fields)
        if self._chaos.strikes("wecom", "reorder"):
            self._held.append(plaintext)
            return
        await self._deliver(plaintext)
        if self._chaos.strikes("wecom", "duplicate"):
            await self._deliver(plaintext)
        held, self._held = self._held, []
        for late in held:
            await self._deliver(late)

    async def verify(self) -> str:
        """Ask as the console does on 保存: "ok", or what is wrong with the answer."""
        wanted = str(secrets.randbits(60))
        sealed = self._seal(wanted)
        query = {**_signed(sealed), "echostr": sealed.encrypted}
        try:
            async with asyncio.timeout(ECHO_SECONDS):
                response = await self._http.get(f"{self._url}?{urlencode(query)}")
        except TimeoutError:
            verdict = "no answer within 1 s"
        except httpx.HTTPError as problem:
            verdict = type(problem).__name__
        else:
            verdict = _echo_verdict(response, wanted)
        self._wire.add(
            "wecom",
            "to_bot",
            f"GET callback → {verdict}",
            raw=f"{self._url}?{urlencode(query)}",
            decoded=wanted,
            answer=verdict,
        )
        return verdict

    def clear(self) -> None:
        """Forget events held back."""
        self._held.clear()

    async def _deliver(self, plaintext: str) -> None:
        """Up to three tries: the same plaintext, each time sealed anew."""
        for attempt in range(1, TRIES + 1):
            sealed = self._seal(plaintext)
            url = f"{self._url}?{urlencode(_signed(sealed))}"
            body = xml(
                {
                    "ToUserName": self._settings.corp_id,
                    "AgentID": str(self._settings.agent_id),
                    "Encrypt": sealed.encrypted,
                }
            )
            verdict, answer = await self._post(url, body)
            self._wire.add(
                "wecom",
                "to_bot",
                f"POST callback (try {attempt}) → {verdict}",
                raw=f"{url}\n{body}",
                decoded=plaintext,
                answer=answer,
            )
            if verdict == "200":
                return

    async def _post(self, url: str, body: str) -> tuple[str, str]:
        headers = {"content-type": "text/xml"}
        try:
            async with asyncio.timeout(SECONDS):
                response = await self._http.post(url, content=body.encode(), headers=headers)
        except TimeoutError:
            return "timeout", ""
        except httpx.HTTPError as problem:
            return type(problem).__name__, ""
        return str(response.status_code), response.text

    def _seal(self, plaintext: str) -> Sealed:
        # Wall clock, also in the demo: the service refuses stale signatures by it.
        nonce, timestamp = str(secrets.randbelow(10**10)), str(int(time.time()))
        return self._codec.encrypt(plaintext.encode(), nonce, timestamp)


def xml(fields: dict[str, Any]) -> str:
    """`fields` as WeCom writes them: CDATA or bare numbers, in no fixed order."""
    shuffled = random.sample(list(fields.items()), len(fields))
    return f"<xml>{''.join(_element(name, value) for name, value in shuffled)}</xml>"


def _element(name: str, value: Any) -> str:
    match value:
        case list():
            return "".join(_element(name, one) for one in value)
        case dict():
            inside = "".join(_element(n, v) for n, v in value.items())
        case int():
            inside = str(value)
        case _:
            legal = _NOT_XML.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>")
            inside = f"<![CDATA[{legal}]]>"
    return f"<{name}>{inside}</{name}>"


def _signed(sealed: Sealed) -> dict[str, str]:
    return {
        "msg_signature": sealed.signature,
        "timestamp": sealed.timestamp,
        "nonce": sealed.nonce,
    }


def _echo_verdict(response: httpx.Response, wanted: str) -> str:
    if response.status_code != httpx.codes.OK:
        return f"HTTP {response.status_code}"
    return "ok" if response.content == wanted.encode() else "the body is not the bare echostr"
