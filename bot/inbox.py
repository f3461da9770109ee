"""The path in: store the event, run it, acknowledge it in time.

`receive` first commits the event (a platform that saw our ack may forget it), then runs it.
What a crash leaves behind is taken back by `reap` and run again, alone, by `sweep`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import DBAPIError

from bot import metrics
from bot.back import Back
from bot.dispatch import Dispatcher, Task, UnknownAction
from bot.handling import Event, Pending, Units
from bot.logs import cleaned, follow
from bot.platforms.api import Answer, Inbound, Unavailable
from bot.rounds import Rounds
from cards.model import Content
from engine import jobs
from engine.database import Database
from engine.errors import Refusal
from engine.jobs import Leased
from engine.unit import Unit
from engine.writer import Stopped, Ticket

log = structlog.get_logger(__name__)

T = TypeVar("T")

LANE = "inbox"
LEASE = timedelta(seconds=30)
ACK_SECONDS = 1.8
"""From the arrival of an event to its acknowledgement (DingTalk cards allow 2, WeCom 5)."""
QUERY_SECONDS = 20
"""A look-up that takes longer is given up; below the lease, so that it never runs twice."""
CRASHES = 4
"""A message lost its holder this often: once in company, three times alone. It is dead."""
WAITS = tuple(timedelta(seconds=s) for s in (0.2, 1, 5, 30, 120))
"""Between attempts at a message that met a broken database."""
SWEEP_EVERY = 1.0
DRAIN_EVERY = 0.01
DUPLICATE = Answer(duplicate=True)

UNREADABLE = "unreadable"

_inbound: TypeAdapter[Inbound] = TypeAdapter(Inbound)
_FIELDS = frozenset(field.name for field in fields(Inbound))


@dataclass(slots=True, eq=False)
class _Arrival:
    """A new event on its way; `stored` once it is durable, `answer` for whoever sent it."""

    answer: asyncio.Future[Answer]
    began: float
    stored: Event | None = None

    def tell(self, outcome: Answer | Exception) -> None:
        if self.answer.done():
            return  # the budget was spent, or nobody listens any more
        if isinstance(outcome, Answer):
            self.answer.set_result(outcome)
        else:
            self.answer.set_exception(outcome)


class Inbox(Rounds):
    """Receives events of every platform and runs them, each exactly once in effect."""

    def __init__(self, database: Database, dispatcher: Dispatcher) -> None:
        super().__init__()
        self._database = database
        self._units = Units(dispatcher)
        self._clock = dispatcher.clock
        self._running: set[_Arrival | asyncio.Task[Answer]] = set()
        self._back: Back | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being handled right now."""
        return not self._running

    async def receive(self, inbound: Inbound) -> Answer:
        """Store the event, handle it, answer within the budget; late work goes on.

        Raises:
            Unavailable: it could not be stored in time. If it is stored after all, it is
                also handled, and its repetition is known.
        """
        loop = asyncio.get_running_loop()
        now = self._clock.now()
        payload = _inbound.dump_python(inbound, mode="json", exclude_defaults=True)
        key = f"{inbound.platform}:{inbound.tenant}:{inbound.event_key}"
        arrival = _Arrival(loop.create_future(), time.perf_counter())

        def accept(db: Unit) -> Leased | None:
            return jobs.add(db, LANE, key, payload, due=now, now=now, lease=LEASE)

        def change(db: Unit, job: Leased | None) -> Answer | Pending:
            if job is None:
                return DUPLICATE
            arrival.stored = Event(job, inbound, now)
            return self._units.change(db, arrival.stored)

        def settled(result: Answer | Pending, error: BaseException | None) -> None:
            back(partial(self._arrived, arrival, result if error is None else error))

        if self._back is None or self._back.loop is not loop:
            self._back = Back(loop)
        back = self._back
        try:
            ticket = self._database.writer.chain(accept, change, settled)
        except Stopped as failure:
            raise Unavailable from failure
        self._running.add(arrival)
        late = loop.call_later(ACK_SECONDS, self._late, arrival, ticket)
        try:
            return await arrival.answer
        finally:
            late.cancel()

    async def round(self) -> float:
        """Take up what was given back or left by a crash."""
        return 0.0 if await self.sweep() else SWEEP_EVERY

    async def reap(self) -> None:
        """Take back leases that ran out, of every lane, until cancelled."""
        while True:
            await self._commit(lambda db: jobs.reap(db, now=self._clock.now()))
            await asyncio.sleep(SWEEP_EVERY)

    async def sweep(self) -> int:
        """Run one waiting event and give it time; how many there were.

        One at a time: if it takes the process down, nobody else is under suspicion.
        """
        now = self._clock.now()
        claimed = await self._commit(lambda db: jobs.claim(db, LANE, now=now, lease=LEASE, limit=1))
        for job in claimed:
            if (inbound := _read(job.payload)) is None:
                await self._leave(job)
                continue
            running = self._start(self._handle(Event(job, inbound, self._clock.now())))
            await asyncio.wait({running}, timeout=QUERY_SECONDS)
        return len(claimed)

    async def drain(self) -> None:
        """Wait for what is running."""
        await super().drain()
        while self._running:  # noqa: ASYNC110  an event would cost every message
            await asyncio.sleep(DRAIN_EVERY)

    def _arrived(self, arrival: _Arrival, result: Answer | Pending | BaseException) -> None:
        """The writer is done with a new event: nearly always that is all."""
        if isinstance(result, Answer):
            self._end(arrival, result)
        elif arrival.stored is None:
            log.warning("inbox.not_stored", reason=type(result).__name__)
            self._end(arrival, Unavailable())
        else:
            task = asyncio.create_task(self._conclude(arrival.stored, result))
            task.add_done_callback(lambda done: self._end(arrival, _outcome(done)))

    def _late(self, arrival: _Arrival, ticket: Ticket) -> None:
        """The budget is spent: acknowledge what is stored; what has not begun never will."""
        cancelled = ticket.cancel()
        if cancelled:
            self._running.discard(arrival)
        if arrival.stored is not None:
            arrival.tell(Answer())
            return
        log.warning("inbox.not_stored", reason="late", cancelled=cancelled)
        arrival.tell(Unavailable())

    def _end(self, arrival: _Arrival, outcome: Answer | Exception) -> None:
        self._running.discard(arrival)
        metrics.handled(time.perf_counter() - arrival.began)
        arrival.tell(outcome)

    def _start(self, work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        began = time.perf_counter()
        task.add_done_callback(lambda _: metrics.handled(time.perf_counter() - began))
        return task

    async def _commit(self, work: Callable[[Unit], T], *, alone: bool = False) -> T:
        return await asyncio.wrap_future(self._database.writer.submit(work, alone=alone))

    async def _handle(self, event: Event) -> Answer:
        """Run an event that was given back; one that was left by a crash runs alone."""
        follow(event.job.trace)
        if event.job.crashes >= CRASHES:
            return await self._give_up(event, "crashed")
        result: Answer | Pending | Exception
        try:
            result = await self._commit(
                lambda db: self._units.change(db, event), alone=event.job.crashes > 0
            )
        except Exception as failure:  # noqa: BLE001  told apart below
            result = failure
        return await self._conclude(event, result)

    async def _conclude(self, event: Event, result: Answer | Pending | BaseException) -> Answer:
        """What is left to do after the change: ask a reader, try again, or give up."""
        follow(event.job.trace)
        try:
            return await self._told(event, result)
        except Stopped:
            return Answer()
        except UnknownAction:
            return await self._leave_or_give_up(event)
        except DBAPIError as failure:
            return await self._again(event, failure)
        except Exception as failure:
            log.exception("inbox.incident")
            return await self._give_up(event, cleaned(f"{type(failure).__name__}: {failure}")[:500])

    async def _told(self, event: Event, result: Answer | Pending | BaseException) -> Answer:
        """The answer, once a reader was asked if it takes one; the error if it was one."""
        if isinstance(result, BaseException):
            raise result
        if isinstance(result, Answer):
            return result
        async with asyncio.timeout(QUERY_SECONDS):
            said = await asyncio.to_thread(self._look, event, result.task)
        return await self._commit(lambda db: self._units.told(db, event, result.task, said))

    async def _again(self, event: Event, failure: DBAPIError) -> Answer:
        """The database broke under it: try again later, a few times."""
        job, error = event.job, type(failure).__name__
        log.warning("inbox.database_failed", reason=error, attempts=job.attempts)
        if job.attempts >= len(WAITS):
            return await self._give_up(event, error)
        due = self._clock.now() + WAITS[job.attempts]
        return await self._surely(lambda db: jobs.retry(db, job, error, due=due))

    async def _leave(self, job: Leased) -> None:
        """An event of a newer version waits for that version, but not for ever."""
        now = self._clock.now()
        log.warning("inbox.unreadable", job=job.id)

        def work(db: Unit) -> None:
            if not jobs.leave(db, job, UNREADABLE, now=now):
                jobs.bury(db, job, UNREADABLE, now=now)

        await self._surely(work)

    async def _leave_or_give_up(self, event: Event) -> Answer:
        """A button of a newer version: wait for that version, in the end say that it failed."""
        log.warning("inbox.unknown_action")

        def work(db: Unit) -> None:
            if not jobs.leave(db, event.job, UNREADABLE, now=event.now):
                self._units.incident(db, event, UNREADABLE)

        return await self._surely(work)

    async def _give_up(self, event: Event, error: str) -> Answer:
        """It ends now, not when it began: what ended before the last notice is no news."""
        metrics.incident()
        ended = event._replace(now=self._clock.now())
        return await self._surely(lambda db: self._units.incident(db, ended, error))

    async def _surely(self, work: Callable[[Unit], object]) -> Answer:
        """Commit how an event ended; if even that fails, its lease runs out and it comes back."""
        try:
            await self._commit(work)
        except (DBAPIError, Stopped) as failure:
            log.warning("inbox.end_not_stored", reason=type(failure).__name__)
        return Answer()

    def _look(self, event: Event, task: Task) -> Content | Refusal | None:
        with self._database.reading() as db:
            try:
                return self._units.look(db, event, task)
            except StopIteration as stop:  # no future can hold one: the event would never end
                raise RuntimeError("a look-up ended with StopIteration") from stop


def _read(payload: Mapping[str, Any]) -> Inbound | None:
    """The stored event; None if it says things this version does not know."""
    try:
        return _inbound.validate_python(payload) if payload.keys() <= _FIELDS else None
    except ValidationError:
        return None


def _outcome(done: asyncio.Task[Answer]) -> Answer | Exception:
    if done.cancelled():
        return Unavailable()
    failure = done.exception()
    return failure if isinstance(failure, Exception) else done.result()
