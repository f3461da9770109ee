"""The one path out: claim, render, send, store what the platform gave back.

One courier per platform. A message is rendered when it is first claimed and kept with its
job, so that every retry repeats the same bytes; the platform's own duplicate check then
covers the one gap nobody can close, a crash between its acceptance and our commit.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.platforms.api import Platform, Receipt, Request, Undelivered
from cards import outbox
from cards.model import Card, load
from cards.outbox import Posted
from cards.render.slot import Slot
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine import jobs
from engine.database import Database
from engine.jobs import Leased
from engine.statement import Statement
from engine.unit import Unit
from engine.writer import Stopped
from sales.people import Address

log = structlog.get_logger(__name__)

T = TypeVar("T")

AT_ONCE = 20
LEASE = timedelta(seconds=30)
SEND_SECONDS = 15
"""For one call, whatever the platform trickles; half the lease, so that nobody sends beside us."""
SETTLE_WAITS = (0.1, 0.5, 2.0, 5.0)
IDLE = 5.0
SHORTEST = 0.05
LADDER = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 7200))
"""Waits between attempts; after the last one the message is dead (durability reference §4.4)."""

_BY_ID = Statement(
    select(
        DELIVERY.id, DELIVERY.card_id, DELIVERY.platform, DELIVERY.tenant, DELIVERY.account,
        DELIVERY.state, DELIVERY.message_id, DELIVERY.token, DELIVERY.shown_version,
        CARD.person_id, CARD.key, CARD.version, CARD.body,
    )
    .join(CardRow, CARD.id == DELIVERY.card_id)
    .where(DELIVERY.id == bindparam("wanted"))
)  # fmt: skip
_SHOWN = Statement(
    update(Delivery)
    .where(DELIVERY.id == bindparam("wanted"), DELIVERY.shown_version <= bindparam("version"))
    .values(
        state="shown", message_id=bindparam("message"), shown_version=bindparam("version"),
        reason="",
    )
)  # fmt: skip
_NEW_TOKEN = Statement(  # a press may have brought a newer one meanwhile
    update(Delivery)
    .where(DELIVERY.id == bindparam("wanted"), DELIVERY.token == bindparam("spent"))
    .values(token=bindparam("fresh"))
)
_MARK = Statement(
    update(Delivery)
    .where(DELIVERY.id == bindparam("wanted"))
    .values(state=bindparam("new_state"), reason=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One claimed message: what to send, where, and the message it changes ("": a new one)."""

    job: Leased
    delivery_id: str
    to: Address
    posted: Posted
    request: Request
    message_id: str
    token: str


