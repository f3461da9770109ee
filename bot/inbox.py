"""The one path in: store the event, understand it, change one thing, answer.

`receive` first commits the event (a platform that saw our ack may forget it), then runs it.
Handling is one unit of work whose first statement is the fence and whose commit holds the
change, its audit row, its cards and the inbox row's end. What a crash leaves behind is found
by `sweep` and runs again, alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlmodel import Session

from bot.dispatch import Dispatcher, Task
from bot.platforms.api import Answer, Inbound, Unavailable
from bot.presses import Stale
from cards import help as texts
from cards import outbox
from cards.model import Content, Text
from engine import audit, jobs
from engine.database import Database
from engine.errors import Refusal
from engine.jobs import Leased
from engine.writer import Stopped
from sales import people
from sales.people import Address

log = structlog.get_logger(__name__)

LANE = "inbox"
LEASE = timedelta(seconds=30)
STORE_BUDGET = 2.0
"""Seconds an event may take to be stored before the platform is told to come back."""
ANSWER_BUDGET = 1.5
"""Seconds we wait for the answer before a bare ack (DingTalk cards allow 2, WeCom 5)."""
CRASHES = 3
"""A message that took the process down this often is dead."""
SWEEP_EVERY = 1.0

_inbound: TypeAdapter[Inbound] = TypeAdapter(Inbound)


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event we hold the lease of, and the moment its handling began."""

    job: Leased
    inbound: Inbound
    now: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """A query that was understood on the writer and now runs on a reader."""

    task: Task


