"""A company of hundreds: both couriers before both fakes, on a clock that only a test moves."""

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from bot.clock import Clock
from bot.delivery import Courier
from bot.ledger import Ledger
from bot.parcels import Packing
from bot.platforms.dingtalk.client import DingTalkPlatform
from bot.platforms.wecom.client import WeComPlatform
from bot.settings import DingTalkSettings, WeComSettings
from bot.simulator.chaos import Chaos
from bot.simulator.dingtalk import FakeDingTalk
from bot.simulator.phones import Member, Phones
from bot.simulator.wecom import FakeWeCom
from bot.simulator.wire import WireLog
from cards import outbox
from engine import jobs
from engine.database import Database
from engine.rulebook import Rulebook
from engine.vault import Vault
from sales import people
from sales.people import Address
from tests.ready import upgrade

MONDAY = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
SECRET = SecretStr("0" * 32)
HERE = "http://127.0.0.1:1"
WECOM = WeComSettings(
    corp_id="ww", agent_id=1000002, secret=SECRET, token=SECRET, aes_key=SecretStr("A" * 43),
    api_base=HERE, oauth_base=HERE,
)  # fmt: skip
DINGTALK = DingTalkSettings(
    client_id="dingapp", client_secret=SECRET, robot_code="dingapp", corp_id="ding",
    api_base=HERE, oapi_base=HERE, templates={"card": "T.schema"},
)  # fmt: skip
TENANTS = {"wecom": "ww", "dingtalk": "ding"}
ORG = "dingtalk:ding"
STEP = timedelta(seconds=0.25)


class Crowd:
    """`sizes` says how many people are on each platform; nobody is on both."""

    def __init__(self, database, sizes):
        self.database, self._ticks = database, 0
        self.clock = Clock("Asia/Shanghai", wall=lambda: MONDAY, ticks=lambda: self._ticks)
        members = [
            Member(f"{name}{n}", f"{name}{n}", "rep", "", "", {name: f"{name}{n}"})
            for name, size in sizes.items()
            for n in range(size)
        ]
        self.phones = Phones(members, self.clock.now)
        self.everybody = [
            Address(m.id, name, TENANTS[name], m.id) for m in members for name in m.accounts
        ]
        api, log, chaos = FastAPI(), WireLog(self.clock.now), Chaos(self.clock.now)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(api))
        self.wecom = FakeWeCom(self.phones, WECOM, HERE, self.http, self.clock.now, log, chaos)
        self.dingtalk = FakeDingTalk(self.phones, DINGTALK, self.http, self.clock.now, log, chaos)
        self.chaos = chaos
        api.include_router(self.wecom.router)
        api.include_router(self.dingtalk.router)
        self.wire = log
        self.platforms = {
            "wecom": WeComPlatform(WECOM, self.http, self.clock.now),
            "dingtalk": DingTalkPlatform(
                DINGTALK, self.http, self.clock.now, counted=Ledger(database, self.clock, ORG).call
            ),
        }
        self.couriers = {
            name: Courier(database, self.packing(platform), self.clock)
            for name, platform in self.platforms.items()
        }

    def packing(self, platform):
        return Packing(platform, Vault(bytes(32)), lambda form: form, Rulebook())

    def plant(self, db):
        rows = [
            {"id": to.person_id, "name": to.person_id, "role": "rep", "manager_id": None,
             "region": "", "status": "active", "created_at": MONDAY}
            for to in self.everybody
        ]  # fmt: skip
        people.add(db, rows, now=MONDAY)

    def on(self, platform):
        return [to for to in self.everybody if to.platform == platform]

    def post(self, said, **how):
        """Each content to its receiver, in one unit."""
        now = self.clock.now()
        self.database.writer.run(
            lambda db: [outbox.post(db, content, [to], now=now, **how) for content, to in said]
        )

    async def passes(self, span, step=STEP):
        """Let time pass in steps; at each, what may go goes."""
        until = self.clock.now() + span
        while self.clock.now() < until:
            self._ticks += int(step.total_seconds() * 1e9)
            await self.deliver()

    async def settled(self, within=timedelta(minutes=5)):
        """Let time pass until nothing is due; how long it took."""
        began = self.clock.now()
        await self.deliver()
        while self.clock.now() - began < within and self.due():
            await self.passes(STEP)
        return self.clock.now() - began

    def due(self):
        with self.database.reading() as db:
            return jobs.busy(db, now=self.clock.now())

    async def deliver(self):
        for courier in self.couriers.values():
            before = -1
            while before != len(self.wire.after()) and courier:
                before = len(self.wire.after())
                await courier.round()
                await courier.drain()

    def shown(self, platform):
        return [m for m in self.phones if m.platform == platform and m.outgoing]

    def calls(self, path):
        """What was asked of one API, oldest first."""
        return [e for e in self.wire.after() if path in e.summary]

    def rows(self, question):
        with self.database.reading() as db:
            return [tuple(row) for row in db.execute(text(question))]


@asynccontextmanager
async def crowd(url, **sizes):
    """A crowd on a fresh database."""
    database = Database(url)
    upgrade(database)
    made = Crowd(database, sizes)
    database.writer.run(made.plant)
    try:
        yield made
    finally:
        for courier in made.couriers.values():
            await courier.drain()
        await made.dingtalk.close()
        await made.http.aclose()
        await asyncio.to_thread(database.close)
