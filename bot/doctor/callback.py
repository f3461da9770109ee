"""The public address, asked as WeCom asks it: the most common reason nothing arrives."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlencode, urlsplit

import httpx

from bot.doctor.echo import SECONDS, Reply, judge
from bot.doctor.finding import CALLBACK, Case, Finding, bad, skipped
from bot.doctor.trouble import unreachable
from bot.platforms.codec import Codec

TRIES = 3
"""Questions until one is answered in time: this machine may be the slow one."""
WORTH_ANOTHER = 3 * SECONDS
"""An answer that took longer than this says enough."""
MOST = 65_536
"""Bytes of the answer that are read; the right one has twenty."""


async def replay(case: Case) -> Finding:
    """WeCom's own signed GET against our public address."""
    wecom, address = case.app, case.settings.server.public_url
    if wecom is None:
        return skipped("没有企业微信的自建应用")
    if not address:
        return bad(
            "没有填 server.public_url",
            "企业微信的自建应用要有公网地址才能收消息",
            f"server.public_url 填 https://您的域名，反向代理把 {CALLBACK} 转给建流",
        )
    codec = Codec(wecom.token.get_secret_value(), wecom.aes_key.get_secret_value(), wecom.corp_id)
    try:
        for _ in range(TRIES):
            found, again = await _once(case, codec, f"{address}{CALLBACK}")
            if not again:
                break
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return unreachable(problem, urlsplit(address).netloc, ours=True)
    return found


async def _once(case: Case, codec: Codec, url: str) -> tuple[Finding, bool]:
    """What one question finds, and whether to ask again because the answer was a little late.

    Raises:
        httpx.HTTPError: no answer.
    """
    wanted = str(secrets.randbits(62)).encode()
    nonce, stamp = str(secrets.randbelow(10**10)), str(int(case.now().timestamp()))
    sealed = codec.encrypt(wanted, nonce, stamp)
    query = {
        "msg_signature": sealed.signature,
        "timestamp": stamp,
        "nonce": nonce,
        "echostr": sealed.encrypted,
    }
    reply = await ask(case.http, f"{url}?{urlencode(query)}")
    return judge(reply, wanted, sealed.encrypted.encode()), SECONDS < reply.seconds < WORTH_ANOTHER


async def ask(http: httpx.AsyncClient, url: str) -> Reply:
    """One GET, of whose answer the beginning is read.

    Raises:
        httpx.HTTPError: no answer.
    """
    began = time.perf_counter()
    body = b""
    async with http.stream("GET", url, headers={"user-agent": "Mozilla/4.0"}) as response:
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MOST:
                break
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, body, time.perf_counter() - began)
