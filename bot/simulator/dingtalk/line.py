"""One WebSocket connection of the service to the fake gateway."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from fastapi.websockets import WebSocket, WebSocketDisconnect


class Line:
    """A connection and the acknowledgements it still owes."""

    def __init__(self, websocket: WebSocket, wanted: frozenset[tuple[str, str]]) -> None:
        self._websocket = websocket
        self._wanted = wanted
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._deadline = asyncio.timeout(None)
        self._leaving = False

    def wants(self, kind: str, topic: str) -> bool:
        """Whether this may be pushed here; events come under the one topic `*`."""
        subscribed = (kind, "*" if kind == "EVENT" else topic)
        return not self._leaving and subscribed in self._wanted

    async def send(
        self, frame: dict[str, Any], *, mute: bool = False
    ) -> asyncio.Future[dict[str, Any]]:
        """Send one frame; the future is its ack, {} if the connection ends before.

        `mute`: the frame gets lost on the way, as on a connection that only looks alive.

        Raises:
            WebSocketDisconnect: the connection is gone.
        """
        message_id = frame["headers"]["messageId"]
        waiting = self._waiting.get(message_id)
        if waiting is None:
            waiting = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        if not mute:
            await self._websocket.send_text(json.dumps(frame, ensure_ascii=False))
        return waiting

    async def leave(self, frame: dict[str, Any], farewell: float) -> None:
        """Say goodbye with `frame`, which wants no ack, and close after `farewell` seconds."""
        self._leaving = True
        await self._websocket.send_text(json.dumps(frame, ensure_ascii=False))
        self._deadline.reschedule(asyncio.get_running_loop().time() + farewell)

    def drop(self) -> None:
        """Close at once, without a word."""
        self._leaving = True
        self._deadline.reschedule(asyncio.get_running_loop().time())

    async def read(self) -> None:
        """Take acks until the connection ends."""
        try:
            async with self._deadline:
                while True:
                    self._take(await self._websocket.receive_text())
        except TimeoutError:
            await self._websocket.close()
        except WebSocketDisconnect:
            pass
        finally:
            for waiting in self._waiting.values():
                _resolve(waiting, {})

    def _take(self, raw: str) -> None:
        with suppress(ValueError, TypeError, KeyError):
            ack = json.loads(raw)
            _resolve(self._waiting.pop(ack["headers"]["messageId"]), ack)


def _resolve(waiting: asyncio.Future[dict[str, Any]], ack: dict[str, Any]) -> None:
    if not waiting.done():
        waiting.set_result(ack)
