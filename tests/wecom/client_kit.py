"""A WeCom that answers whatever the test says, and a client to ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
import pytest
import respx

from bot.platforms.api import Receipt, Undelivered
from bot.platforms.wecom.client import WeComPlatform
from tests.wecom import kit

T = TypeVar("T")
BASE = "http://127.0.0.1:9/cgi-bin"
TOKENS = [f"access-token-{n}" for n in range(9)]
REQUEST = {"msgtype": "text", "text": {"content": "好"}, "duplicate_check_interval": 14000}


@contextmanager
def wecom_api() -> Iterator[respx.MockRouter]:
    """Hands out the tokens of TOKENS one after the other; other calls are up to the test."""
    with respx.mock(assert_all_called=False) as router:
        issued = iter(TOKENS)
        router.get(f"{BASE}/gettoken", name="gettoken").mock(
            side_effect=lambda _: httpx.Response(200, json=grant(next(issued)))
        )
        yield router


def grant(token: str, seconds: int = 7200) -> dict:
    return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": seconds}


def answers(api: respx.MockRouter, *replies: object, path: str = "message/send") -> respx.Route:
    route = api.route(url__startswith=f"{BASE}/{path}")
    route.side_effect = [
        r if isinstance(r, httpx.Response | Exception) else httpx.Response(200, json=r)
        for r in replies
    ]
    return route


def using(work: Callable[[WeComPlatform], Awaitable[T]], clock: kit.Clock | None = None) -> T:
    async def run() -> T:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await work(WeComPlatform(kit.SETTINGS, http, clock or kit.Clock()))

    return asyncio.run(run())


def send(platform: WeComPlatform) -> Awaitable[Receipt]:
    return platform.send("lisi", REQUEST)


def failure(work: Callable[[WeComPlatform], Awaitable[object]] = send) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        using(work)
    return caught.value


OK = {"errcode": 0, "errmsg": "ok", "msgid": "M1"}
