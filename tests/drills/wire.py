"""What the platforms really got: every message sent to them, and trouble on the way.

Stands in front of the fake platforms as an ASGI app. `trouble` decides about each message:
None lets it pass, else one of

- "down": refused with 503 and not looked at;
- "lost": taken, and answered with 502;
- "hang": taken, and not answered for longer than anybody waits;
- "garbled": taken, and answered with half a JSON object;
- "busy", "limit": not taken, with the platform's own error code.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field

SENDING = (
    "/cgi-bin/message/send",
    "/v1.0/robot/oToMessages/batchSend",
    "/v1.0/card/instances/createAndDeliver",
)
CHANGING = ("/cgi-bin/message/update_template_card", "/v1.0/card/instances")
CODES = {"busy": -1, "limit": 45009}
HANG = 30.0


@dataclass
class Sent:
    """One request that carries a message; `taken`: the platform accepted it."""

    path: str
    body: bytes
    at: float = field(default_factory=time.monotonic)
    taken: bool = False

    @property
    def content(self):
        return json.loads(self.body)


class Wire:
    """Notes and passes on; `paths` counts all other requests by path."""

    def __init__(self, app, trouble=lambda _: None):
        self.app, self.trouble = app, trouble
        self.sent, self.changed, self.paths = [], [], []

    async def __call__(self, scope, receive, send):
        path = scope.get("path", "")
        if scope["type"] != "http" or path not in (*SENDING, *CHANGING):
            self.paths.append(path)
            await self.app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        sent = Sent(path, body)
        (self.sent if path in SENDING else self.changed).append(sent)
        trouble = self.trouble(sent)
        if trouble == "down":
            await _answer(send, 503, b"")
            return
        if trouble in CODES:
            await _answer(send, 200, json.dumps({"errcode": CODES[trouble]}).encode())
            return
        status, answer = await self._passed(scope, body)
        sent.taken = status == 200 and not json.loads(answer).get("errcode")
        if trouble == "hang":
            await asyncio.sleep(HANG)
        elif trouble == "lost":
            status, answer = 502, b""
        elif trouble == "garbled":
            answer = answer[: len(answer) // 2]
        await _answer(send, status, answer)

    async def _passed(self, scope, body):
        """The platform's own answer."""
        told = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            told.append(message)

        await self.app(scope, receive, send)
        return told[0]["status"], b"".join(part.get("body", b"") for part in told[1:])


async def _body(receive):
    """The whole body; None if the sender died in the middle of it."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _answer(send, status, body):
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
