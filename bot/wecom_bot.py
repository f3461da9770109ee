"""The smart bot in this process: its line is held by a lease, and what comes in is kept first.

WeCom pushes an event once and wants no acknowledgement: what we fail to store is gone. So it
is tried again for as long as this process lives. Whoever holds the line also carries the bot's
messages, because they go out on it; it is a process that works, where answers are made.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import httpx
import structlog
from sqlalchemy.exc import DBAPIError

from bot import metrics
from bot.clock import Clock
from bot.delivery import Courier
from bot.holding import Holding, Lost, Taken
from bot.loops import forever
from bot.outgoing import Addresses
from bot.platforms.api import Answer, BadCallback, Inbound, Receive, Unavailable
from bot.platforms.wecom_bot import inbound
from bot.platforms.wecom_bot.client import WeComBotPlatform
from bot.platforms.wecom_bot.frames import WELCOME, Frame
from bot.platforms.wecom_bot.inbound import Push
from bot.platforms.wecom_bot.link import Pace
from bot.settings import WeComBotSettings
from cards import outbox
from cards.unreached import FIRST_CONTACT
from engine.database import Database
from engine.unit import Unit
from engine.waiting import hasten
from engine.writer import Stopped

log = structlog.get_logger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at whether the line has become free."""
STORE_WAITS = (0.2, 1.0, 2.0, 5.0)
"""Seconds between attempts to store an event; the last one again and again."""
MOST_HELD = 1000
"""Events held while the database does not answer; what comes beyond is refused and counted."""
FAREWELL = 3.0
"""Seconds for the messages that are on their way when the line is given up."""


def lease(settings: WeComBotSettings) -> str:
    """What is held by the one process that is the bot's line."""
    return f"line/{inbound.PLATFORM}/{settings.bot_id}"


class WeComBot:
    """One bot of one corp in one of any number of processes."""

    def __init__(  # noqa: PLR0917 - all it touches, wired once
        self, settings: WeComBotSettings, tenant: str, addresses: Addresses,
        http: httpx.AsyncClient, database: Database, clock: Clock, holding: Holding,
        receive: Receive, pace: Pace = Pace(),  # noqa: B008 - frozen
    ) -> None:  # fmt: skip
        self.platform = WeComBotPlatform(
            settings, tenant, addresses, http, clock.now, self._pushed, pace
        )  # fmt: skip
        self.lane = outbox.lane(self.platform.name, tenant)
        self._lease = lease(settings)
        self._database = database
        self._clock = clock
        self._holding = holding
        self._receive = receive
        self._pace = pace
        self._work: set[asyncio.Task[None]] = set()
        self._holds = False

    @property
    def idle(self) -> bool:
        """Whether nothing that came in is being handled."""
        return not self._work

    @property
    def reasons(self) -> list[str]:
        """Why nobody hears the bot here; nothing where another process holds the line."""
        line = self.platform.line
        if line.connected or not (self._holds or line.trouble):
            return []
        return [f"wecom bot: {line.trouble or 'not connected'}"]

    async def run(self, courier: Courier) -> None:
        """Hold the line whenever it is free, until cancelled."""
        try:
            while True:
                try:
                    await self._holding.run(self._lease, lambda _: self._hold(courier))
                except Taken:
                    self.platform.line.trouble = ""
                    await asyncio.sleep(LOOK_EVERY)
                except (Lost, DBAPIError) as failure:
                    log.warning("wecom_bot_line_lost", reason=type(failure).__name__)
                    await asyncio.sleep(LOOK_EVERY)
                else:  # thrown out: throwing back at once would never end
                    await asyncio.sleep(random.uniform(*self._pace.replaced))
        finally:
            for task in self._work:
                task.cancel()
            await asyncio.gather(*self._work, return_exceptions=True)

    async def _hold(self, courier: Courier) -> None:
        """Be connected and deliver, until cancelled or thrown out."""
        self._holds = True
        line = asyncio.create_task(self.platform.line.run())
        carrying = asyncio.create_task(forever(self.lane, courier.run))
        try:
            await line
        finally:
            self._holds = False
            carrying.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await courier.drain()
            line.cancel()
            await asyncio.gather(line, carrying, return_exceptions=True)

    def _pushed(self, frame: Frame) -> None:
        """Note that it may be answered, then have it stored and handled."""
        try:
            push = inbound.read(frame, self.platform.tenant, self._clock.now())
        except BadCallback as bad:
            log.warning("wecom_bot_push_refused", reason=bad.reason)
            metrics.rejected(self.platform.name, bad.reason)
            return
        if len(self._work) >= MOST_HELD:
            log.error("wecom_bot_event_lost", reason="too many wait for the database")
            metrics.rejected(self.platform.name, "full")
            return
        if not push.in_group:
            self.platform.may_answer(push.inbound.account, frame.request, push.answer)
        task = asyncio.create_task(self._handle(push, frame.request))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _handle(self, push: Push, request: str) -> None:
        if not push.in_group and push.answer not in {"", WELCOME}:
            await self._release(push.inbound.account)
        answer = await self._stored(push.inbound)
        if push.in_group and not answer.duplicate:
            await self.platform.say_at_once(request, inbound.IN_A_GROUP)

    async def _release(self, account: str) -> None:
        """What waited for this person's first words goes out, before the answer to them."""
        person, written = account.lower(), self.platform.written
        if person in written:
            return
        written.add(person)

        def release(db: Unit) -> None:
            for one in {account, person}:
                hasten(db, self.lane, one, FIRST_CONTACT, now=self._clock.now())

        try:
            await asyncio.wrap_future(self._database.writer.submit(release))
        except (DBAPIError, Stopped):
            written.discard(person)

    async def _stored(self, event: Inbound) -> Answer:
        """Hand the event in until it is taken: WeCom will not send it again."""
        tried = 0
        while True:
            try:
                return await self._receive(event)
            except Unavailable:
                wait = STORE_WAITS[min(tried, len(STORE_WAITS) - 1)]
                log.warning("wecom_bot_event_not_stored", again_in=wait)
                await asyncio.sleep(wait)
                tried += 1
