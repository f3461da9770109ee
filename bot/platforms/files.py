"""Bytes to and from a platform, bounded, and without an address in any error."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote

import httpx

from bot.platforms.api import Undelivered

BRIEFLY = timedelta(seconds=10)
PIECE = 1 << 16
SECONDS = 60
"""For a whole file, however slowly it comes."""
AS_IT_IS = {"accept-encoding": "identity"}
"""Nothing is unpacked on the way: a few bytes could become gigabytes."""
_LONGEST = 2000
_ENCODED = re.compile(r"[;\s]filename\*\s*=\s*utf-8'[\w-]*'([^;\s\"]+)", re.IGNORECASE)
_PLAIN = re.compile(r"[;\s]filename\s*=\s*(?:\"([^\"]*)\"|([^;\s\"]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer's status, what it says it is, its bytes, and their name ("" if it says none)."""

    status: int
    sort: str
    content: bytes
    name: str = ""


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
        async with (
            asyncio.timeout(SECONDS),
            http.stream("GET", url, params=params, headers=AS_IT_IS) as answer,
        ):
            async for piece in answer.aiter_raw(PIECE):
                content += piece
                if len(content) > most:
                    raise Undelivered("media_too_large", f"over {most} bytes")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as problem:
        raise Undelivered("channel_down", type(problem).__name__, retry_after=BRIEFLY) from None
    sort = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = _named(answer.headers.get("content-disposition", ""))
    return Fetched(answer.status_code, sort, bytes(content), name)


def _named(disposition: str) -> str:
    """The file name in a Content-Disposition header (RFC 6266); the encoded form goes first."""
    if len(disposition) > _LONGEST:
        return ""
    encoded = _ENCODED.search(disposition)
    if encoded is not None and (name := unquote(encoded[1], errors="ignore")):
        return name
    plain = _PLAIN.search(disposition)
    return "" if plain is None else unquote(plain[1] or plain[2], errors="ignore")
