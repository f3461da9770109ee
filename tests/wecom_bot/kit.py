"""A gateway that behaves as badly as a test wants, and our bot in front of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bot.app import Service
from bot.clock import Clock
from bot.platforms.wecom_bot.link import Pace
from bot.rates import Rate
from bot.settings import (
    DatabaseSettings,
    Settings,
    VaultSettings,
    WeComBotSettings,
    WeComSettings,
)
from bot.simulator import seed
from cards import outbox
from engine.database import Database
from sales.people import Address
from tests.ready import upgrade

CORP, BOT, SECRET = "ww-test", "aib-test", "bot-secret-of-a-test"
TENANTS = {"wecom": CORP, "dingtalk": "ding"}
QUICK = Pace(
    ping=0.1, answer=0.6, window=1.5, patience=1.0, shortest=0.02, longest=0.1,
    refused=(0.3, 0.4), replaced=(0.5, 0.6),
)  # fmt: skip

Frame = dict[str, Any]
LISI = Address("lisi", "wecom_bot", CORP, "lisi")


async def until(condition: Callable[[], Any], seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions of any kind, no event to wait for
            await asyncio.sleep(0.005)


class Gateway:
    """The platform's side, frame by frame: what people see is in `seen`, as {req_id or task_id}.

    `moods` is taken from for every frame but subscriptions and pings: "ok", "mute" (take it and
    never answer), "late" (answer after the client has given up), "cut" (take it, then cut the
    line), "drop" (cut the line without taking it), or an errcode. Empty means "ok".
    """

    def __init__(self) -> None:
        self.address = ""
        self.lines: list[ServerConnection] = []
        self.frames: list[Frame] = []
        self.seen: list[tuple[str, str]] = []
        self.moods: list[str | int] = []
        self.subscribe_errcode = 0
        self.pongs = True
        self.mute = False
        self.late = 0.9
        self._replied: set[str] = set()
        self._tasks: set[str] = set()
        self._spawned: set[asyncio.Task[None]] = set()

    @property
    def line(self) -> ServerConnection:
        return self.lines[-1]

    def commands(self, command: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["cmd"] == command]

    async def push(self, body: dict[str, Any], *, request: str, command: str = "msg") -> None:
        frame = {"cmd": f"aibot_{command}_callback", "headers": {"req_id": request}, "body": body}
        with suppress(ConnectionClosed):
            await self.line.send(json.dumps(frame))

    async def said(self, words: str, *, msgid: str, request: str = "", by: str = "lisi") -> None:
        body = {"msgid": msgid, "chattype": "single", "from": {"userid": by}, "msgtype": "text",
                "text": {"content": words}}  # fmt: skip
        await self.push(body, request=request or f"req-{msgid}")

    async def event(self, event: dict[str, Any], *, msgid: str, by: str = "lisi") -> None:
        body = {"msgid": msgid, "chattype": "single", "from": {"userid": by}, "msgtype": "event",
                "event": event}  # fmt: skip
        await self.push(body, request=f"req-{msgid}", command="event")

    async def serve(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for raw in socket:
                await self._take(socket, json.loads(raw))

    async def _take(self, socket: ServerConnection, frame: Frame) -> None:
        self.frames.append(frame)
        if self.mute:
            return
        if frame["cmd"] == "ping":
            if self.pongs:
                await self._answer(socket, frame, 0)
            return
        if frame["cmd"] == "aibot_subscribe":
            if not self.subscribe_errcode:
                self.lines.append(socket)
            await self._answer(socket, frame, self.subscribe_errcode)
            return
        mood = self.moods.pop(0) if self.moods else "ok"
        if isinstance(mood, int):
            await self._answer(socket, frame, mood)
            return
        code = 0 if mood == "drop" else self._show(frame)
        if mood in {"cut", "drop"}:
            socket.transport.abort()
        elif mood == "late":
            self._spawned.add(asyncio.create_task(self._answer_late(socket, frame, code)))
        elif mood == "ok":
            await self._answer(socket, frame, code)

    def _show(self, frame: Frame) -> int:
        """What the real one would show: a reply once per req_id, a card once per task_id."""
        request, body = frame["headers"]["req_id"], frame["body"]
        if frame["cmd"].startswith("aibot_respond") and request in self._replied:
            return 846606
        card = body.get("template_card", {})
        task = card.get("task_id", "") if frame["cmd"] != "aibot_respond_update_msg" else ""
        if task and task in self._tasks:
            return 846625
        self._replied.add(request)
        self._tasks.add(task)
        self.seen.append((frame["cmd"], _words(body)))
        return 0

    async def _answer_late(self, socket: ServerConnection, frame: Frame, code: int) -> None:
        await asyncio.sleep(self.late)
        await self._answer(socket, frame, code)

    async def _answer(self, socket: ServerConnection, frame: Frame, code: int) -> None:
        with suppress(ConnectionClosed):
            await socket.send(json.dumps({"headers": frame["headers"], "errcode": code}))

    async def close(self) -> None:
        for task in self._spawned:
            task.cancel()
        await asyncio.gather(*self._spawned, return_exceptions=True)


def _words(body: dict[str, Any]) -> str:
    for kind in ("stream", "markdown", "text"):
        if kind in body:
            return str(body[kind]["content"])
    if "template_card" in body:
        return str(body["template_card"]["main_title"]["title"])
    return str(body.get("msgtype", ""))


def settings(gateway: str, database: str) -> Settings:
    bot = WeComBotSettings(bot_id=BOT, secret=SecretStr(SECRET), gateway=gateway)
    return Settings(
        allow_unofficial_api=True,
        database=DatabaseSettings(url=SecretStr(database)),
        vault=VaultSettings(key=SecretStr("00" * 32)),
        wecom=WeComSettings(corp_id=CORP, bot=bot),
    )


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    async with serve(made.serve, "127.0.0.1", 0, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        made.address = f"ws://127.0.0.1:{port}"
        try:
            yield made
        finally:
            await made.close()


@asynccontextmanager
async def running(address: str, database: str, pace: Pace = QUICK) -> AsyncIterator[Service]:
    """The whole service with a bot and nothing else."""
    service = Service(settings(address, database), Clock("Asia/Shanghai"), rate=Rate(6000, 6000))
    service.bot.platform.line._pace = pace
    service.bot.platform._replies._seconds = service.bot.platform._updates._seconds = pace.window
    service.bot._pace = pace
    async with service.running():
        yield service


def plant(database: str) -> None:
    """Write the demo company into an empty database."""
    opened, clock = Database(database), Clock("Asia/Shanghai")
    upgrade(opened)
    opened.writer.run(lambda db: seed.plant(db, TENANTS, clock.now()))
    opened.close()


def rows(service: Service, question: str) -> list[Any]:
    with service.database.reading() as db:
        return list(db.execute(text(question)).all())


async def connected(service) -> None:
    await until(lambda: service.bot.platform.line.connected)


def post(service, content) -> None:
    now = service.clock.now()
    service.database.writer.run(lambda db: outbox.post(db, content, [LISI], now=now))


def jobs(service) -> list[tuple]:
    return rows(service, "SELECT state, last_error FROM job WHERE lane LIKE 'outbox%' ORDER BY id")


def everything_said(service) -> bool:
    waiting = "SELECT id FROM job WHERE state < 2 AND (lane LIKE 'outbox%' OR lane = 'inbox')"
    return service.bot.idle and not rows(service, waiting)
