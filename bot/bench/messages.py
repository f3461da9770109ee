"""WeCom's side: encrypted callbacks as complete HTTP requests, made before the clock starts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.bench.company import CUSTOMERS, INTRODUCER, SENDERS, App
from bot.bench.names import company
from bot.platforms.codec import Codec

PATH = "/wecom/callback"
REPEAT_EVERY = 20
"""Each so-many-th request repeats an earlier MsgId under a new signature, as WeCom does."""
REPEAT_AFTER = 80
"""How many requests before it the repeated one was."""
FIRST_ID = 7_300_000_000_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests in the order they are to be sent, and the message in each."""

    requests: list[bytes]
    numbers: list[int]

    def different(self, sent: int) -> int:
        """How many different messages are in the first `sent` requests."""
        return len(set(self.numbers[:sent]))


class Supply:
    """Makes batches of `/商机` messages; no message is in two batches."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._codec = Codec(app.token, app.aes_key, app.corp_id)
        self._next = CUSTOMERS

    def batch(self, count: int) -> Batch:
        """`count` requests, signed now: they are good for five minutes."""
        now = str(int(datetime.now(UTC).timestamp()))
        numbers: list[int] = []
        for i in range(count):
            if i >= REPEAT_AFTER and i % REPEAT_EVERY == 0:
                numbers.append(numbers[i - REPEAT_AFTER])
            else:
                numbers.append(self._next)
                self._next += 1
        return Batch([self._request(number, now) for number in numbers], numbers)

    def plaintext(self, number: int, now: str) -> bytes:
        """The XML of one message, before it is encrypted."""
        app = self._app
        return (
            f"<xml><ToUserName><![CDATA[{app.corp_id}]]></ToUserName>"
            f"<FromUserName><![CDATA[{SENDERS[number % len(SENDERS)]}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[/商机 {INTRODUCER} {company(number)}]]></Content>"
            f"<MsgId>{FIRST_ID + number}</MsgId><AgentID>{app.agent_id}</AgentID></xml>"
        ).encode()

    def _request(self, number: int, now: str) -> bytes:
        nonce = str(secrets.randbelow(10**10))
        sealed = self._codec.encrypt(self.plaintext(number, now), nonce, now)
        body = (
            f"<xml><ToUserName><![CDATA[{self._app.corp_id}]]></ToUserName>"
            f"<AgentID><![CDATA[{self._app.agent_id}]]></AgentID>"
            f"<Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt></xml>"
        ).encode()
        query = f"msg_signature={sealed.signature}&timestamp={now}&nonce={nonce}"
        head = (
            f"POST {PATH}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\n"
            f"Accept: */*\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
