"""The fake gateway behind a real server, for clients that are not ours."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.settings import WeComBotSettings
from bot.simulator.chaos import Chaos
from bot.simulator.phones import Member, Message, Phones
from bot.simulator.wecom_bot import FakeWeComBot
from bot.simulator.wire import WireLog

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BOT, SECRET = "aib-lab", "secret-of-the-lab"
CARD: dict[str, Any] = {
    "card_type": "button_interaction",
    "main_title": {"title": "报价审批"},
    "button_list": [{"text": "同意", "style": 1, "key": "yes"}],
    "task_id": "task-1",
}


@dataclass
class Lab:
    """One fake bot and the phone of 张三."""

    fake: FakeWeComBot
    phones: Phones
    chaos: Chaos
    address: str
    clock: list[datetime]

    @property
    def shown(self) -> list[Message]:
        return [message for message in self.phones if message.outgoing]


@dataclass
class Client:
    """A bare client: what it was pushed, the errcode of each request, and what else was told."""

    socket: ClientConnection
    pushed: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False

    async def ask(self, command: str, body: Any = None, request: str = "") -> int:
        request = request or secrets.token_hex(8)
        self.answers.pop(request, None)
        frame = {"cmd": command, "headers": {"req_id": request}, "body": body or {}}
        await self.socket.send(json.dumps(frame))
        async with asyncio.timeout(3):
            while request not in self.answers:  # noqa: ASYNC110 - filled by the reader
                await asyncio.sleep(0.005)
        return self.answers[request]

    async def subscribe(self, secret: str = SECRET) -> int:
        return await self.ask("aibot_subscribe", {"bot_id": BOT, "secret": secret})

    async def read(self) -> None:
        with suppress(ConnectionClosed):
            async for raw in self.socket:
                frame = json.loads(raw)
                if "cmd" in frame:
                    self.pushed.append(frame)
                else:
                    self.bodies.append(frame.get("body", {}))
                    self.answers[frame["headers"]["req_id"]] = frame["errcode"]
        self.closed = True

    async def next(self) -> tuple[str, dict[str, Any]]:
        """(req_id, body) of the next push."""
        async with asyncio.timeout(3):
            while not self.pushed:  # noqa: ASYNC110 - filled by the reader
                await asyncio.sleep(0.005)
        frame = self.pushed.pop(0)
        return frame["headers"]["req_id"], frame["body"]


@asynccontextmanager
async def lab() -> AsyncIterator[Lab]:
    clock = [NOW]
    members = [Member("p1", "张三", "rep", "", "华东", {"wecom": "zhangsan"})]
    phones, chaos = Phones(members, lambda: clock[0]), Chaos(lambda: clock[0])
    settings = WeComBotSettings(bot_id=BOT, secret=SecretStr(SECRET))
    fake = FakeWeComBot(phones, settings, lambda: clock[0], WireLog(lambda: clock[0]), chaos)
    app = FastAPI()
    app.include_router(fake.router)
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Lab(fake, phones, chaos, f"ws://127.0.0.1:{port}/openws", clock)
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def client(here: Lab) -> AsyncIterator[Client]:
    async with connect(here.address, ping_interval=None, close_timeout=1) as socket:
        made = Client(socket)
        reading = asyncio.create_task(made.read())
        try:
            yield made
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
