"""The door before the inbox: whoever sends far too much is told once, and nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from bot import metrics
from bot.platforms.api import Answer, Inbound, Receive
from bot.rates import Rates, Verdict
from cards import outbox
from cards.model import Text
from engine.database import Database
from engine.unit import Unit
from engine.writer import Stopped
from sales import people
from sales.people import Address

log = structlog.get_logger(__name__)

TOO_FAST = Text("您发得太快了，请过一分钟再发。从刚才这一条起，这一分钟里发的都没有处理。")


@dataclass(frozen=True, slots=True)
class Floodgate:
    """`receive` for people who send as much as people do; a platform's own events all pass."""

    receive: Receive
    rates: Rates
    database: Database
    now: Callable[[], datetime]

    async def admit(self, inbound: Inbound) -> Answer:
        """Hand the event on, or drop it; fulfils `Receive`.

        Raises:
            Unavailable: it should be stored and could not.
        """
        if inbound.kind == "event":
            return await self.receive(inbound)
        now = self.now()
        account = (inbound.platform, inbound.tenant, inbound.account)
        verdict = self.rates.judge(account, inbound.event_key, now)
        if verdict is Verdict.TAKE:
            return await self.receive(inbound)
        metrics.flooded(inbound.platform)
        if inbound.inline:
            return Answer(TOO_FAST)
        if verdict is Verdict.NOTICE:
            await self._tell(inbound, now)
        return Answer()

    async def _tell(self, inbound: Inbound, now: datetime) -> None:
        log.warning("flood.began", platform=inbound.platform)

        def work(db: Unit) -> None:
            platform, tenant, account = inbound.platform, inbound.tenant, inbound.account
            who = people.known(db, platform, tenant, account)
            to = Address("" if who is None else who.id, platform, tenant, account)
            outbox.post(db, TOO_FAST, [to], now=now)

        try:
            await asyncio.wrap_future(self.database.writer.submit(work))
        except (DBAPIError, Stopped) as failure:
            log.warning("flood.not_told", reason=type(failure).__name__)