class Inbox:
    """Receives events of every platform and runs them, each exactly once in effect."""

    def __init__(self, database: Database, dispatcher: Dispatcher) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._clock = dispatcher.clock
        self._running: set[asyncio.Task[Answer]] = set()
        self.wake = asyncio.Event()

    @property
    def idle(self) -> bool:
        """Whether nothing is being handled right now."""
        return not self._running

    async def receive(self, inbound: Inbound) -> Answer:
        """Store the event, handle it, answer within the budget; late work goes on.

        Raises:
            Unavailable: it could not be stored in time.
        """
        now = self._clock.now()
        payload = _inbound.dump_python(inbound, mode="json")
        key = f"{inbound.platform}:{inbound.tenant}:{inbound.event_key}"

        def accept(db: Session) -> Leased | None:
            return jobs.add(db, LANE, key, payload, due=now, now=now, lease=LEASE)

        try:
            stored = asyncio.wrap_future(self._database.writer.submit(accept))
            job = await asyncio.wait_for(asyncio.shield(stored), STORE_BUDGET)
        except Exception as failure:
            log.warning("inbox.not_stored", reason=type(failure).__name__)
            raise Unavailable from failure
        if job is None:
            return Answer()
        running = self._start(job, inbound)
        try:
            return await asyncio.wait_for(asyncio.shield(running), ANSWER_BUDGET)
        except TimeoutError:
            return Answer()

    async def run(self) -> None:
        """Take up what crashed processes left, until cancelled."""
        while True:
            try:
                while await self.sweep():
                    pass
            except Stopped:
                return
            except Exception:
                log.exception("inbox.sweep_failed")
            self.wake.clear()
            try:
                await asyncio.wait_for(self.wake.wait(), SWEEP_EVERY)
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Run one waiting event, alone; how many there were."""
        now = self._clock.now()

        def next_one(db: Session) -> list[Leased]:
            jobs.reap(db, now=now, crashes=CRASHES)
            return jobs.claim(db, LANE, now=now, lease=LEASE, limit=1)

        claimed = await asyncio.wrap_future(self._database.writer.submit(next_one))
        for job in claimed:
            await self._start(job, _inbound.validate_python(job.payload))
        return len(claimed)

    async def drain(self) -> None:
        """Wait for what is running."""
        if self._running:
            await asyncio.wait(self._running)

    def _start(self, job: Leased, inbound: Inbound) -> asyncio.Task[Answer]:
        task = asyncio.create_task(self._handle(Event(job, inbound, self._clock.now())))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _handle(self, event: Event) -> Answer:
        writer, alone = self._database.writer, event.job.crashes > 0
        try:
            result = await asyncio.wrap_future(
                writer.submit(lambda db: self._change(db, event), alone=alone)
            )
            if isinstance(result, Answer):
                return result
            said = await asyncio.to_thread(self._look, event, result.task)
            return await asyncio.wrap_future(
                writer.submit(lambda db: self._told(db, event, result.task, said))
            )
        except Stopped:
            return Answer()
        except Exception as failure:
            log.exception("inbox.incident", job=event.job.id)
            error = f"{type(failure).__name__}: {failure}"[:500]
            await asyncio.wrap_future(writer.submit(lambda db: self._incident(db, event, error)))
            return Answer()

    def _change(self, db: Session, event: Event) -> Answer | Pending:
        """Understand and, for a command, run; a query is handed back to run on a reader."""
        try:
            asked = self._dispatcher.understand(db, event.inbound, event.job.id)
            if isinstance(asked, Task):
                if not asked.call.route.changes:
                    return Pending(asked)
                asked = self._dispatcher.run(db, asked, event.job.id, event.now)
            return self._conclude(db, event, asked)
        except Refusal as refusal:
            db.rollback()
            return self._conclude(db, event, refusal)

    def _look(self, event: Event, task: Task) -> Content | Refusal | None:
        with self._database.reading() as db:
            try:
                return self._dispatcher.run(db, task, event.job.id, event.now)
            except Refusal as refusal:
                return refusal

    def _told(
        self, db: Session, event: Event, task: Task, said: Content | Refusal | None
    ) -> Answer:  # fmt: skip
        """Answer a query and note who asked for what (B58)."""
        _note(db, event, f"read.{task.call.route.action}", task.who.id, task.call.args)
        return self._conclude(db, event, said)

    def _conclude(
        self, db: Session, event: Event, said: Content | Refusal | Stale | None
    ) -> Answer:  # fmt: skip
        """End the inbox row and post the answer, in the same unit as what it answers."""
        job, inbound = event.job, event.inbound
        if not jobs.finish(db, job, now=event.now):
            db.rollback()
            return Answer()
        address = _address(db, inbound)
        if isinstance(said, Refusal):
            log.info("inbox.refused", code=said.code, job=job.id)
            _note(db, event, f"refused.{said.code}", address.person_id)
            said = Text(str(said))
        if isinstance(said, Stale):
            outbox.repaint(db, said.delivery_id, address, f"again/{job.id}", now=event.now)
            return Answer()
        if said is None:
            log.info("inbox.ignored", platform=inbound.platform, sort=inbound.text[:40])
            return Answer()
        posted = outbox.post(db, said, [address], now=event.now)
        own_face = inbound.kind == "press" and outbox.carries(db, inbound.ref, posted)
        return Answer(said, posted.version if own_face else 0)

    def _incident(self, db: Session, event: Event, error: str) -> None:
        if jobs.bury(db, event.job, error, now=event.now):
            words = texts.say(texts.INCIDENT, number=f"E{event.job.id}")
            outbox.post(db, words, [_address(db, event.inbound)], now=event.now)


def _note(
    db: Session, event: Event, action: str, actor: str, detail: dict[str, Any] | None = None
) -> None:
    audit.record(
        db, action, ("inbox", str(event.job.id)), at=event.now, actor=actor,
        channel=event.inbound.platform, cause=str(event.job.id), detail=detail,
    )  # fmt: skip


def _address(db: Session, inbound: Inbound) -> Address:
    who = people.known(db, inbound.platform, inbound.tenant, inbound.account)
    person_id = "" if who is None else who.id
    return Address(person_id, inbound.platform, inbound.tenant, inbound.account)