class Courier:
    """Delivers the messages of one platform in order per person."""

    def __init__(
        self, database: Database, platform: Platform, clock: Clock,
        form_url: Callable[[str], str],
    ) -> None:  # fmt: skip
        self._database = database
        self._platform = platform
        self._clock = clock
        self._form_url = form_url
        self._carrying: set[asyncio.Task[None]] = set()
        self.lane = outbox.lane(platform.name, platform.tenant)
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Deliver what is due, until cancelled."""
        while True:
            self.wake.clear()
            wait = await self._round()
            try:
                await asyncio.wait_for(self.wake.wait(), wait)
            except TimeoutError:
                continue

    async def drain(self) -> None:
        """Wait for the messages that are on their way."""
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def _round(self) -> float:
        """Start what is due; seconds until there may be more."""
        room = AT_ONCE - len(self._carrying)
        if room <= 0:
            return IDLE
        now = self._clock.now()
        parcels, later = await self._commit(lambda db: self._claim(db, room, now))
        for parcel in parcels:
            task = asyncio.create_task(self._carry(parcel))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        if later is None:
            return IDLE
        return min(max((later - self._clock.now()).total_seconds(), SHORTEST), IDLE)

    def _claim(
        self, db: Unit, room: int, now: datetime
    ) -> tuple[list[Parcel], datetime | None]:  # fmt: skip
        parcels = []
        for job in jobs.claim(db, self.lane, now=now, lease=LEASE, limit=room):
            row = _BY_ID.one(db, {"wanted": job.payload["delivery"]})
            try:
                with db.part():
                    parcel = self._parcel(db, job, row, now)
            except Exception as bug:  # a card that cannot be drawn holds up nobody else
                log.exception("delivery.not_drawn", lane=self.lane, job=job.id)
                jobs.bury(db, job, f"card_invalid: {type(bug).__name__}", now=now)
                _mark(db, row.id, "failed", "card_invalid")
            else:
                parcels += [parcel] if parcel is not None else []
        return parcels, jobs.next_due(db, self.lane, now=now)

    def _parcel(self, db: Unit, job: Leased, row: Any, now: datetime) -> Parcel | None:
        """The message to carry; None if it has to wait or another one takes its place."""
        if row.state not in outbox.LIVE:
            if jobs.finish(db, job, now=now) and (row.state == "failed" or job.payload["again"]):
                outbox.send(db, Posted(row.card_id, row.key, row.version), _to(row), now=now)
            return None
        if (free := self._free_at(db, row.account, now)) > now:
            jobs.retry(db, job, "paced", due=free, spent=False)
            return None
        return self._pack(db, job, row)

    def _free_at(self, db: Unit, account: str, now: datetime) -> datetime:
        """When the platform takes the next message to this person without dropping it."""
        free = now
        for most, span in self._platform.pace:
            full = jobs.nth_last_done(db, self.lane, account, most)
            if full is not None:
                free = max(free, full + span)
        return free

    def _pack(self, db: Unit, job: Leased, row: Any) -> Parcel:
        version, request = int(job.payload.get("version", row.version)), job.payload.get("request")
        if request is None:
            content = load(row.body)
            page = self._form_url(row.id) if isinstance(content, Card) and content.form else ""
            request = self._platform.render(content, Slot(row.id, version, page))
            jobs.keep(db, job, {**job.payload, "version": version, "request": request})
        return Parcel(
            job=job,
            delivery_id=row.id,
            to=_to(row),
            posted=Posted(row.card_id, row.key, version),
            request=request,
            message_id=row.message_id,
            token=row.token,
        )

    async def _commit(self, work: Callable[[Unit], T]) -> T:
        return await asyncio.wrap_future(self._database.writer.submit(work))

    async def _carry(self, parcel: Parcel) -> None:
        outcome: Receipt | Undelivered
        try:
            async with asyncio.timeout(SEND_SECONDS):
                outcome = await self._transmit(parcel)
        except Undelivered as failure:
            outcome = failure
        except TimeoutError:
            outcome = Undelivered("channel_down", "slow", retry_after=LADDER[0], ambiguous=True)
        except Exception as bug:  # an adapter's mistake must not lose the message
            log.exception("delivery.adapter_failed", lane=self.lane, job=parcel.job.id)
            outcome = Undelivered("adapter_failed", type(bug).__name__, retry_after=LADDER[0])
        for wait in SETTLE_WAITS:
            now = self._clock.now()
            try:
                await self._commit(partial(self._settle, parcel=parcel, outcome=outcome, now=now))
                break
            except Stopped:
                return  # the lease runs out and the same bytes are sent again
            except DBAPIError as failure:
                log.warning("delivery.not_settled", lane=self.lane, reason=type(failure).__name__)
                await asyncio.sleep(wait)
        self.wake.set()

    async def _transmit(self, parcel: Parcel) -> Receipt:
        if not parcel.message_id:
            return await self._platform.send(parcel.to.account, parcel.request)
        shown = Receipt(parcel.message_id, parcel.token)
        return await self._platform.update(parcel.to.account, shown, parcel.request)

    def _settle(
        self, db: Unit, *, parcel: Parcel, outcome: Receipt | Undelivered, now: datetime
    ) -> None:
        if isinstance(outcome, Undelivered):
            self._failed(db, parcel, outcome, now)
        elif jobs.finish(db, parcel.job, now=now):
            values = {
                "wanted": parcel.delivery_id, "version": parcel.posted.version,
                "message": outcome.message_id, "spent": parcel.token, "fresh": outcome.token,
            }  # fmt: skip
            _SHOWN.run(db, values)
            _NEW_TOKEN.run(db, values)

    def _failed(self, db: Unit, parcel: Parcel, failure: Undelivered, now: datetime) -> None:
        job, error = parcel.job, str(failure)
        log.warning("delivery.failed", lane=self.lane, job=job.id, reason=failure.reason)
        if failure.reason == "not_updatable" and parcel.message_id:
            if jobs.finish(db, job, now=now):
                _mark(db, parcel.delivery_id, "replaced", "not_updatable")
                outbox.send(db, parcel.posted, parcel.to, now=now)
            return
        if failure.retry_after is not None and not failure.spent:
            jobs.retry(db, job, error, due=now + failure.retry_after, spent=False)
        elif failure.retry_after is not None and job.attempts < len(LADDER):
            wait = max(failure.retry_after, LADDER[job.attempts]) * random.uniform(0.8, 1.0)
            jobs.retry(db, job, error, due=now + wait)
        elif jobs.bury(db, job, error, now=now):
            reason = "uncertain" if failure.ambiguous else failure.reason
            _mark(db, parcel.delivery_id, "failed", reason)


def _to(row: Any) -> Address:
    return Address(row.person_id, row.platform, row.tenant, row.account)


def _mark(db: Unit, delivery_id: str, state: str, reason: str) -> None:
    _MARK.run(db, {"wanted": delivery_id, "new_state": state, "why": reason})
