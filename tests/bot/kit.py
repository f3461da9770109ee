"""Inbox and courier on a real database, with a platform whose behaviour a test scripts."""

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime

from bot.clock import Clock
from bot.delivery import Courier
from bot.dispatch import Dispatcher
from bot.inbox import Inbox
from bot.parcels import Packing
from bot.platforms.api import Inbound, Receipt
from bot.simulator import seed
from cards.model import dump
from engine.buckets import Rate
from engine.calendar_days import Calendars
from engine.database import Database
from engine.rulebook import Rulebook
from engine.vault import Vault
from handlers.all import registry
from tests.ready import upgrade

TENANTS = {"wecom": "ww", "dingtalk": "ding"}


class Scripted:
    """A platform that notes what it is given; `send` and `update` may be replaced."""

    name, tenant, pace = "wecom", "ww", ()
    rate, together, knows_repeats = Rate(1000, 1000), 1, True

    def __init__(self):
        self.sent, self.updated = [], []

    def render(self, content, slot, **_):
        return {"body": dump(content), "ref": slot.ref, "version": slot.version}

    def common(self, _):
        return None

    async def send(self, account, request):
        self.sent.append((account, request))
        return Receipt(f"m{len(self.sent)}", f"t{len(self.sent)}")

    async def update(self, account, receipt, request):
        self.updated.append((account, receipt, request))
        return Receipt(receipt.message_id)


class Desk:
    """What a test needs at hand."""

    def __init__(self, database):
        self.database = database
        self.clock = Clock("Asia/Shanghai")
        self.clock.jump(datetime.fromisoformat("2026-11-23T10:00:00+08:00"))
        self.vault = Vault(bytes(32))
        calendars = Calendars(self.clock.zone)
        dispatcher = Dispatcher(registry(), self.clock, calendars, Rulebook(), self.vault)
        self.inbox = Inbox(database, dispatcher)
        self.platform = Scripted()
        packing = Packing(self.platform, self.vault, lambda form: form, Rulebook())
        self.courier = Courier(database, packing, self.clock)
        self._serial = 0

    def inbound(self, text="", *, event="", **changes):
        """An event of 张三; every call is a new one unless `event` says which."""
        self._serial += 1
        values = {
            "platform": "wecom", "tenant": "ww", "event_key": event or f"e{self._serial}",
            "account": "zhangsan", "at": self.clock.now(), "kind": "text", "text": text,
        }  # fmt: skip
        return Inbound(**values | changes)

    async def deliver(self):
        """One round of the courier, to its end."""
        await self.courier.round()
        await self.courier.drain()

    def one(self, question):
        """One value from the database."""
        from sqlalchemy import text

        with self.database.reading() as db:
            return db.execute(text(question)).scalar_one()

    async def until(self, met, seconds=5.0):
        """Wait for a condition."""
        async with asyncio.timeout(seconds):
            while not met():  # noqa: ASYNC110  the database has no event for it
                await asyncio.sleep(0.005)


@asynccontextmanager
async def desk(folder):
    """A desk with the demo company."""
    database = Database(f"sqlite:///{folder}/jianliu.db")
    upgrade(database)
    made = Desk(database)
    database.writer.run(lambda db: seed.plant(db, TENANTS, made.clock.now()))
    try:
        yield made
    finally:
        await made.inbox.drain()
        await made.courier.drain()
        await asyncio.to_thread(database.close)
