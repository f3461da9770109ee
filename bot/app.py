"""Wiring: one `Service` is the running product; `asgi` is what the web server calls."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from bot import erasures, expiries, imports, lead_exports, outgoing, rates, vault_key
from bot.clock import Clock
from bot.cron import Cron
from bot.delivery import Courier
from bot.directories import Readings, Synchroniser, directories
from bot.dispatch import Dispatcher
from bot.floods import Floodgate
from bot.heads import Heads, place
from bot.heartbeat import Heartbeat
from bot.holding import Holding
from bot.import_sorts import Sorts
from bot.inbox import LANE, Inbox
from bot.lanes import Lane
from bot.ledger import Ledger
from bot.loops import forever
from bot.menu import MENU
from bot.metrics import metered
from bot.notices import Notices
from bot.outgoing import Addresses
from bot.parcels import Packing
from bot.platforms.api import Platform, Undelivered
from bot.platforms.dingtalk.client import DingTalkPlatform
from bot.platforms.dingtalk.inbound import NAME as DINGTALK
from bot.platforms.dingtalk.robot import Robot
from bot.platforms.dingtalk.stream import Stream
from bot.platforms.wecom.callback import Callback as WeComCallback
from bot.platforms.wecom.client import WeComPlatform
from bot.platforms.wecom_bot import inbound as wecom_bot
from bot.rates import Rate, Rates
from bot.readiness import reasons
from bot.roles import Role
from bot.rules import opened
from bot.settings import Settings, WeComBotSettings, WeComSettings
from bot.shared_tokens import SharedToken
from bot.slow import Slow
from bot.timers import Timers
from bot.vault_key import VaultKeyError
from bot.wakeups import Wakeups
from bot.watchdog import Watchdog
from bot.web import callbacks, pages
from bot.web.front import Callback, Front
from bot.web.h5 import FormPages, Login
from bot.web.hooks import Hooks
from bot.web.insiders import Insiders
from bot.web.metrics import MetricsPage
from bot.web.sessions import Sessions, signing_key
from bot.wecom_bot import WeComBot
from bot.working_days import renew
from engine import documents, jobs, quota
from engine.calendar_days import Calendars
from engine.database import Database
from engine.quota import CALLS, PUSHES
from engine.secrets import secret
from engine.unit import Unit
from engine.vault import Vault
from handlers.all import registry
from sales import channels
from scheduler.all import jobs as regular_jobs
from scheduler.all import reactions

log = structlog.get_logger(__name__)

HTTP_SECONDS = 5.0
GC_THRESHOLDS = (50_000, 20, 100)
"""What a callback leaves behind has no cycles; looking for some after every 700 objects costs."""
SOON = timedelta(seconds=2)
"""What is due within this is still in flight: a platform asked for a short break."""
LIMITS_EVERY = 5.0
"""Seconds until a new rule on how much one person may send counts."""
SET_UP_WAITS = (1, 5, 30, 300, 3600)
"""Seconds between tries to tell a platform how we are reached."""


class Service:
    """Database, platforms, inbox and couriers of one deployment.

    `rate` is how much one person may send; the rule's word if nobody says.

    Raises:
        DatabaseInUse: another process runs on the same SQLite file.
        VaultKeyError: people's data could not be read; nothing was written.
    """

    def __init__(
        self, settings: Settings, clock: Clock, role: Role = Role.ALL, rate: Rate | None = None
    ) -> None:  # fmt: skip
        self.settings = settings
        self.role = role
        self.clock = clock
        self.couriers: list[Courier] = []
        self.lanes: list[Lane | Slow | Readings] = []
        self._platforms: dict[str, Platform] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.database = Database(settings.database.url.get_secret_value(), wake=self._wake)
        self.vault = _opened(settings, self.database)
        clock.anchor(self.database)
        self.database.writer.run(
            lambda db: jobs.reap(db, now=clock.now(), orphaned=self.database.embedded)
        )
        self.database.writer.run(self._prepare)
        self.public_url = settings.server.public_url.rstrip("/")
        self.calendars = Calendars(clock.zone)
        self.rules = opened(self.database, clock)
        self.dispatcher = Dispatcher(registry(), clock, self.calendars, self.rules, self.vault)
        self.inbox = Inbox(self.database, self.dispatcher)
        self.rates = Rates(rate or rates.by_rule(self.rules, clock.now()))
        door = Floodgate(metered(self.inbox.receive), self.rates, self.database, clock.now)
        self._receive = door.admit
        self.timers = Timers(self.database, clock, self.rules, reactions())
        self.cron = Cron(self.database, clock, self.calendars, self.rules, regular_jobs())
        self._addresses = Addresses(loopback=settings.allow_unofficial_api)
        self.http = outgoing.client(self._addresses, HTTP_SECONDS)
        self.callbacks: dict[str, Callback] = {}
        self.watchdog = Watchdog(self.database.writer)
        self._heartbeat = Heartbeat(self.database, clock, self.rules, role)
        self._holding = Holding(self.database, clock, self._heartbeat.process.id)
        self._loops: dict[str, Callable[[], Awaitable[None]]] = {
            "clock": lambda: clock.keep(self.database), "heartbeat": self._heartbeat.run,
        }  # fmt: skip
        if rate is None:
            self._loops["limits"] = self._keep_limits
        self._wakeups: Wakeups | None = None
        if not self.database.embedded:
            self._wakeups = Wakeups(self.database.url, self._look_at)
            self._loops["wakeups"] = self._wakeups.listen if role.works else self._wakeups.speak
        if role.works:
            self._loops |= {"inbox": self.inbox.run, "leases": self.inbox.reap}
            self._loops["timers"] = self.timers.run
            self._loops["cron"] = self.cron.run
            erased = partial(erasures.write, erasures.list_of(settings, self.database.url))
            self.lanes += [self.timers.lane, *self.cron.lanes, self._readings()]
            if (file := place(settings, self.database.url)) is not None:
                self._loops["heads"] = Heads(self.database, clock, file).run
            self.lanes.append(Lane(self.database, clock, erasures.LANE, erased))
            self._loops["notices"] = Notices(self.database, clock, self.calendars, self.rules).run
        self.logins: dict[str, Login] = {}
        self.stream: Stream | None = None
        self.bot: WeComBot | None = None
        self._connect()
        self.asgi = Front(self._web(), self.callbacks)

    def _prepare(self, db: Unit) -> None:
        """Write what the configuration and this version know."""
        renew(db, self.clock)
        channels.keep(db, self.settings.channels())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run everything that runs by itself; on leaving, finish what is in flight."""
        self._loop = asyncio.get_running_loop()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        gc.enable()
        self._loops = {runner.lane: runner.run for runner in self._runners} | self._loops
        tasks = [asyncio.create_task(forever(*loop)) for loop in self._loops.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for runner in (self.inbox, self.timers, *self._runners):
                await runner.drain()
            await self.http.aclose()
            await asyncio.to_thread(self.database.close)

    @property
    def _runners(self) -> list[Courier | Lane | Slow | Readings]:
        """Whatever works off a lane of jobs in this process."""
        return [*self.couriers, *self.lanes]

    def wake(self) -> None:
        """Look for due work now (the demo clock has jumped)."""
        for one in (self.inbox, self.timers, self._heartbeat, *self._runners):
            one.wake.set()

    async def settle(self) -> None:
        """Return when nothing is due soon and nothing is in flight (demo and tests)."""
        while True:
            busy = await asyncio.to_thread(self._busy)
            if not busy and self.inbox.idle and (self.bot is None or self.bot.idle):
                return
            await asyncio.sleep(0.005)

    def _busy(self) -> bool:
        with self.database.reading() as db:
            now = self.clock.now()
            return jobs.busy(db, now=now + SOON) or self.timers.busy(db, now=now)

    def _connect(self) -> None:
        """Both platforms and the connectors, as far as they are set up, and the slow work."""
        self._wecom()
        self._dingtalk()
        if self.role.receives:
            hooks = Hooks(self.database, self.clock, self.vault, self.rules, self.calendars)
            self.callbacks |= hooks.callbacks(self.settings.connectors)
        if self.role.works:
            sorts = Sorts(self.vault, self.rules, self.calendars)
            slow = imports.works(self.database, sorts, self._platforms)
            slow |= lead_exports.works(self.database, self.vault, self.clock.zone)
            slow |= expiries.works(self.vault)
            self.lanes.append(Slow(self.database, self.clock, slow))

    def _wecom(self) -> None:
        settings = self.settings.wecom
        if settings is None:
            return
        if settings.bot is not None and self.role.works:
            self._wecom_bot(settings.bot, settings)
        if not settings.has_app:
            return
        share = self._shared(f"wecom/{settings.corp_id}/{settings.agent_id}", settings.secret)
        platform = WeComPlatform(settings, self.http, self.clock.now, share)
        if self.role.works:
            self._add_courier(platform, self._form_url)
        if not self.role.receives:
            return
        self.logins |= {platform.name: platform, wecom_bot.PLATFORM: platform}
        self.callbacks |= callbacks.wecom(WeComCallback(settings), self._receive, self.clock.real)
        self._loops["menu"] = lambda: _set_up("menu", lambda: platform.set_menu(MENU))

    def _wecom_bot(self, settings: WeComBotSettings, corp: WeComSettings) -> None:
        """Its pages open only where there is an app: nobody else can say who opened them."""
        self.bot = WeComBot(
            settings, corp.corp_id, self._addresses, self.http, self.database, self.clock,
            self._holding, self._receive,
        )  # fmt: skip
        page = self._form_url if corp.has_app else lambda _: ""
        courier = self._add_courier(self.bot.platform, page)
        self._loops[courier.lane] = partial(self.bot.run, courier)

    def _dingtalk(self) -> None:
        settings = self.settings.dingtalk
        if settings is None:
            return
        share = self._shared(f"dingtalk/{settings.client_id}", settings.client_secret)
        account = quota.account(DINGTALK, settings.tenant)
        most = {CALLS: settings.monthly_calls, PUSHES: settings.monthly_pushes}
        self.database.writer.run(lambda db: quota.allow(db, account, most))
        ledger = Ledger(self.database, self.clock, account)
        platform = DingTalkPlatform(settings, self.http, self.clock.now, share, ledger.call)
        if self.role.works:
            self._add_courier(platform, self._form_url)
        if not self.role.receives:
            return
        receive = ledger.counted(self._receive)
        if settings.mode == "stream":
            self.stream = Stream(settings, self.http, self._addresses, receive, self.clock.now)
            self._loops["stream"] = self.stream.run
        else:
            self.callbacks |= callbacks.dingtalk(Robot(settings), receive, self.clock.real)
            address = f"{self.public_url}/dingtalk/card"
            self._loops["cards"] = lambda: _set_up(
                "cards", lambda: platform.register_cards(address)
            )

    def _readings(self) -> Readings:
        """Reads the directories of the platforms in use."""
        known = directories(self.settings, self.http, self.clock.now, self._shared)
        reader = Synchroniser(self.database, self.clock, self.rules, known)
        return Readings(self.database, self.clock, reader)

    def _shared(self, app: str, secret: SecretStr) -> SharedToken:
        return SharedToken(self.database, self.clock, self._holding, f"token/{app}", secret)

    def _add_courier(self, platform: Platform, form_url: Callable[[str], str]) -> Courier:
        self._platforms[platform.name] = platform
        packing = Packing(platform, self.vault, form_url, self.rules)
        courier = Courier(self.database, packing, self.clock)
        self.couriers.append(courier)
        return courier

    def _form_url(self, delivery_id: str) -> str:
        return f"{self.public_url}/h5/form/{delivery_id}" if self.public_url else ""

    def _wake(self, lanes: Iterable[str]) -> None:
        """Called on the writer thread after a commit that brought work.

        What was published in it holds before the next unit begins.
        """
        if documents.COUNTER in lanes:
            self._refresh()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._look_at if self.role.works else self._tell, lanes)

    async def _keep_limits(self) -> None:
        """Go by the rule for how much one person may send, whenever it changes."""
        while True:
            self.rates.rate = rates.by_rule(self.rules, self.clock.now())
            await asyncio.sleep(LIMITS_EVERY)

    def _refresh(self) -> None:
        try:
            with self.database.reading() as db:
                self.rules.refresh(db)
        except SQLAlchemyError as failure:  # the next heartbeat tries again
            log.warning("rules.not_refreshed", reason=type(failure).__name__)

    def _look_at(self, lanes: Iterable[str]) -> None:
        """Wake whoever works off these lanes here."""
        for lane in lanes:
            if lane == LANE:
                self.inbox.wake.set()
            if lane == documents.COUNTER:
                self._heartbeat.wake.set()
            for runner in self._runners:
                if runner.lane == lane:
                    runner.wake.set()

    def _tell(self, lanes: Iterable[str]) -> None:
        """Wake whoever works off these lanes in another process."""
        if documents.COUNTER in lanes:
            self._heartbeat.wake.set()
        if self._wakeups is not None:
            self._wakeups.tell(lanes)

    def _web(self) -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        app.add_api_route("/healthz", self._alive, methods=["GET"])
        app.add_api_route("/readyz", self._ready, methods=["GET"])
        self._insiders = Insiders(self.settings.server.metrics_token.get_secret_value())
        numbers = MetricsPage(self.database, self.clock.now, self._insiders)
        app.add_api_route("/metrics", numbers.answer, methods=["GET"])
        if self.role.receives:
            self._add_pages(app)
        return app

    def _add_pages(self, app: FastAPI) -> None:
        stored = self.database.writer.run(lambda db: secret(db, "h5"))
        wecom, dingtalk = self.settings.wecom, self.settings.dingtalk
        apps = (wecom and wecom.secret, dingtalk and dingtalk.client_secret)
        key = signing_key(stored, *(app.get_secret_value() for app in apps if app))
        forms = FormPages(
            database=self.database, receive=self._receive, dispatcher=self.dispatcher,
            clock=self.clock, sessions=Sessions(key, self.public_url.startswith("https")),
            logins=self.logins, public_url=self.public_url,
        )  # fmt: skip
        app.include_router(forms.router())
        app.mount("/h5/static", StaticFiles(directory=pages.HERE / "static"))

    async def _alive(self) -> Response:
        """Whether this process can still do anything at all; if not, restart it."""
        hanging = self.watchdog.hanging
        alive = self.database.writer.alive and not hanging
        return JSONResponse({"alive": alive, "hanging": hanging}, 200 if alive else 503)

    async def _ready(self, request: Request) -> Response:
        """Whether this process can take work; insiders are told why not."""
        lanes = [LANE, *(runner.lane for runner in self._runners)] if self.role.works else []
        found = await asyncio.to_thread(reasons, self.database, lanes, self.clock.now())
        if self.stream is not None and not self.stream.connected:
            silent = round(self.stream.last_frame_age)
            found.append(f"dingtalk stream: not connected, silent for {silent} s")
        found += self.bot.reasons if self.bot is not None else []
        told: dict[str, Any] = {}
        if self._insiders.include(request):
            told = {"reasons": found, "stream": self.stream and self.stream.state()}
        return JSONResponse({"ready": not found, **told}, 503 if found else 200)


def _opened(settings: Settings, database: Database) -> Vault:
    """The vault of the database, which is let go of if its key is not there."""
    try:
        return vault_key.opened(settings, database)
    except VaultKeyError:
        database.close()
        raise


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
