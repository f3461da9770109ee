"""The outer ASGI callable: platform callbacks first, everything else to FastAPI.

A callback is answered in a few lines of raw ASGI; the framework's routing would cost more than
the whole decryption (performance reference §2). How much may arrive, and how slowly, is held by
`bot/web/guard.py` for every route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.platforms.api import BadCallback, Unavailable
from bot.web import rejections


class HttpRequest(NamedTuple):
    """A callback as it came: raw query, raw headers, the whole body."""

    method: str
    query: str
    raw_headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by their lower-case names."""
        return {k.decode("latin-1"): v.decode("latin-1") for k, v in self.raw_headers}


class HttpAnswer(NamedTuple):
    """What the platform gets back."""

    body: bytes = b""
    status: int = 200
    content_type: bytes = b"text/plain; charset=utf-8"


Callback = Callable[[HttpRequest], Awaitable[HttpAnswer]]


class Front:
    """Answers the callback paths; hands everything else on."""

    def __init__(self, app: ASGIApp, callbacks: Mapping[str, Callback]) -> None:
        self._app = app
        self._callbacks = callbacks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        callback = self._callbacks.get(scope["path"]) if scope["type"] == "http" else None
        if callback is None:
            await self._app(scope, receive, send)
            return
        answer = await self._answer(callback, scope, receive)
        headers = [
            (b"content-type", answer.content_type),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, callback: Callback, scope: Scope, receive: Receive) -> HttpAnswer:
        try:
            return await callback(
                HttpRequest(
                    method=scope["method"],
                    query=scope["query_string"].decode("latin-1"),
                    raw_headers=scope["headers"],
                    body=await _body(receive),
                )
            )
        except BadCallback as bad:
            rejections.tell(scope["path"].split("/")[1], bad.reason, scope["path"])
            return HttpAnswer(bad.reason.encode()[:64], bad.status)
        except ClientDisconnect:
            return HttpAnswer(status=400)  # nobody hears it
        except Unavailable:
            return HttpAnswer(b"try again", 503)


async def _body(receive: Receive) -> bytes:
    """The body to its end.

    Raises:
        ClientDisconnect: the sender hung up, or was hung up on, before it was whole.
    """
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)
