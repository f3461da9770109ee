"""The smart bot's line: connected as long as we may be, whatever the network does.

WeCom allows one connection per bot and lets a newer one throw the older out. So the caller
holds a lease (`bot/held.py`), and a line that was thrown out ends instead of throwing back.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bot.outgoing import Addresses
from bot.platforms.backoff import jittered
from bot.platforms.wecom_bot import errors, frames, inbound
from bot.platforms.wecom_bot.frames import Frame
from bot.platforms.wecom_bot.link import Link, NoAnswer, NotSent, Pace
from bot.settings import WeComBotSettings

log = structlog.get_logger(__name__)

# At DEBUG the library writes every frame, and with the first one the secret.
_socket_log = logging.getLogger(f"{__name__}.socket")
_socket_log.setLevel(logging.INFO)

_MAX_FRAME = 1 << 20  # bytes
_PORTS = {"wss": 443, "ws": 80}
_OPENING = 10  # seconds
_CLOSING = 1  # seconds
REFUSED_US = (OSError, TimeoutError, WebSocketException, ValueError)
"""What dialling ends with; `ValueError`: sent on to a place that is no gateway."""
_UNREACHABLE = (*REFUSED_US, NoAnswer, NotSent)


class _Refused(Exception):
    """The platform does not let this bot in; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


async def dial(settings: WeComBotSettings, addresses: Addresses) -> connect:
    """A connection to the gateway, to be entered; it goes to an address that was checked.

    Raises:
        REFUSED_US: it did not come about, here or on entering.
    """
    there = urlsplit(settings.gateway)
    port = there.port or _PORTS[there.scheme]
    [address, *_] = await addresses.of(there.hostname or "", port)
    return connect(
        settings.gateway,
        host=address,
        port=port,
        proxy=None,
        open_timeout=_OPENING,
        close_timeout=_CLOSING,
        ping_interval=None,  # WeCom has a ping of its own
        max_size=_MAX_FRAME,
        logger=_socket_log,
    )


async def subscribe(link: Link, settings: WeComBotSettings) -> int:
    """Say who we are; 0, or the errcode of the refusal. Whoever was connected is thrown out.

    Raises:
        NotSent, NoAnswer: the connection has ended.
    """
    body = {"bot_id": settings.bot_id, "secret": settings.secret.get_secret_value()}
    request = frames.new_request(frames.SUBSCRIBE)
    return (await link.call(frames.SUBSCRIBE, request, body)).errcode


class Line:
    """One bot's connection, made again whenever it breaks; `pushed` gets what comes in."""

    def __init__(
        self, settings: WeComBotSettings, addresses: Addresses, pushed: Callable[[Frame], None],
        pace: Pace,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._addresses = addresses
        self._pushed = pushed
        self._pace = pace
        self._link: Link | None = None
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._thrown_out = False
        self.trouble = ""

    @property
    def connected(self) -> bool:
        """Whether we are subscribed."""
        return self._link is not None

    async def call(self, command: str, request: str, body: Mapping[str, Any]) -> Frame:
        """Send a request, once a connection stands; its answer.

        Raises:
            NotSent: no connection came about in time.
            NoAnswer: nobody knows what became of it.
        """
        link = await self._standing()
        return await link.call(command, request, body)

    async def _standing(self) -> Link:
        """The connection to send on, also one that is only being made."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.patience):
                while True:
                    await self._up.wait()
                    link = self._link
                    if link is not None and link.open:
                        return link
                    await self._down.wait()
        raise NotSent

    async def run(self) -> None:
        """Stay connected until cancelled, or until another connection has replaced ours."""
        failures, self._thrown_out = 0, False
        while not self._thrown_out:
            began = time.monotonic()
            try:
                await self._connect()
            except _Refused as refused:
                self._name_refusal(refused.code)
                await asyncio.sleep(random.uniform(*self._pace.refused))
                continue
            except _UNREACHABLE as problem:
                log.warning("wecom_bot_unreachable", error=type(problem).__name__)
                self.trouble = self.trouble or "not reachable"
                failures += 1
            else:
                lived = time.monotonic() - began
                log.info("wecom_bot_disconnected", lived_seconds=round(lived))
                failures = 1 if lived >= self._pace.stable else failures + 1
            if not self._thrown_out:
                wait = jittered(failures, self._pace.shortest, self._pace.longest)
                await asyncio.sleep(wait)

    async def _connect(self) -> None:
        """Connect, subscribe, and read until the connection ends."""
        async with await dial(self._settings, self._addresses) as socket:
            link = Link(socket, self._take, self._pace)
            reading = asyncio.create_task(link.serve())
            try:
                await self._subscribe(link)
                self._link = link
                self._down.clear()
                self._up.set()
                self.trouble = ""
                log.info("wecom_bot_connected")
                await reading
            finally:
                self._link = None
                self._up.clear()
                self._down.set()
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _subscribe(self, link: Link) -> None:
        code = await subscribe(link, self._settings)
        if code in errors.REFUSED:
            raise _Refused(code)
        if code:
            raise NoAnswer

    def _take(self, frame: Frame) -> None:
        if not inbound.replaced(frame):
            self._pushed(frame)
            return
        log.error("wecom_bot_replaced", check="wecom.bot.bot_id")
        self.trouble = "replaced by another program with the same bot_id"
        self._thrown_out = True
        if self._link is not None:
            self._link.end()

    def _name_refusal(self, code: int) -> None:
        trouble = f"refused with {code}"
        if self.trouble != trouble:
            log.error("wecom_bot_refused", code=code, check="wecom.bot.bot_id, wecom.bot.secret")
        self.trouble = trouble
