"""One Stream connection, from its first frame to its last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bot.platforms.api import BadCallback
from bot.platforms.dingtalk import frames
from bot.platforms.dingtalk.frames import Frame

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """The rhythm of the connection, in seconds.

    `silence`: with no frame at all for so long, not even the pong of a ping, the socket is a
    zombie. `farewell`: how long a connection the platform has said goodbye to may still
    deliver (it closes after about 10 s). Reconnecting waits a random part of `shortest`,
    doubled with every failure up to `longest`; a connection that lived `stable` starts over.
    `refused`: between two attempts with credentials the platform does not accept.
    """

    ping: float = 20
    silence: float = 90
    farewell: float = 30
    shortest: float = 1
    longest: float = 30
    stable: float = 60
    refused: tuple[float, float] = (30, 60)


class Link:
    """Reads frames, answers pings at once and everything else when `respond` has an answer.

    `leaving` is set when a successor is needed; frames are taken until the socket closes.
    """

    def __init__(
        self,
        socket: ClientConnection,
        respond: Callable[[Frame], Awaitable[str]],
        heard: Callable[[], None],
        pace: Pace,
    ) -> None:
        self.leaving = asyncio.Event()
        self._socket = socket
        self._respond = respond
        self._heard = heard
        self._pace = pace
        self._deadline = asyncio.timeout(pace.silence)

    async def serve(self) -> None:
        """Read until the connection ends, by either side; then finish what was begun."""
        try:
            async with asyncio.TaskGroup() as work:
                pinging = work.create_task(self._ping())
                with suppress(ConnectionClosed, TimeoutError):
                    async with self._deadline:
                        async for raw in self._socket:
                            self._hear()
                            await self._take(raw, work)
                self.leaving.set()
                pinging.cancel()
        finally:
            await self._socket.close()

    def _hear(self) -> None:
        self._heard()
        if not self.leaving.is_set():
            self._close_after(self._pace.silence)

    def _close_after(self, seconds: float) -> None:
        if not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time() + seconds)

    async def _ping(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(self._pace.ping)
                await (await self._socket.ping())
                self._hear()

    async def _take(self, raw: str | bytes, work: asyncio.TaskGroup) -> None:
        try:
            frame = frames.read(raw)
        except BadCallback as bad:
            log.warning("dingtalk_frame_skipped", reason=bad.reason)
            return
        if frame.kind != "SYSTEM":
            work.create_task(self._answer(frame))
        elif frame.topic == "ping":
            await self._socket.send(frames.ack(frame, frame.body))
        elif frame.topic == "disconnect":
            self.leaving.set()
            self._close_after(self._pace.farewell)

    async def _answer(self, frame: Frame) -> None:
        """The acknowledgement belongs to the connection the frame came on."""
        answer = await self._respond(frame)
        try:
            await self._socket.send(answer)
        except ConnectionClosed:
            # Stored, but the platform does not know: it redelivers, and we know the event.
            log.info("dingtalk_ack_lost", topic=frame.topic)
