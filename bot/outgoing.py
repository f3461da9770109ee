"""Where our own calls may go: a name is looked up once, checked, and that address is called.

Whoever plants an address in the configuration, or owns the name server of a planted name, must
not make us talk to the company's inside or to a cloud's metadata (attack D27). Our platforms
live on the public internet; only the demo and the tests may name this machine itself.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import httpcore
import httpx
import structlog

log = structlog.get_logger(__name__)

MOST_CONNECTIONS, KEPT, KEPT_SECONDS = 100, 20, 5.0
"""Open at once, kept for the next call, and for how long."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_NOT_FOR_US = tuple(map(ipaddress.ip_network, (
    "192.0.0.0/24",  # protocol assignments (RFC 6890); a cloud's metadata answers at .192
    "168.63.129.16/32",  # a cloud's own agent, on an address that is public by its number
    "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48",  # more ways to IPv4 (RFC 4291, 2765, 8215)
    "fec0::/10",  # site-local (RFC 3879)
)))  # fmt: skip
"""What counts as global in the registry, or did, and still leads inside."""

LookUp: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Every address of a host, best first.

Raises:
    OSError: there is none.
"""


class Forbidden(OSError):
    """The name leads to an address we must not call."""


async def look_up(host: str, port: int) -> list[str]:
    """What the system's resolver says; it also reads 0x7f.1 and 2130706433 as addresses."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses we may call: public ones, and this machine's own where `loopback` is set."""

    loopback: bool
    look_up: LookUp = look_up

    async def of(self, host: str, port: int) -> list[str]:
        """The checked addresses of a host; connect to one of them, never to the name again.

        Raises:
            Forbidden: one of them is private, or otherwise not for us.
            OSError: the name is unknown.
        """
        found = await self.look_up(host, port)
        if not found or not all(map(self._allowed, found)):
            log.warning("outgoing.forbidden", host=host)
            raise Forbidden(host)
        return found

    def _allowed(self, address: str) -> bool:
        ip = ipaddress.ip_address(address)
        return _public(ip) or (self.loopback and ip.is_loopback)


def _public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is on the public internet, also looked at through IPv6's ways to IPv4."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return _public(inner)
    inside = any(ip in network for network in _NOT_FOR_US)
    return ip.is_global and not ip.is_multicast and not inside


class _Network(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses; TLS and the Host header keep the name."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,  # noqa: ASYNC109  httpcore's
        local_address: str | None = None,  # noqa: ARG002  httpcore's, we set neither
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        try:
            async with asyncio.timeout(timeout):
                *others, last = await self._addresses.of(host, port)
                for address in others:
                    try:
                        return await self._inner.connect_tcp(address, port)
                    except httpcore.ConnectError:
                        continue
                return await self._inner.connect_tcp(last, port)
        except TimeoutError as late:
            raise httpcore.ConnectTimeout from late
        except OSError as wrong:
            raise httpcore.ConnectError(type(wrong).__name__) from wrong

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class Outgoing(httpx.AsyncHTTPTransport):
    """HTTPS to checked addresses, without proxies; plain HTTP only to this machine."""

    def __init__(self, addresses: Addresses) -> None:  # httpx lets nobody else bring a network
        self._addresses = addresses
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS, max_keepalive_connections=KEPT,
            keepalive_expiry=KEPT_SECONDS, network_backend=_Network(addresses),
        )  # fmt: skip

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it.

        Raises:
            httpx.UnsupportedProtocol: not HTTPS, or with a name and password in the address.
            httpx.ConnectError: the host is none we may call, among other things.
        """
        plain = request.url.scheme == "http" and self._addresses.loopback
        if (request.url.scheme != "https" and not plain) or request.url.userinfo:
            raise httpx.UnsupportedProtocol("https only", request=request)
        return await super().handle_async_request(request)


def client(addresses: Addresses, seconds: float) -> httpx.AsyncClient:
    """The one client of the service: it follows no redirect and asks no environment."""
    return httpx.AsyncClient(
        transport=Outgoing(addresses), timeout=seconds, trust_env=False, follow_redirects=False
    )
