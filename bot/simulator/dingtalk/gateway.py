"""The Stream gateway of the fake: tickets, connections, pushes. Reference dingtalk.md §2.3."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
import uuid
from contextlib import suppress
from typing import Any

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response
from fastapi.websockets import WebSocket, WebSocketDisconnect

from bot.simulator.dingtalk.faults import NAME, ApiFault, strike
from bot.simulator.dingtalk.line import Line
from bot.simulator.dingtalk.org import Ground
from bot.simulator.dingtalk.wires import body_of

TICKET_SECONDS = 90
_HELD_BACK = 1.0  # seconds the fault "reorder" waits for another push to overtake


class Gateway:
    """Hands out tickets, keeps the connections, and pushes to one of them at random."""

    def __init__(self, ground: Ground) -> None:
        self.lines: list[Line] = []
        self._ground = ground
        self._tickets: dict[str, tuple[float, frozenset[tuple[str, str]]]] = {}
        self._arrived = asyncio.Event()
        self._held: list[asyncio.Event] = []

    def add_routes(self, router: APIRouter) -> None:
        """Put the gateway's two addresses on `router`."""
        path = "/v1.0/gateway/connections/open"
        router.add_api_route(path, self._open, methods=["POST"], include_in_schema=False)
        router.add_api_websocket_route("/connect", self._connect)

    async def push(
        self,
        kind: str,
        topic: str,
        body: dict[str, Any],
        *,
        within: float,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Push once; the ack's data, or None without a connection or an ack 200 in time (s)."""
        if self._ground.chaos.strikes(NAME, "reorder"):
            await self._hold_back()
        times = 2 if self._ground.chaos.strikes(NAME, "duplicate") else 1
        frame = self._frame(kind, topic, body, headers or {})
        ack: dict[str, Any] | None = None
        with suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(within):
                line = await self._pick(kind, topic)
                mute = self._ground.org.zombie
                waiting = [await line.send(frame, mute=mute) for _ in range(times)]
                self._overtaken()
                ack = await waiting[0]
        code = ack.get("code") if ack else None
        summary = f"Stream {kind} {topic} → {code or '没有应答'}"
        self._ground.note("to_bot", summary, frame | {"data": body}, ack)
        return _data(ack) if ack and code == 200 else None  # noqa: PLR2004 - the ack's code

    async def system(self, topic: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Send a SYSTEM frame on every connection; the last answer within a second."""
        answer = None
        for line in list(self.lines):
            waiting = await line.send(self._frame("SYSTEM", topic, body, {}))
            with suppress(TimeoutError, WebSocketDisconnect):
                answer = _data(await asyncio.wait_for(waiting, 1))
        return answer

    async def disconnect(self, reason: str = "connection is expired") -> None:
        """Say goodbye on every connection, push no more on it, and close it in a while."""
        frame = self._frame("SYSTEM", "disconnect", {"reason": reason}, {})
        for line in list(self.lines):
            await line.leave(frame, self._ground.org.farewell)

    def abort(self) -> None:
        """End every connection without a goodbye."""
        for line in list(self.lines):
            line.drop()

    async def _open(self, request: Request) -> Response:
        body = await body_of(request)
        try:
            strike(self._ground.chaos)
            self._authorise(body)
        except ApiFault as fault:
            self._note(fault.status, body, fault.body())
            return fault.response()
        ticket = secrets.token_urlsafe(24)
        asked = filter(lambda s: isinstance(s, dict), body.get("subscriptions") or [])
        wanted = frozenset((s.get("type"), s.get("topic")) for s in asked)
        self._tickets[ticket] = (time.monotonic() + TICKET_SECONDS, wanted)
        grant = {"endpoint": f"ws://{request.headers['host']}/connect", "ticket": ticket}
        self._note(200, body, grant)
        if "application/json" not in request.headers.get("accept", ""):
            tags = "".join(f"<{name}>{value}</{name}>" for name, value in grant.items())
            return Response(f"<response>{tags}</response>", media_type="application/xml")
        return JSONResponse(grant)

    def _authorise(self, body: dict[str, Any]) -> None:
        settings = self._ground.settings
        ours = (settings.client_id, settings.client_secret.get_secret_value())
        if (body.get("clientId"), body.get("clientSecret")) != ours:
            raise ApiFault("authFailed", status=401)

    def _note(self, status: int, body: Any, answer: Any) -> None:
        summary = f"POST /v1.0/gateway/connections/open → {status}"
        self._ground.note("from_bot", summary, body, answer)

    async def _connect(self, websocket: WebSocket) -> None:
        ticket = websocket.query_params.get("ticket", "")
        ends, wanted = self._tickets.pop(ticket, (0.0, frozenset()))
        if time.monotonic() >= ends:
            await websocket.send_denial_response(Response(status_code=401))
            return
        await websocket.accept()
        line = Line(websocket, wanted)
        self.lines.append(line)
        self._arrived.set()
        try:
            await line.read()
        finally:
            self.lines.remove(line)

    async def _pick(self, kind: str, topic: str) -> Line:
        """A random connection that wants this topic; waits until there is one."""
        while True:
            if fit := [line for line in self.lines if line.wants(kind, topic)]:
                return random.choice(fit)
            self._arrived.clear()
            await self._arrived.wait()

    async def _hold_back(self) -> None:
        overtaken = asyncio.Event()
        self._held.append(overtaken)
        with suppress(TimeoutError):
            await asyncio.wait_for(overtaken.wait(), _HELD_BACK)

    def _overtaken(self) -> None:
        for held in self._held:
            held.set()
        self._held.clear()

    def _frame(
        self, kind: str, topic: str, body: dict[str, Any], headers: dict[str, str]
    ) -> dict[str, Any]:
        return {
            "specVersion": "1.0",
            "type": kind,
            "headers": {
                "appId": "sim",
                "contentType": "application/json",
                "messageId": uuid.uuid4().hex,
                "time": str(int(self._ground.now().timestamp() * 1000)),
                "topic": topic,
                **headers,
            },
            "data": json.dumps(body, ensure_ascii=False),
        }


def _data(ack: dict[str, Any]) -> dict[str, Any]:
    """The object in an ack's data, {} if it is none."""
    with suppress(ValueError, TypeError):
        data = json.loads(ack.get("data", ""))
        return data if isinstance(data, dict) else {}
    return {}
