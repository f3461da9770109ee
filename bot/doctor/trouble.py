"""Why a call came to nothing, told by the exception behind httpx's."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from bot.doctor.finding import Finding, bad
from bot.outgoing import Forbidden

EXPIRED, UNKNOWN_ISSUER, OTHER_HOST = {9, 10}, {2, 20, 21}, {62, 64}
SELF_SIGNED = {18, 19}
"""OpenSSL's verification errors (X509_V_ERR_…)."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What an exception shows, and why and what to do: of our own address, of a platform's."""

    kind: type[Exception]
    seen: str
    ours: tuple[str, str]
    theirs: tuple[str, str]


_OUTWARD = ("出站被防火墙或代理挡住了，或者对方正忙", "放行这台机器到 {host} 的出站，再试一次")
_SILENT = ("防火墙丢了包，或者反向代理卡住了", "放行入站 443 端口；反向代理和服务重启一次")
_NO_TLS = (
    "端口上不是 https，或者协议版本太旧",
    "在反向代理上开启 https（TLS 1.2 以上），端口和 server.public_url 一致",
)
_NO_NAME = (
    "DNS 里没有这个域名，或者这台机器的 DNS 不通",
    "核对域名有没有写错；刚加的记录等几分钟再试",
)

_MEANINGS: tuple[_Meaning, ...] = (
    _Meaning(
        Forbidden,
        "{host} 在这里解析到内网地址，没有去连",
        (
            "平台从公网来，连不到内网地址；也可能是公司 DNS 内外解析不同",
            "把域名解析到公网地址；内外解析不同的，到外网的机器上运行 jianliu doctor",
        ),
        ("DNS 被改写了，或者 hosts 文件里写了它", "让 {host} 解析到真的公网地址，不走内网代理"),
    ),
    _Meaning(ssl.SSLError, "和 {host} 的 TLS 握手失败", _NO_TLS, _OUTWARD),
    _Meaning(socket.gaierror, "域名 {host} 解析不到地址", _NO_NAME, _NO_NAME),
    _Meaning(
        ConnectionRefusedError,
        "{host} 拒绝连接",
        (
            "端口上没有程序在听：服务没启动、反向代理没开、端口写错",
            "先启动 jianliu run 和反向代理，再核对地址里的端口",
        ),
        _OUTWARD,
    ),
    _Meaning(
        httpx.TimeoutException,
        "{host} 几秒内没有答复",
        _SILENT,
        _OUTWARD,
    ),
    _Meaning(TimeoutError, "{host} 几秒内没有答复", _SILENT, _OUTWARD),
)
"""The first that fits counts."""


def unreachable(problem: Exception, host: str, *, ours: bool = False) -> Finding:
    """What it means that `host`, a platform's or our own, could not be called.

    `problem`, or what it came from, tells.
    """
    chain = list(_chain(problem))
    for error in chain:
        if isinstance(error, ssl.SSLCertVerificationError):
            return _certificate(error, host)
    for meaning in _MEANINGS:
        if any(isinstance(error, meaning.kind) for error in chain):
            cause, fix = meaning.ours if ours else meaning.theirs
            return bad(meaning.seen.format(host=host), cause, fix.format(host=host))
    return bad(
        f"连不上 {host}（{type(chain[-1]).__name__}）",
        "网络不通，或者连接中途被断开",
        "检查网络和防火墙，再试一次",
    )


def unanswered(problem: Exception) -> bool:
    """Whether no answer came at all, rather than one that says no."""
    return any(isinstance(error, httpx.HTTPError) for error in _chain(problem))


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> Finding:
    """What is the matter with a certificate; WeCom and phones refuse it as we do."""
    code = error.verify_code
    if code in EXPIRED:
        return bad(
            f"{host} 的证书过期或还没生效",
            "证书没有续期，或者这台机器的时间不对",
            "续期证书并重载反向代理",
        )
    if code in OTHER_HOST:
        return bad(
            f"证书不是发给 {host} 的",
            "反向代理用了别的域名的证书",
            f"给 {host} 申请证书，配到反向代理上",
        )
    if code in SELF_SIGNED:
        return bad(
            f"{host} 的证书是自签的",
            "企业微信和手机只认公开机构签发的证书",
            "换成公开机构签发的证书（如 Let's Encrypt）",
        )
    cause = "多半是没有配中间证书：浏览器会自己补，企业微信不会" if code in UNKNOWN_ISSUER else ""
    return bad(
        f"{host} 的证书验不过",
        cause or "证书链不完整或不可信",
        "反向代理上配完整的证书链（fullchain）",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and whatever it came from, the outermost first."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
