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
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlmodel import Session

from bot.clock import Clock
from bot.platforms.api import Platform, Receipt, Request, Undelivered
from cards import outbox
from cards.model import load
from cards.outbox import Posted
from cards.render.slot import Slot
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine import jobs
from engine.database import Database
from engine.jobs import Leased
from engine.writer import Stopped
from sales.people import Address

log = structlog.get_logger(__name__)

AT_ONCE = 20
LEASE = timedelta(seconds=30)
IDLE = 5.0
LADDER = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 7200))
"""Waits between attempts; after the last one the message is dead (durability reference §4.4)."""

_BY_ID = (
    select(
        DELIVERY.id, DELIVERY.card_id, DELIVERY.platform, DELIVERY.tenant, DELIVERY.account,
        DELIVERY.state, DELIVERY.message_id, DELIVERY.token, DELIVERY.shown_version,
        CARD.person_id, CARD.key, CARD.version, CARD.body,
    ).join(CardRow, CARD.id == DELIVERY.card_id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcel:
    """One claimed message: what to send, where, and what it replaces (None: a new one)."""

    job: Leased
    delivery_id: str
    to: Address
    posted: Posted
    request: Request
    replaces: Receipt | None


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
            try:
                wait = await self._round()
            except Stopped:
                return
            except Exception:
                log.exception("delivery.round_failed", lane=self.lane)
                wait = IDLE
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
        parcels, later = await asyncio.wrap_future(
            self._database.writer.submit(lambda db: self._claim(db, room, now))
        )
        for parcel in parcels:
            task = asyncio.create_task(self._carry(parcel))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        if later is None:
            return IDLE
        return min(max((later - self._clock.now()).total_seconds(), 0.05), IDLE)

    def _claim(
        self, db: Session, room: int, now: datetime
    ) -> tuple[list[Parcel], datetime | None]:  # fmt: skip
        parcels = []
        for job in jobs.claim(db, self.lane, now=now, lease=LEASE, limit=room):
            row = (
                db.connection().execute(_BY_ID.where(DELIVERY.id == job.payload["delivery"])).one()
            )
            if row.state not in outbox.LIVE:
                jobs.finish(db, job, now=now)
            elif (free := self._free_at(db, row.account, now)) > now:
                jobs.retry(db, job, "paced", due=free, spent=False)
            else:
                parcels.append(self._pack(db, job, row))
        blocked = [None] if parcels else [jobs.next_due(db, self.lane)]
        return parcels, blocked[0]

    def _free_at(self, db: Session, account: str, now: datetime) -> datetime:
        """When the platform takes the next message to this person without dropping it."""
        free = now
        for most, span in self._platform.pace:
            full = jobs.nth_last_done(db, self.lane, account, most)
            if full is not None:
                free = max(free, full + span)
        return free

    def _pack(self, db: Session, job: Leased, row: Any) -> Parcel:
        version, request = int(job.payload.get("version", row.version)), job.payload.get("request")
        if request is None:
            slot = Slot(row.id, version, self._form_url(row.id))
            request = self._platform.render(load(row.body), slot)
            jobs.keep(db, job, {**job.payload, "version": version, "request": request})
        return Parcel(
            job=job,
            delivery_id=row.id,
            to=Address(row.person_id, row.platform, row.tenant, row.account),
            posted=Posted(row.card_id, row.key, version),
            request=request,
            replaces=Receipt(row.message_id, row.token) if row.message_id else None,
        )

    async def _carry(self, parcel: Parcel) -> None:
        outcome: Receipt | Undelivered
        try:
            outcome = await self._transmit(parcel)
        except Undelivered as failure:
            outcome = failure
        except Exception as bug:  # an adapter's mistake must not lose the message
            log.exception("delivery.adapter_failed", lane=self.lane, job=parcel.job.id)
            outcome = Undelivered("adapter_failed", type(bug).__name__, retry_after=LADDER[0])
        now = self._clock.now()
        try:
            await asyncio.wrap_future(
                self._database.writer.submit(lambda db: self._settle(db, parcel, outcome, now))
            )
        except Stopped:
            return  # the lease runs out and the same bytes are sent again
        self.wake.set()

    async def _transmit(self, parcel: Parcel) -> Receipt:
        if parcel.replaces is None:
            return await self._platform.send(parcel.to.account, parcel.request)
        return await self._platform.update(parcel.to.account, parcel.replaces, parcel.request)

    def _settle(
        self, db: Session, parcel: Parcel, outcome: Receipt | Undelivered, now: datetime
    ) -> None:  # fmt: skip
        if isinstance(outcome, Receipt):
            self._delivered(db, parcel, outcome, now)
        else:
            self._failed(db, parcel, outcome, now)

    def _delivered(self, db: Session, parcel: Parcel, receipt: Receipt, now: datetime) -> None:
        if not jobs.finish(db, parcel.job, now=now):
            return
        values = {
            "state": "shown", "message_id": receipt.message_id, "token": receipt.token,
            "shown_version": parcel.posted.version, "reason": "",
        }  # fmt: skip
        db.connection().execute(
            update(Delivery)
            .where(DELIVERY.id == parcel.delivery_id)
            .where(DELIVERY.shown_version <= parcel.posted.version)
            .values(values)
        )

    def _failed(self, db: Session, parcel: Parcel, failure: Undelivered, now: datetime) -> None:
        job, error = parcel.job, str(failure)
        log.warning("delivery.failed", lane=self.lane, job=job.id, reason=failure.reason)
        if failure.reason == "not_updatable" and parcel.replaces is not None:
            if jobs.finish(db, job, now=now):
                self._mark(db, parcel, "replaced", "not_updatable")
                outbox.send(db, parcel.posted, parcel.to, now=now)
            return
        if failure.retry_after is not None and not failure.spent:
            jobs.retry(db, job, error, due=now + failure.retry_after, spent=False)
        elif failure.retry_after is not None and job.attempts < len(LADDER):
            wait = max(failure.retry_after, LADDER[job.attempts]) * random.uniform(0.8, 1.0)
            jobs.retry(db, job, error, due=now + wait)
        elif jobs.bury(db, job, error, now=now):
            self._mark(db, parcel, "failed", failure.reason)

    @staticmethod
    def _mark(db: Session, parcel: Parcel, state: str, reason: str) -> None:
        db.connection().execute(
            update(Delivery)
            .where(DELIVERY.id == parcel.delivery_id)
            .values(state=state, reason=reason)
        )
