"""The one path out: claim, render, send, store what the platform gave back.

One courier per platform. What may go now is decided by its pace (`bot/pacing.py`), what goes
together by `bot/calls.py`. A message is rendered when it is first claimed (`bot/parcels.py`) and
kept with its job, so that every retry repeats the same bytes; the platform's own duplicate
check then covers the one gap nobody can close, a crash between its acceptance and our commit.
What may have arrived and can no longer be repeated safely is `uncertain`: a person decides.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy.exc import DBAPIError

from bot import metrics
from bot.calls import Call
from bot.calls import calls as together
from bot.clock import Clock
from bot.inbox import CRASHES
from bot.logs import cleaned, follow
from bot.pacing import Pace
from bot.parcels import (
    DOUBTFUL,
    Packing,
    Parcel,
    Unreadable,
    cause,
    drawn,
    in_doubt,
    mark,
    send_anew,
)
from bot.platforms.api import Outcome, Receipt, Undelivered
from bot.rounds import Rounds
from bot.uploads import Uploads
from cards import outbox
from cards.tables import DELIVERY, Delivery
from engine import jobs
from engine.database import Database
from engine.jobs import Leased
from engine.statement import Statement
from engine.unit import Unit
from engine.writer import Stopped

log = structlog.get_logger(__name__)

T = TypeVar("T")

AT_ONCE = 20
LEASE = timedelta(seconds=30)
SEND_SECONDS = 15
"""For one call, whatever the platform trickles; half the lease, so that nobody sends beside us."""
START_SECONDS = 10
"""A message claimed longer ago is not begun any more: together still below the lease."""
SETTLE_WAITS = (0.1, 0.5, 2.0, 5.0)
IDLE = 5.0
SHORTEST = 0.05
LADDER = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 7200))
"""Waits between attempts; after the last one the message is dead (durability reference §4.4)."""

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


class Courier(Rounds):
    """Delivers the messages of one platform in order per person."""

    def __init__(self, database: Database, packing: Packing, clock: Clock) -> None:
        super().__init__()
        self._database = database
        self._platform = platform = packing.platform
        self._clock = clock
        self.lane = outbox.lane(platform.name, platform.tenant)
        self._pace = Pace(platform, self.lane, packing.rules)
        self._packing = packing
        self._uploads = Uploads(database, platform, packing.vault, clock.now)
        self._carrying: set[asyncio.Task[None]] = set()

    async def drain(self) -> None:
        """Wait for the messages that are on their way."""
        await super().drain()
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def round(self) -> float:
        """Start what is due, then one suspect by itself; seconds until there may be more.

        What is claimed is drawn in a commit of its own: a card that takes the process down
        while it is drawn is then known by its lease.
        """
        room = AT_ONCE - len(self._carrying)
        if room <= 0:
            return IDLE
        now, latest = self._clock.now(), asyncio.get_running_loop().time() + START_SECONDS
        turn = await self._commit(lambda db: self._pace.claim(db, room, lease=LEASE, now=now))
        calls, alone = await self._commit(
            lambda db: (
                self._pack(db, turn.jobs, now),
                self._pace.claim(db, 1, lease=LEASE, now=now, suspects=True),
            )
        )
        self._start(calls, latest)
        if alone.jobs:
            self._start(await self._commit(lambda db: self._pack(db, alone.jobs, now)), latest)
            return 0.0
        if turn.later is None:
            return IDLE
        return min(max((turn.later - self._clock.now()).total_seconds(), SHORTEST), IDLE)

    def _start(self, calls: list[Call], latest: float) -> None:
        for call in calls:
            task = asyncio.create_task(self._carry(call, latest))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

    def _pack(self, db: Unit, claimed: list[Leased], now: datetime) -> list[Call]:
        """The calls that send what can be sent of the claimed; the others are over, or wait."""
        parcels = [parcel for job in claimed if (parcel := self._take(db, job, now)) is not None]
        if len(parcels) < len(claimed):
            db.lanes.add(self.lane)  # what one of them was ahead of may go now
        return list(together(db, self._platform, parcels))

    def _take(self, db: Unit, job: Leased, now: datetime) -> Parcel | None:
        db.cause = follow(cause(job))
        if job.crashes >= CRASHES and not drawn(job):  # sending takes nobody down
            self._give_up(db, job, "crashed", now)
            return None
        try:
            with db.part():
                return self._packing.take(db, job, now)
        except Unreadable:
            if not jobs.leave(db, job, "unreadable", now=now):
                self._give_up(db, job, "unreadable", now)
        except DBAPIError:
            raise
        except Exception as bug:  # a card that cannot be drawn holds up nobody else
            log.exception("delivery.not_drawn", lane=self.lane, job=job.id)
            self._give_up(db, job, f"card_invalid: {type(bug).__name__}", now)
        return None

    def _give_up(self, db: Unit, job: Leased, error: str, now: datetime) -> None:
        if jobs.bury(db, job, error, now=now):
            mark(db, job.payload.get("delivery", ""), "failed", error.partition(":")[0])

    async def _commit(self, work: Callable[[Unit], T]) -> T:
        return await asyncio.wrap_future(self._database.writer.submit(work))

    async def _carry(self, call: Call, latest: float) -> None:
        if asyncio.get_running_loop().time() > latest:
            return  # we were stopped; the lease runs out, or has, and another process sends it
        job = call.parcels[0].job
        follow(cause(job))
        began = time.perf_counter()
        outcome: Mapping[str, Outcome] | Undelivered
        try:
            async with asyncio.timeout(SEND_SECONDS):
                outcome = await self._transmit(call)
        except Undelivered as failure:
            outcome = failure
        except TimeoutError:
            outcome = Undelivered("channel_down", "slow", retry_after=LADDER[0], ambiguous=True)
        except Exception as bug:  # an adapter's mistake must not lose the message
            log.exception("delivery.adapter_failed", lane=self.lane, job=job.id)
            outcome = Undelivered(
                "adapter_failed", type(bug).__name__, retry_after=LADDER[0], ambiguous=True
            )
        results = _each(call, outcome)
        metrics.attempted(self._platform.name, results.values(), time.perf_counter() - began)
        for parcel in call.parcels:
            follow(cause(parcel.job))
            if isinstance(results[parcel.to.account], Receipt):
                log.info("delivery.sent", lane=self.lane, job=parcel.job.id)
        for wait in SETTLE_WAITS:
            now = self._clock.now()
            try:
                await self._commit(partial(self._settle, call=call, results=results, now=now))
                break
            except Stopped:
                return  # the lease runs out and the same bytes are sent again
            except DBAPIError as failure:
                log.warning("delivery.not_settled", lane=self.lane, reason=type(failure).__name__)
                await asyncio.sleep(wait)
        self.wake.set()

    async def _transmit(self, call: Call) -> Mapping[str, Outcome]:
        parcel = call.parcels[0]
        if len(call.receivers) > 1:
            return await self._platform.send_many(call.receivers, parcel.request)
        account = parcel.to.account
        if not parcel.message_id:
            return {account: await self._uploads.send(account, parcel.request)}
        shown = Receipt(parcel.message_id, parcel.token)
        return {account: await self._platform.update(account, shown, parcel.request)}

    def _settle(
        self, db: Unit, *, call: Call, results: Mapping[str, Outcome], now: datetime
    ) -> None:
        late = random.uniform(0.8, 1.0)  # one for all: what is tried again goes together again
        for parcel in call.parcels:
            db.cause = cause(parcel.job)
            outcome = results[parcel.to.account]
            if isinstance(outcome, Undelivered) and _was_shown(parcel, outcome):
                outcome = Receipt(parcel.message_id)
            if isinstance(outcome, Undelivered):
                self._pace.refused(db, outcome, now=now)
                self._failed(db, parcel, outcome, late, now)
            elif jobs.finish(db, parcel.job, now=now):
                values = {
                    "wanted": parcel.delivery_id, "version": parcel.posted.version,
                    "message": outcome.message_id, "spent": parcel.token, "fresh": outcome.token,
                }  # fmt: skip
                _SHOWN.run(db, values)
                _NEW_TOKEN.run(db, values)

    def _failed(
        self, db: Unit, parcel: Parcel, failure: Undelivered, late: float, now: datetime
    ) -> None:  # fmt: skip
        job, error = parcel.job, cleaned(str(failure))
        log.warning("delivery.failed", lane=self.lane, job=job.id, reason=failure.reason)
        if failure.reason == "not_updatable" and parcel.message_id:
            if jobs.finish(db, job, now=now) and not parcel.payload.get(outbox.QUIET):
                mark(db, parcel.delivery_id, "replaced", "not_updatable")
                send_anew(db, job, parcel.posted, parcel.to, now=now)
            return
        if failure.retry_after is not None and not failure.spent:
            jobs.retry(db, job, error, due=now + failure.retry_after, spent=False)
        elif failure.retry_after is not None and job.attempts < len(LADDER):
            if failure.ambiguous:
                jobs.keep(db, job, {**parcel.payload, DOUBTFUL: True})
            wait = max(failure.retry_after, LADDER[job.attempts]) * late
            jobs.retry(db, job, error, due=now + wait)
        elif failure.ambiguous or (failure.retry_after is not None and in_doubt(job)):
            if jobs.doubt(db, job, error, now=now):
                mark(db, parcel.delivery_id, "uncertain", failure.reason)
        elif jobs.bury(db, job, error, now=now):
            mark(db, parcel.delivery_id, "failed", failure.reason)


def _was_shown(parcel: Parcel, failure: Undelivered) -> bool:
    """Whether an earlier try, whose answer was lost, has already changed the card.

    A token is good for one update and only this one had it: if it is spent now, that try
    arrived. Anything sent in its place would tell the person twice.
    """
    spent = failure.reason == "not_updatable" and bool(parcel.token)
    return spent and in_doubt(parcel.job)


def _each(call: Call, outcome: Mapping[str, Outcome] | Undelivered) -> Mapping[str, Outcome]:
    """What became of the message to each person the call settles."""
    accounts = [parcel.to.account for parcel in call.parcels]
    if isinstance(outcome, Undelivered):
        return dict.fromkeys(accounts, outcome)
    return {account: outcome[account] for account in accounts}
