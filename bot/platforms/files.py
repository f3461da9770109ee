"""Bytes to and from a platform, bounded, and without an address in any error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import httpx

from bot.platforms.api import Undelivered

BRIEFLY = timedelta(seconds=10)
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer's status, what it says it is, and its bytes."""

    status: int
    sort: str
    content: bytes


def form(name: str, content: bytes) -> tuple[bytes, str]:
    """The body and content type of an upload: one field `media` with its file name, in UTF-8."""
    request = httpx.Request("POST", "https://form.invalid", files={"media": (name, content)})
    return request.read(), request.headers["content-type"]


async def fetched(
    http: httpx.AsyncClient, url: str, params: dict[str, str] | None, *, most: int
) -> Fetched:
    """What is at an address, at most so many bytes.

    Raises:
        Undelivered: "media_too_large" (for good), or "channel_down".
    """
    content = bytearray()
    try:
        async with http.stream("GET", url, params=params) as answer:
            async for piece in answer.aiter_bytes(PIECE):
                content += piece
                if len(content) > most:
                    raise Undelivered("media_too_large", f"over {most} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise Undelivered("channel_down", type(problem).__name__, retry_after=BRIEFLY) from None
    sort = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(answer.status_code, sort, bytes(content))
