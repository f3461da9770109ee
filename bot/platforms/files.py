"""Bytes to and from a platform, bounded, and without an address in any error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from email.utils import collapse_rfc2231_value
from urllib.parse import unquote

import httpx

from bot.platforms.api import Undelivered

BRIEFLY = timedelta(seconds=10)
PIECE = 1 << 16
NAME = "filename"


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
        async with http.stream("GET", url, params=params) as answer:
            async for piece in answer.aiter_bytes(PIECE):
                content += piece
                if len(content) > most:
                    raise Undelivered("media_too_large", f"over {most} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise Undelivered("channel_down", type(problem).__name__, retry_after=BRIEFLY) from None
    sort = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = _named(answer.headers.get("content-disposition", ""))
    return Fetched(answer.status_code, sort, bytes(content), name)


def _named(disposition: str) -> str:
    """The file name in a Content-Disposition header (RFC 6266)."""
    header = Message()
    header["content-disposition"] = disposition
    given = [value for name, value in header.get_params([], "content-disposition") if name == NAME]
    encoded = (value for value in given if isinstance(value, tuple))  # RFC 5987, which goes first
    return unquote(collapse_rfc2231_value(next(encoded, given[0] if given else "")))
