"""Wiring: one `Service` is the running product; `asgi` is what the web server calls."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from bot.clock import Clock
from bot.delivery import Courier
from bot.dispatch import Dispatcher
from bot.inbox import LANE, Inbox
from bot.loops import forever
from bot.migrate import upgrade
from bot.platforms.api import Undelivered
from bot.platforms.dingtalk.client import DingTalkPlatform
from bot.platforms.dingtalk.robot import Robot
from bot.platforms.dingtalk.stream import Stream
from bot.platforms.wecom.callback import Callback as WeComCallback
from bot.platforms.wecom.client import WeComPlatform
from bot.settings import Settings
from bot.web import callbacks, pages
from bot.web.front import Callback, Front
from bot.web.h5 import FormPages, Login
from bot.web.sessions import Sessions
from engine import jobs
from engine.database import Database
from engine.secrets import secret
from handlers.all import registry

log = structlog.get_logger(__name__)

HTTP_SECONDS = 5.0
MENU = (("商机", "/商机"), ("客户", "/客户"), ("帮助", "/帮助"))
"""The workbench entries under the WeCom chat: (name, command line)."""
SOON = timedelta(seconds=2)
"""What is due within this is still in flight: a platform asked for a short break."""
SET_UP_WAITS = (1, 5, 30, 300, 3600)
"""Seconds between tries to tell a platform how we are reached."""


class Service:
    """Database, platforms, inbox and couriers of one deployment.

    Raises:
        DatabaseInUse: another process runs on the same SQLite file.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.couriers: list[Courier] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.database = Database(settings.database.url.get_secret_value(), wake=self._wake)
        upgrade(self.database)
        self.database.writer.run(
            lambda db: jobs.reap(db, now=clock.now(), orphaned=self.database.embedded)
        )
        self.public_url = settings.server.public_url.rstrip("/")
        self.dispatcher = Dispatcher(registry(), clock)
        self.inbox = Inbox(self.database, self.dispatcher)
        self.http = httpx.AsyncClient(timeout=HTTP_SECONDS, trust_env=False)
        self.callbacks: dict[str, Callback] = {}
        self._loops: dict[str, Callable[[], Awaitable[None]]] = {
            "inbox": self.inbox.run, "leases": self.inbox.reap,
        }  # fmt: skip
        self.logins: dict[str, Login] = {}
        self.stream: Stream | None = None
        self._wecom()
        self._dingtalk()
        self.asgi = Front(self._web(), self.callbacks)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run everything that runs by itself; on leaving, finish what is in flight."""
        self._loop = asyncio.get_running_loop()
        gc.freeze()
        self._loops |= {courier.lane: courier.run for courier in self.couriers}
        tasks = [asyncio.create_task(forever(*loop)) for loop in self._loops.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.inbox.drain()
            for courier in self.couriers:
                await courier.drain()
            await self.http.aclose()
            await asyncio.to_thread(self.database.close)

    def wake(self) -> None:
        """Look for due work now (the demo clock has jumped)."""
        self.inbox.wake.set()
        for courier in self.couriers:
            courier.wake.set()

    async def settle(self) -> None:
        """Return when nothing is due soon and nothing is in flight (demo and tests)."""
        while True:
            busy = await asyncio.to_thread(self._busy)
            if not busy and self.inbox.idle:
                return
            await asyncio.sleep(0.005)

    def _busy(self) -> bool:
        with self.database.reading() as db:
            return jobs.busy(db, now=self.clock.now() + SOON)

    def _wecom(self) -> None:
        settings = self.settings.wecom
        if settings is None:
            return
        platform = WeComPlatform(settings, self.http, self.clock.now)
        self._add_courier(platform)
        self.logins[platform.name] = platform
        self.callbacks |= callbacks.wecom(WeComCallback(settings), self.inbox.receive)
        self._loops["menu"] = lambda: _set_up("menu", lambda: platform.set_menu(MENU))

    def _dingtalk(self) -> None:
        settings = self.settings.dingtalk
        if settings is None:
            return
        platform = DingTalkPlatform(settings, self.http, self.clock.now)
        self._add_courier(platform)
        if settings.mode == "stream":
            self.stream = Stream(settings, self.http, self.inbox.receive, self.clock.now)
            self._loops["stream"] = self.stream.run
        else:
            self.callbacks |= callbacks.dingtalk(Robot(settings), self.inbox.receive)
            address = f"{self.public_url}/dingtalk/card"
            self._loops["cards"] = lambda: _set_up(
                "cards", lambda: platform.register_cards(address)
            )

    def _add_courier(self, platform: WeComPlatform | DingTalkPlatform) -> None:
        self.couriers.append(Courier(self.database, platform, self.clock, self._form_url))

    def _form_url(self, delivery_id: str) -> str:
        return f"{self.public_url}/h5/form/{delivery_id}" if self.public_url else ""

    def _wake(self, lanes: Iterable[str]) -> None:
        """Called on the writer thread after a commit that brought work."""
        if self._loop is None or self._loop.is_closed():
            return
        for lane in lanes:
            if lane == LANE:
                self._loop.call_soon_threadsafe(self.inbox.wake.set)
            for courier in self.couriers:
                if courier.lane == lane:
                    self._loop.call_soon_threadsafe(courier.wake.set)

    def _web(self) -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        key = self.database.writer.run(lambda db: secret(db, "h5"))
        forms = FormPages(
            database=self.database, inbox=self.inbox, dispatcher=self.dispatcher,
            clock=self.clock, sessions=Sessions(key, self.public_url.startswith("https")),
            logins=self.logins, public_url=self.public_url,
        )  # fmt: skip
        app.include_router(forms.router())
        app.mount("/h5/static", StaticFiles(directory=pages.HERE / "static"))
        app.add_api_route("/healthz", self._alive, methods=["GET"])
        app.add_api_route("/readyz", self._ready, methods=["GET"])
        return app

    async def _alive(self) -> Response:
        """Whether this process can still do anything at all; if not, restart it."""
        alive = self.database.writer.alive
        return JSONResponse({"alive": alive}, 200 if alive else 503)

    async def _ready(self) -> Response:
        """Whether this process can take work: the database answers, the stream is up."""
        reasons = []
        try:
            await asyncio.to_thread(self._busy)
        except Exception as failure:
            log.exception("ready.database")
            reasons.append(f"database: {type(failure).__name__}")
        if self.stream is not None and not self.stream.connected:
            silent = round(self.stream.last_frame_age)
            reasons.append(f"dingtalk stream: not connected, silent for {silent} s")
        status = 503 if reasons else 200
        return JSONResponse({"ready": not reasons, "reasons": reasons}, status)


async def _set_up(what: str, call: Callable[[], Awaitable[None]]) -> None:
    """Tell a platform once how we are reached; without it typing still works."""
    for wait in SET_UP_WAITS:
        try:
            await call()
        except Undelivered as failure:
            log.warning("platform.not_set_up", what=what, reason=str(failure), again_in=wait)
            await asyncio.sleep(wait)
        else:
            return
