"""The outer ASGI callable: platform callbacks first, everything else to FastAPI.

A callback is read with a limit and a deadline and answered in a few lines of raw ASGI; the
framework's routing would cost more than the whole decryption (performance reference §2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import metrics
from bot.platforms.api import BadCallback, Unavailable

log = structlog.get_logger(__name__)

BODY_LIMIT = 1 << 20
BODY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A callback as it came: raw query, raw headers, body within the limit."""

    method: str
    query: str
    raw_headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by their lower-case names."""
        return {k.decode("latin-1"): v.decode("latin-1") for k, v in self.raw_headers}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
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
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(receive)
            return await callback(
                HttpRequest(
                    method=scope["method"],
                    query=scope["query_string"].decode("latin-1"),
                    raw_headers=scope["headers"],
                    body=body,
                )
            )
        except BadCallback as bad:
            log.warning("callback.rejected", path=scope["path"], reason=bad.reason)
            metrics.rejected(scope["path"].split("/")[1], bad.reason)
            return HttpAnswer(bad.reason.encode()[:64], bad.status)
        except TimeoutError:
            return HttpAnswer(b"timeout", 408)
        except Unavailable:
            return HttpAnswer(b"try again", 503)


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_LIMIT:
            raise BadCallback("size", 413)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)
