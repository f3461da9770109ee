"""Couriers and the fake WeCom on a clock the drill moves: hours pass in seconds.

The service's own client talks to the fake over ASGI, through the `Wire`. Several nodes share
one database; all of them live in one event loop.
"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from bot import delivery, shared_tokens
from bot.clock import Clock
from bot.delivery import Courier
from bot.holding import Holding
from bot.parcels import Packing
from bot.platforms.wecom.client import WeComPlatform
from bot.settings import WeComSettings
from bot.shared_tokens import SharedToken
from bot.simulator import seed
from bot.simulator.chaos import Chaos
from bot.simulator.phones import Phones
from bot.simulator.wecom import FakeWeCom
from bot.simulator.wire import WireLog
from cards import outbox
from cards.model import Text
from engine import jobs
from engine.database import Database
from engine.jobs import State
from engine.rulebook import Rulebook
from engine.vault import Vault
from sales.people import Address
from tests.drills.wire import Wire
from tests.ready import upgrade

MONDAY = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
SECRET = SecretStr("0" * 32)
SETTINGS = WeComSettings(
    corp_id="ww", agent_id=1000002, secret=SECRET, token=SECRET, aes_key=SecretStr("A" * 43),
    api_base="http://127.0.0.1:1", oauth_base="http://127.0.0.1:1",
)  # fmt: skip
TENANTS = {"wecom": "ww", "dingtalk": "ding"}
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Town:
    """`couriers` are one per node; `say` posts as a handler does."""

    def __init__(self, databases):
        self.databases = databases
        self.database = databases[0]
        self.clock = Clock("Asia/Shanghai")
        self.clock.jump(MONDAY)
        self.phones = Phones(seed.members(), self.clock.now)
        self.chaos = Chaos(self.clock.now)
        self.api = FastAPI()
        self.wire = Wire(self.api)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.wire))
        log = WireLog(self.clock.now)
        fake = FakeWeCom(self.phones, SETTINGS, "http://bot.test", self.http, self.clock.now,
                         log, self.chaos)  # fmt: skip
        self.api.include_router(fake.router)
        self.couriers = [self._courier(n, database) for n, database in enumerate(databases)]

    def _courier(self, n, database):
        holding = Holding(database, self.clock, f"node{n}", HOUR)
        share = SharedToken(database, self.clock, holding, "token/wecom", SECRET)
        platform = WeComPlatform(SETTINGS, self.http, self.clock.now, share)
        packing = Packing(platform, Vault(bytes(32)), lambda form: form, Rulebook())
        return Courier(database, packing, self.clock)

    def say(self, words, account="zhangsan"):
        now, to = self.clock.now(), [Address(account, "wecom", "ww", account)]
        self.database.writer.run(lambda db: outbox.post(db, Text(words), to, now=now))

    async def passes(self, span, steps=1):
        """Let time pass; whatever is due by then is tried, on every node at once."""
        for _ in range(steps):
            self.clock.jump(self.clock.now() + span)
            self.database.writer.run(lambda db: jobs.reap(db, now=self.clock.now()))
            await self.deliver()

    async def deliver(self):
        before = -1
        while before != len(self.wire.sent):
            before = len(self.wire.sent)
            await asyncio.gather(*(courier.round() for courier in self.couriers))
            await asyncio.gather(*(courier.drain() for courier in self.couriers))

    def shown(self, account="zhangsan"):
        """What a phone shows, oldest first."""
        mine = [m for m in self.phones if m.account == account and m.outgoing]
        return [message.wire["content"] for message in mine]

    @property
    def states(self):
        """{state: how many jobs}."""
        with self.database.reading() as db:
            found = db.execute(text("SELECT state FROM job")).scalars()
            return dict(Counter(State(state) for state in found))

    @property
    def attempts(self):
        with self.database.reading() as db:
            return list(db.execute(text("SELECT attempts FROM job ORDER BY id")).scalars())


@asynccontextmanager
async def town(url, nodes=1):
    """A town with the demo company; its databases are closed afterwards.

    Its hours are the clock's: a machine that stands still for a while ends no patience.
    """
    async with AsyncExitStack() as opened:
        patient = opened.enter_context(pytest.MonkeyPatch.context())
        patient.setattr(delivery, "SEND_SECONDS", 300)
        patient.setattr(shared_tokens, "PATIENCE", 200)
        databases = [Database(url) for _ in range(nodes)]
        for database in databases:
            opened.push_async_callback(asyncio.to_thread, database.close)
        upgrade(databases[0])
        made = Town(databases)
        databases[0].writer.run(lambda db: seed.plant(db, TENANTS, made.clock.now()))
        opened.push_async_callback(made.http.aclose)
        try:
            yield made
        finally:
            await asyncio.gather(*(courier.drain() for courier in made.couriers))
