"""One WebSocket connection of the service to the fake gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from fastapi.websockets import WebSocket, WebSocketDisconnect

from bot.simulator.wecom.errors import Refused

SUBSCRIBE = "aibot_subscribe"
NOT_SUBSCRIBED = 846609


class Connection:
    """Reads requests and answers them; until it has subscribed it may do nothing else."""

    def __init__(
        self, websocket: WebSocket,
        handle: Callable[[Connection, dict[str, Any]], Mapping[str, Any] | None],
    ) -> None:  # fmt: skip
        self._websocket = websocket
        self._handle = handle
        self.subscribed = False
        self.answered: dict[str, asyncio.Event] = {}

    async def push(self, frame: dict[str, Any]) -> None:
        """Send one frame; a connection that is gone is noticed by its reader."""
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.send_text(json.dumps(frame, ensure_ascii=False))

    async def close(self) -> None:
        """End it from this side."""
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close()

    async def read(self) -> None:
        """Take requests until the connection ends."""
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._take(await self._websocket.receive_text())

    @property
    def host(self) -> str:
        """Host and port under which the service has found the gateway."""
        return self._websocket.url.netloc

    def _done(self, frame: dict[str, Any]) -> Mapping[str, Any] | None:
        if not self.subscribed and frame["cmd"] != SUBSCRIBE:
            raise Refused(NOT_SUBSCRIBED, "not subscribed")
        return self._handle(self, frame)

    async def _take(self, raw: str) -> None:
        try:
            frame = json.loads(raw)
            request = str(frame["headers"]["req_id"])
            frame["cmd"], frame["body"] = str(frame["cmd"]), dict(frame.get("body") or {})
        except (ValueError, TypeError, KeyError):
            return  # nobody could be answered
        answer: dict[str, Any] = {"headers": {"req_id": request}, "errcode": 0, "errmsg": "ok"}
        body: Mapping[str, Any] | None = {}
        try:
            body = self._done(frame)
        except Refused as refused:
            answer |= {"errcode": refused.errcode, "errmsg": refused.errmsg}
        if body is not None:
            await self.push({**answer, "body": body} if body else answer)
        if request in self.answered:
            self.answered[request].set()
