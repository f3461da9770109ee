"""DingTalk Stream mode: we dial out, DingTalk pushes, every push is stored before its ack.

Source: reference dingtalk.md §2.3. Several processes may hold a connection each; every push
goes to one of them.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bot import metrics
from bot.outgoing import Addresses
from bot.platforms.api import BadCallback, Inbound, Receive, Unavailable
from bot.platforms.backoff import jittered
from bot.platforms.dingtalk import frames, inbound
from bot.platforms.dingtalk.answers import card_answer
from bot.platforms.dingtalk.fields import loads, text
from bot.platforms.dingtalk.frames import CARD_TOPIC, ROBOT_TOPIC, Frame
from bot.platforms.dingtalk.link import Link, Pace
from bot.settings import DingTalkSettings

log = structlog.get_logger(__name__)

# At DEBUG the library writes the request line, and with it the ticket.
_socket_log = logging.getLogger(f"{__name__}.socket")
_socket_log.setLevel(logging.INFO)

_MAX_FRAME = 1 << 20  # bytes
_PORT = 443
# ValueError: an address that is none, or a redirect elsewhere, which is never followed.
_UNREACHABLE = (httpx.HTTPError, OSError, WebSocketException, ValueError)
_CLOSE_TIMEOUT = 5  # seconds


class _WrongCredentials(Exception):
    """The platform does not accept our Client ID and secret."""


class Stream:
    """Keeps one connection of one app open, and hands what arrives to `receive`."""

    def __init__(
        self,
        settings: DingTalkSettings,
        http: httpx.AsyncClient,
        addresses: Addresses,
        receive: Receive,
        now: Callable[[], datetime],
        *,
        pace: Pace = Pace(),  # noqa: B008 - frozen
    ) -> None:
        self._settings = settings
        self._http = http
        self._addresses = addresses
        self._receive = receive
        self._now = now
        self._pace = pace
        self._links: set[Link] = set()
        self._heard_at = time.monotonic()

    @property
    def connected(self) -> bool:
        """Whether a connection stands on which the platform may push."""
        return any(not link.leaving.is_set() for link in self._links)

    @property
    def last_frame_age(self) -> float:
        """Seconds since anything was heard on any connection (since the start, if nothing)."""
        return time.monotonic() - self._heard_at

    def state(self) -> dict[str, Any]:
        """Both, for `/readyz`."""
        return {"connected": self.connected, "silent_seconds": round(self.last_frame_age)}

    async def run(self) -> None:
        """Stay connected until cancelled; whatever the network does is no error."""
        failures = 0
        async with asyncio.TaskGroup() as links:
            while True:
                try:
                    link = await self._open()
                except _WrongCredentials:
                    settings = "dingtalk.client_id, dingtalk.client_secret"
                    log.error("dingtalk_stream_refused", status=401, check=settings)  # noqa: TRY400 - no trace: the settings are wrong, not the code
                    await asyncio.sleep(random.uniform(*self._pace.refused))
                    continue
                except (*_UNREACHABLE, BadCallback) as problem:
                    # The message may name the address with its ticket, so only the type.
                    log.warning("dingtalk_stream_unreachable", error=type(problem).__name__)
                    failures += 1
                else:
                    failures = await self._hold(link, links, failures)
                await asyncio.sleep(self._delay(failures))

    async def _hold(self, link: Link, links: asyncio.TaskGroup, failures: int) -> int:
        """Wait until `link` needs a successor; it goes on reading beside that one."""
        log.info("dingtalk_stream_connected")
        began = time.monotonic()
        self._links.add(link)
        links.create_task(link.serve()).add_done_callback(lambda _: self._links.discard(link))
        await link.leaving.wait()
        lived = time.monotonic() - began
        log.info("dingtalk_stream_leaving", lived_seconds=round(lived))
        return 1 if lived >= self._pace.stable else failures + 1

    def _delay(self, failures: int) -> float:
        return jittered(failures, self._pace.shortest, self._pace.longest)

    async def _open(self) -> Link:
        """Ask for a ticket, which is good for 90 s and one connection, and use it."""
        response = await self._http.post(
            f"{self._settings.api_base}/v1.0/gateway/connections/open",
            headers={"Accept": "application/json"},  # otherwise the answer is XML
            json={
                "clientId": self._settings.client_id,
                "clientSecret": self._settings.client_secret.get_secret_value(),
                "subscriptions": frames.SUBSCRIPTIONS,
                "ua": "jianliu-python",
            },
        )
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise _WrongCredentials
        grant = loads(response.raise_for_status().content)
        endpoint, ticket = text(grant.get("endpoint")), text(grant.get("ticket"))
        schemes = ("wss:",) if self._settings.api_base.startswith("https:") else ("ws:", "wss:")
        if not ticket or not endpoint.startswith(schemes):
            raise BadCallback("endpoint")
        there = urlsplit(endpoint)
        [address, *_] = await self._addresses.of(there.hostname or "", there.port or _PORT)
        socket = await connect(
            f"{endpoint}?ticket={quote_plus(ticket)}",
            host=address,
            proxy=None,
            ping_interval=None,  # the link pings by itself, because a pong counts as heard
            close_timeout=_CLOSE_TIMEOUT,
            max_size=_MAX_FRAME,
            logger=_socket_log,
        )
        self._heard()
        return Link(socket, self._respond, self._heard, self._pace)

    def _heard(self) -> None:
        self._heard_at = time.monotonic()

    async def _respond(self, frame: Frame) -> str:
        """The acknowledgement of one push; a fault met by one must not end all others."""
        try:
            return await self._handle(frame)
        except BadCallback as bad:
            log.warning("dingtalk_push_refused", reason=bad.reason, topic=frame.topic)
            metrics.rejected("dingtalk", bad.reason)
            return frames.ack(frame, {"response": None}, code=bad.status, message=bad.reason)
        except Unavailable:
            log.warning("dingtalk_push_not_stored", topic=frame.topic)
        except Exception:
            log.exception("dingtalk_push_failed", topic=frame.topic)
        return frames.later(frame)

    async def _handle(self, frame: Frame) -> str:
        event = self._read(frame)
        if event is None:
            return frames.ack(frame, {}, code=frames.NOT_SUPPORTED, message="unknown topic")
        answer = await self._receive(event)
        if frame.kind == "EVENT":
            return frames.ack(frame, {"status": "SUCCESS", "message": "success"})
        response = card_answer(answer) if frame.topic == CARD_TOPIC else None
        return frames.ack(frame, {"response": response})

    def _read(self, frame: Frame) -> Inbound | None:
        """The event in a push; None for a topic we do not know."""
        now = self._now()
        if frame.kind == "EVENT":
            return inbound.event(frame.body, frame.headers, self._settings, now)
        if frame.topic == ROBOT_TOPIC:
            return inbound.robot_message(frame.body, self._settings, now)
        if frame.topic == CARD_TOPIC:
            return inbound.card_press(frame.body, self._settings, now, message_id=frame.message_id)
        return None
