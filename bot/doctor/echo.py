"""The answer to WeCom's check of a callback address, and what each wrong one means.

WeCom asks once, when the administrator saves the address, and says only that it failed
(docs 90238, 90930: the bare plaintext within one second). The symptoms are those people
report (reference wecom.md §8, simulator-and-looks.md §5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bot.doctor.finding import CALLBACK, Finding, bad, good

SECONDS = 1.0
"""How long WeCom waits for the answer."""
BOM = b"\xef\xbb\xbf"
CHALLENGES = (
    b"just a moment",
    b"challenge",
    b"captcha",
    b"cf-chl",
    b"waf",
    b"\xe9\xaa\x8c\xe8\xaf\x81",
)
"""What pages that want to see a human say of themselves; the last is 验证."""
LEFT_UNTOUCHED = f"反向代理把 {CALLBACK} 原样转给建流，不改正文、不加跳转"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names in lower case, `seconds` from the question to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


def judge(reply: Reply, wanted: bytes, sealed: bytes) -> Finding:
    """What WeCom would make of the answer to `sealed`, which hides `wanted`."""
    if reply.status in range(300, 400):
        return _redirected(reply)
    if reply.status != httpx.codes.OK:
        return _refused(reply)
    if reply.body != wanted:
        return _misspelt(reply, wanted, sealed)
    if reply.seconds > SECONDS:
        return bad(
            f"答得对，但用了 {reply.seconds:.1f} 秒",
            "企业微信只等 1 秒",
            "看反向代理和机器忙不忙，服务离公网近一些；冷启动的话再试一次",
        )
    return good(f"按企业微信的样子问了一遍，{reply.seconds * 1000:.0f} 毫秒答对")


def _redirected(reply: Reply) -> Finding:
    there = urlsplit(reply.headers.get("location", ""))
    target = f"{there.scheme}://{there.hostname}" if there.hostname else there.path[:60]
    return bad(
        f"HTTP {reply.status}，跳转到 {target or '别处'}",
        "企业微信不跟跳转",
        f"去掉跳转；server.public_url 直接写最后的地址。{LEFT_UNTOUCHED}",
    )


_LOCKED = (
    "有东西要先登录或不放行：反向代理的口令、IP 白名单、WAF",
    f"{CALLBACK} 不设登录和白名单；建流自己验签",
)
_STATUSES: Mapping[int, tuple[str, str]] = dict.fromkeys((401, 403, 407), _LOCKED) | dict.fromkeys(
    (502, 503, 504, 521, 522, 523),
    (
        "反向代理在，后面的建流没有答复",
        "启动 jianliu run；核对反向代理转去的端口和 server.port 一致",
    ),
)
_BROKEN = ("服务出错了", "看建流和反向代理的日志")
_STRANGE = ("这个地址后面不是建流，或者中间的网关改写了请求", LEFT_UNTOUCHED)


def _refused(reply: Reply) -> Finding:
    status, body = reply.status, reply.body.strip()
    if status == httpx.codes.NOT_FOUND:
        return _nowhere(body)
    if (ours := _OURS.get(body)) is not None:
        return bad(f"HTTP {status}，{body.decode()}", *ours)
    if _challenged(reply):
        return _challenge(status)
    other = _BROKEN if status >= httpx.codes.INTERNAL_SERVER_ERROR else _STRANGE
    return bad(f"HTTP {status}", *_STATUSES.get(status, other))


def _nowhere(body: bytes) -> Finding:
    if body == b'{"detail":"Not Found"}':
        return bad(
            "HTTP 404，建流自己答的",
            "路径前缀没去掉，或者正在跑的服务没有配企业微信",
            f"反向代理转发时去掉前缀，让建流收到的路径正好是 {CALLBACK}；改过配置就重启",
        )
    return bad(
        "HTTP 404",
        f"反向代理没有把 {CALLBACK} 转给建流，或者 server.public_url 少了、多了前缀",
        f"反向代理加一条：{CALLBACK}、/h5/ 转到建流监听的地址，默认 http://127.0.0.1:8787",
    )


_OTHER_CONFIG = "改过配置就重启 jianliu run；反向代理别指到另一个服务"
_OURS: Mapping[bytes, tuple[str, str]] = {
    b"signature": ("正在跑的服务用的 Token 和这份配置不一样", _OTHER_CONFIG),
    b"encrypted": ("正在跑的服务用的 EncodingAESKey 和这份配置不一样", _OTHER_CONFIG),
    b"receiver": ("正在跑的服务用的 corp_id 和这份配置不一样", _OTHER_CONFIG),
    b"stale": ("服务那台机器的时间差了五分钟以上", "给跑服务的机器（PostgreSQL 则是数据库）对时"),
    b"query": ("反向代理改写了查询参数", "反向代理原样转发 ? 后面的部分，不解码也不重编码"),
}
"""How our own service refuses (`BadCallback.reason`), and what that tells."""


def _misspelt(reply: Reply, wanted: bytes, sealed: bytes) -> Finding:
    """HTTP 200 with another body than the bare plaintext."""
    body = reply.body
    if body == sealed:
        return bad("原样退回了 echostr，没有解密", "这个地址后面是别的程序", LEFT_UNTOUCHED)
    if wanted in body:
        return bad(
            _wrapped(body, wanted), "企业微信要的是光秃秃的明文，多一个字节都不行", LEFT_UNTOUCHED
        )
    if not body:
        return bad("HTTP 200，正文是空的", "这个地址后面不是建流，或者网关吞了正文", LEFT_UNTOUCHED)
    if _challenged(reply):
        return _challenge(reply.status)
    if _is_page(reply):
        return bad("答的是一个网页", f"别的网站或前端占了 {CALLBACK} 这个路径", LEFT_UNTOUCHED)
    return bad(
        "HTTP 200，但不是解密后的明文", "这个地址后面是另一个机器人，或者另一份配置", _OTHER_CONFIG
    )


def _wrapped(body: bytes, wanted: bytes) -> str:
    """What stands around the right answer."""
    if body.startswith(BOM):
        return "明文前面多了 BOM"
    if body.strip() == wanted:
        return "明文前后多了换行或空格"
    if body.strip().strip(b"\"'") == wanted:
        return "明文外面多了引号"
    if body.lstrip()[:1] in {b"{", b"["}:
        return "明文外面包了一层 JSON"
    return "明文前后多了别的内容"


def _challenged(reply: Reply) -> bool:
    """Whether somebody in between wants to see a human first."""
    if "cf-mitigated" in reply.headers:
        return True
    words = reply.body.lower()
    return _is_page(reply) and any(word in words for word in CHALLENGES)


def _is_page(reply: Reply) -> bool:
    html = "text/html" in reply.headers.get("content-type", "")
    return html or reply.body.lstrip()[:1] == b"<"


def _challenge(status: int) -> Finding:
    return bad(
        f"HTTP {status}，答的是人机验证页面",
        "CDN 或 WAF（如 Cloudflare）拦下了不是浏览器的访问",
        f"在 CDN、WAF 里给 {CALLBACK} 关掉人机验证，或者让这个域名不走 CDN",
    )
