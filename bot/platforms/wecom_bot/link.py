"""One connection of the smart bot: our requests and their answers, pushes, the heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from bot.platforms.api import BadCallback
from bot.platforms.wecom_bot import frames
from bot.platforms.wecom_bot.frames import Frame

log = structlog.get_logger(__name__)

MISSED = 2
"""So many unanswered pings in a row, and nobody is there any more (doc 101463)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The rhythm of the connection, in seconds.

    `answer`: how long an answer may take. `window`: how long after something was pushed it may
    be replied to; WeCom says 5 s, and our reply has to travel. `patience`: how long a message
    waits for a connection that is being made. Reconnecting waits a random part of `shortest`,
    doubled with every failure up to `longest`; a connection that lived `stable` starts over.
    `refused`: between two attempts with an id or a secret WeCom does not accept. `replaced`:
    before we connect again after another program with our bot has.
    """

    ping: float = 30
    answer: float = 5
    window: float = 4.5
    patience: float = 3
    shortest: float = 1
    longest: float = 30
    stable: float = 60
    refused: tuple[float, float] = (120, 180)
    replaced: tuple[float, float] = (30, 60)


class NotSent(Exception):
    """There was no connection to send on: nothing has left this process."""


class NoAnswer(Exception):
    """It was sent and not answered: it may have arrived."""


class Link:
    """Sends requests and reads frames; a push goes to `pushed` as it comes.

    A req_id is in flight once at a time; who repeats one does so on another connection, so
    that no late answer to the first is taken for one to the second.
    """

    def __init__(
        self, socket: ClientConnection, pushed: Callable[[Frame], None], pace: Pace
    ) -> None:  # fmt: skip
        self._socket = socket
        self._pushed = pushed
        self._pace = pace
        self._waiting: dict[str, asyncio.Future[Frame]] = {}
        self._unanswered: set[str] = set()

    @property
    def open(self) -> bool:
        """Whether something can be sent on it."""
        return self._socket.state is State.OPEN

    async def call(self, command: str, request: str, body: Mapping[str, Any] | None) -> Frame:
        """Send a request; its answer, of which `errcode` says whether it was done.

        Raises:
            NotSent: the connection has ended, or this request is still owed an answer on it.
            NoAnswer: nobody knows what became of it.
        """
        if not self.open or request in self._waiting or request in self._unanswered:
            raise NotSent
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[request] = answer
        try:
            async with asyncio.timeout(self._pace.answer):
                await self._socket.send(frames.write(command, request, body))
                return await answer
        except (TimeoutError, ConnectionClosed):
            self._unanswered.add(request)
            raise NoAnswer from None
        finally:
            del self._waiting[request]

    async def serve(self) -> None:
        """Read until the connection ends, by either side."""
        pinging = asyncio.create_task(self._ping())
        try:
            with suppress(ConnectionClosed):
                async for raw in self._socket:
                    self._take(raw)
        finally:
            pinging.cancel()
            self.end()
            await asyncio.gather(pinging, return_exceptions=True)

    def end(self) -> None:
        """Cut the connection; who waits for an answer is told that there will be none."""
        self._socket.transport.abort()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NoAnswer())

    def _take(self, raw: str | bytes) -> None:
        try:
            frame = frames.read(raw)
        except BadCallback as bad:
            log.warning("wecom_bot_frame_skipped", reason=bad.reason)
            return
        if frame.command:
            self._pushed(frame)
        elif (answer := self._waiting.get(frame.request)) is None:
            log.info("wecom_bot_answer_late", errcode=frame.errcode)
        elif not answer.done():
            answer.set_result(frame)

    async def _ping(self) -> None:
        missed = 0
        while missed < MISSED:
            await asyncio.sleep(self._pace.ping)
            try:
                await self.call(frames.PING, frames.new_request(frames.PING), None)
                missed = 0
            except NotSent:
                return
            except NoAnswer:
                missed += 1
        log.warning("wecom_bot_silent", missed=missed)
        self.end()
