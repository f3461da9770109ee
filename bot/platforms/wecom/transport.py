"""One HTTPS call to WeCom's API: JSON back, or a typed failure that names no URL.

Every URL carries the access_token or the secret. So no exception of httpx leaves this module
(its texts hold the URL), and the logging setup keeps httpx's own logger, which writes URLs
at INFO, silent.
"""

from __future__ import annotations

from typing import Any

import httpx

from bot.platforms.api import Undelivered
from bot.platforms.wecom.errors import BRIEFLY, NEXT_MINUTE

TIMEOUT = 5.0
"""Seconds to connect, to send and to wait for the answer, each."""

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_TOO_MANY_REQUESTS = 429


async def exchange(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    params: dict[str, str],
    content: bytes | None = None,
    *,
    sort: str = "application/json",
) -> dict[str, Any]:
    """The JSON object WeCom answers with, error codes included; `sort` is what `content` is.

    Raises:
        Undelivered: "channel_down" (`ambiguous` if the request may have been carried out)
            or "rate_limited".
    """
    headers = {"content-type": sort} if content is not None else None
    try:
        response = await http.request(
            method, url, params=params, content=content, headers=headers, timeout=TIMEOUT
        )
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        sent = not isinstance(problem, (*_NEVER_SENT, httpx.InvalidURL))
        raise _down(type(problem).__name__, ambiguous=sent) from None
    if response.status_code == _TOO_MANY_REQUESTS:
        raise Undelivered(
            "rate_limited", "http 429", retry_after=NEXT_MINUTE, spent=False, everybody=True
        )
    if not response.is_success:
        raise _down(f"http {response.status_code}", ambiguous=response.is_server_error)
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        raise _down("not json", ambiguous=True) from None
    if not isinstance(answer, dict):
        raise _down("not an object", ambiguous=True)
    return answer


def _down(detail: str, *, ambiguous: bool) -> Undelivered:
    return Undelivered("channel_down", detail, retry_after=BRIEFLY, ambiguous=ambiguous)
