"""A loopback lab: the fake DingTalk behind a real server, our adapter in front of it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from bot.outgoing import Addresses
from bot.platforms.api import Answer, Inbound
from bot.platforms.dingtalk.client import DingTalkPlatform
from bot.platforms.dingtalk.link import Pace
from bot.platforms.dingtalk.stream import Stream
from bot.settings import DingTalkSettings
from bot.simulator.chaos import Chaos
from bot.simulator.dingtalk import FakeDingTalk
from bot.simulator.phones import Member, Message, Phones
from bot.simulator.wire import WireLog
from cards.model import Button, Card, Choice, Field, Form

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "dingtalk.json").read_text(encoding="utf-8")
)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TEMPLATE = "11111111-2222-3333-4444-555555555555.schema"
AES_KEY = "1234567890123456789012345678901234567890123"
LOOPBACK = Addresses(loopback=True)
QUICK = Pace(ping=0.05, silence=0.8, farewell=1, shortest=0.02, longest=0.1, refused=(0.1, 0.2))

APPROVAL = Card(
    title="报价审批",
    facts=(("客户", "北方泵业"), ("金额", "128000 元")),
    buttons=(Button("同意", "approve", style="primary"), Button("驳回", "reject", style="danger")),
)
FORM = Card(
    title="更新进展",
    form=Form(
        "note",
        (
            Field("customer", "客户", "select", (Choice("c_1", "甲阀门"), Choice("c_2", "乙泵业"))),
            Field("note", "进展", "text", placeholder="一句话"),
        ),
    ),
)


def settings(base: str = "https://api.dingtalk.com", **changes: Any) -> DingTalkSettings:
    values: dict[str, Any] = {
        "client_id": "dingclient",
        "client_secret": "app-secret",
        "robot_code": "dingrobot",
        "corp_id": "dingcorp",
        "token": "callbacktoken",
        "aes_key": AES_KEY,
        "api_base": base,
        "oapi_base": base.replace("api.dingtalk", "oapi.dingtalk"),
        "templates": {"card": TEMPLATE},
    }
    return DingTalkSettings(**(values | changes))


def robot_message(**changes: Any) -> dict[str, Any]:
    """A captured robot message, shortened; `None` takes a field out."""
    body = {
        "msgtype": "text",
        "msgId": "msgABC==",
        "createAt": 1_795_424_400_000,
        "conversationType": "1",
        "conversationId": "cidXYZ==",
        "senderId": "$:LWCP_v1:$abc",
        "senderNick": "张三",
        "senderStaffId": "user1",
        "senderCorpId": "dingcorp",
        "chatbotCorpId": "dingcorp",
        "robotCode": "dingrobot",
        "text": {"content": "/帮助"},
    } | changes
    return {k: v for k, v in body.items() if v is not None}


def press(params: dict[str, Any], actions: list[str] | None = None, **changes: Any) -> Any:
    """A captured card callback."""
    pressed = {"cardPrivateData": {"actionIds": actions or ["button"], "params": params}}
    return {
        "type": "actionCallback",
        "outTrackId": "card-1",
        "corpId": "dingcorp",
        "userId": "user1",
        "userIdType": 1,
        "content": json.dumps(pressed),
    } | changes


async def until(condition: Callable[[], Any], seconds: float = 3) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions of any kind, no event to wait for
            await asyncio.sleep(0.01)


@dataclass
class Inbox:
    """What the service received, and what it answers next."""

    events: list[Inbound] = field(default_factory=list)
    answer: Answer = field(default_factory=Answer)
    failures: list[Exception] = field(default_factory=list)
    delay: float = 0

    async def receive(self, event: Inbound) -> Answer:
        self.events.append(event)
        await asyncio.sleep(self.delay)
        if self.failures:
            raise self.failures.pop(0)
        return self.answer

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]


class Relay:
    """A TCP relay between client and server that can go dead or cut every connection."""

    def __init__(self, port: int) -> None:
        self.frozen = False
        self._target = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.get_running_loop().create_task(self._pump(source, target))
            self._tasks.add(task)
            self._writers.add(target)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if not self.frozen:
                    target.write(data)
                    await target.drain()
        target.close()
        with suppress(OSError):
            await target.wait_closed()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    """`app` on a free loopback port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, ws="websockets-sansio", log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()


@dataclass
class Lab:
    """One organisation on loopback: its fake platform, its phones, our adapter."""

    settings: DingTalkSettings
    http: httpx.AsyncClient
    fake: FakeDingTalk
    phones: Phones
    wire: WireLog
    chaos: Chaos
    inbox: Inbox
    relay: Relay
    app: FastAPI
    clock: list[datetime]
    running: list[asyncio.Task[None]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.clock[0]

    def wait(self, span: timedelta) -> None:
        self.clock[0] += span

    @property
    def platform(self) -> DingTalkPlatform:
        return DingTalkPlatform(self.settings, self.http, self.now)

    async def stream(self, **changes: Any) -> Stream:
        """Our Stream client, connected."""
        stream = self.dial(**changes)
        await until(lambda: stream.connected)
        return stream

    def dial(self, pace: Pace = QUICK, **changes: Any) -> Stream:
        """Our Stream client, trying to connect."""
        own = self.settings.model_copy(update=changes)
        stream = Stream(own, self.http, LOOPBACK, self.inbox.receive, self.now, pace=pace)
        self.running.append(asyncio.get_running_loop().create_task(stream.run()))
        return stream

    def of(self, account: str) -> list[Message]:
        return [m for m in self.phones if m.account == account and m.outgoing]

    def saw(self, text: str) -> bool:
        return any(text in e.summary for e in self.wire.after())


def _lab(http: httpx.AsyncClient, app: FastAPI, relay: Relay, here: DingTalkSettings) -> Lab:
    clock = [NOW]
    accounts = {"张三": "user1", "王经理": "boss"}
    members = [Member(a, n, "rep", "", "华东", {"dingtalk": a}) for n, a in accounts.items()]
    phones = Phones(members, lambda: clock[0])
    wire, chaos = WireLog(lambda: clock[0]), Chaos(lambda: clock[0])
    fake = FakeDingTalk(phones, here, http, lambda: clock[0], wire, chaos)
    fake.org.redeliver_after = 0.05
    app.include_router(fake.router)
    return Lab(here, http, fake, phones, wire, chaos, Inbox(), relay, app, clock)


@asynccontextmanager
async def lab(**changes: Any) -> AsyncIterator[Lab]:
    """Everything over real loopback connections, Stream through a relay."""
    app = FastAPI()
    async with served(app) as port, httpx.AsyncClient(trust_env=False, timeout=5) as http:
        relay = Relay(port)
        base = f"http://127.0.0.1:{await relay.start()}"
        here = _lab(http, app, relay, settings(base, **changes))
        here.fake.callback_base = f"http://127.0.0.1:{port}"
        try:
            yield here
        finally:
            await here.fake.close()
            for task in here.running:
                task.cancel()
            await asyncio.gather(*here.running, return_exceptions=True)
            await relay.stop()


@asynccontextmanager
async def desk(**changes: Any) -> AsyncIterator[Lab]:
    """The fake's HTTP API alone, without a server: quick."""
    app = FastAPI()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as http:
        yield _lab(http, app, Relay(0), settings("http://127.0.0.1:1", **changes))
