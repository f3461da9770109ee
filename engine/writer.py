"""The one thread that changes the database: many units of work, one commit.

A durable commit costs the same for one unit as for fifty, so whatever waits is taken
together: one fsync serves all, then all are answered. A unit that fails never touches its
neighbours. Savepoints would cost a fifth of the work and are hardly ever used, so a batch is
first tried without them; a unit that has to be undone makes the whole batch run again, each
unit then under its own.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine

from engine.audit import seal
from engine.unit import Occasion, Redo, Unit

log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH = 64
"""Units per commit: beyond this the fsync no longer matters (12,000/s at 50)."""
TIDIED_AFTER = 16
"""Commits after which the database is tidied as soon as nobody waits."""


class Stopped(Exception):
    """The writer takes no more work."""


class Undone(Exception):
    """The database gave the transaction up because of a statement that failed in it.

    Committing it would look like success and keep nothing, of no unit in it.
    """


Settled: TypeAlias = Callable[[Any, BaseException | None], None]
"""Told on the writer's thread, after the commit, what a unit returned or why it failed."""


class Ticket:
    """A place in the queue, which can be given back until the unit begins."""

    __slots__ = ("_begun", "_taken")

    def __init__(self) -> None:
        self._taken = threading.Lock()
        self._begun = False

    def cancel(self) -> bool:
        """Give the place back; False if the unit has begun, or was cancelled before."""
        return self._taken.acquire(blocking=False)

    def begin(self) -> bool:
        """Whether the unit is still wanted; asked again when it gets its second chance."""
        self._begun = self._begun or self._taken.acquire(blocking=False)
        return self._begun


@dataclass(slots=True)
class _Work:
    work: Callable[[Unit], Any]
    begins: Callable[[], bool]
    settled: Settled
    alone: bool = False
    context: Context = field(default_factory=copy_context)  # its log lines name what it is about
    result: Any = None
    error: BaseException | None = None
    lanes: AbstractSet[str] = frozenset()
    trail: Sequence[tuple[Any, ...]] = ()

    def attempt(self, connection: Connection, occasion: Occasion, *, careful: bool) -> None:
        """Run it, under a savepoint if `careful`; its error is kept.

        Raises:
            Redo: it failed after it had changed something, and there is no savepoint.
        """
        self.result, self.error, self.lanes, self.trail = None, None, frozenset(), ()
        db = Unit(connection)
        db.occasion = occasion
        if careful:
            db.begin()
        try:
            self.result = self.context.run(self.work, db)
            self.lanes, self.trail = db.lanes, db.trail
        except Redo:
            raise
        except StopIteration as stop:  # no future of an event loop can hold one
            self.error = RuntimeError("a unit ended with StopIteration")
            self.error.__cause__ = stop
            db.rollback()
        except BaseException as error:  # noqa: BLE001  handed to whoever waits for it
            self.error = error
            db.rollback()
        if careful:
            db.release()

    def settle(self) -> None:
        try:
            self.settled(self.result, self.error)
        except Exception:  # the thread must outlive whoever asked
            log.exception("nobody could be told how a unit ended")


class Writer:
    """Runs units of work in batches on its own thread.

    `wake` is called on that thread after a commit with the lanes that got work. Units begin
    with `occasion`. `tidy` is called on that thread while nobody waits for it; what it does
    then need not be done while somebody does.
    """

    def __init__(
        self, engine: Engine, wake: Callable[[Iterable[str]], None], occasion: Occasion,
        tidy: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._wake = wake
        self._occasion = occasion
        self._tidy = tidy
        self._untidy = 0
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._stopped = False
        self.beat = 0
        """Moves with every commit; odd while there is work. Odd and unmoved for long: stuck."""
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still takes work."""
        return self._thread.is_alive()

    def submit(self, work: Callable[[Unit], T], *, alone: bool = False) -> Future[T]:
        """Run `work` in the next commit; the future is done only after that commit.

        `work` may be run more than once before one run counts, so only the database may
        remember it.

        `alone` gives the unit a commit of its own (suspects, long work).

        Raises:
            Stopped: `close` was called.
        """
        if self._stopped:
            raise Stopped
        future: Future[T] = Future()

        def begins() -> bool:
            return future.running() or future.set_running_or_notify_cancel()

        def settled(result: T, error: BaseException | None) -> None:
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._queue.put(_Work(work, begins, settled, alone))
        return future

    def chain(
        self, work: Callable[[Unit], T], then: Callable[[Unit, T], Any], settled: Settled
    ) -> Ticket:  # fmt: skip
        """`work` in the next commit and, once that is durable, `then` in the one after it.

        `then` gets the result of `work`, and `settled` what came of `then`, or the error of
        `work`. All of it stays on this thread: a future for each step, and the event loop in
        between, would cost as much as several statements.

        Raises:
            Stopped: `close` was called.
        """
        if self._stopped:
            raise Stopped
        ticket = Ticket()

        def follow(result: T, error: BaseException | None) -> None:
            if error is not None:
                settled(None, error)
                return
            self._queue.put(_Work(lambda db: then(db, result), ticket.begin, settled))

        self._queue.put(_Work(work, ticket.begin, follow))
        return ticket

    def run(self, work: Callable[[Unit], T], *, alone: bool = False) -> T:
        """`submit` and wait; for threads, never for the event loop."""
        return self.submit(work, alone=alone).result()

    def close(self) -> None:
        """Finish what was submitted and stop."""
        if not self._stopped:
            self._stopped = True
            self._queue.put(None)
        self._thread.join()

    def _loop(self) -> None:
        while True:
            if self._untidy >= TIDIED_AFTER and self._queue.empty():
                self._tidied()
            unit = self._queue.get()
            if unit is None:
                if self._queue.empty():
                    return
                self._queue.put(None)  # behind what the units before it have brought
                continue
            batch = [unit]
            while not batch[-1].alone and len(batch) < BATCH:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._queue.put(None)
                    break
                if following.alone:
                    self._work(batch)
                    batch = []
                batch.append(following)
            self._work(batch)

    def _work(self, units: list[_Work]) -> None:
        self.beat += 1
        self._commit(units)
        self._untidy += 1
        self.beat += 1

    def _tidied(self) -> None:
        self.beat += 1
        self._untidy = 0
        try:
            self._tidy()
        except Exception:  # it is done again, and a commit that needs it will say so
            log.exception("the database could not be tidied")
        self.beat += 1

    def _commit(self, units: list[_Work]) -> None:
        # From here on a unit can no longer be cancelled; one that was is never begun.
        batch = [unit for unit in units if unit.begins()]
        try:
            try:
                self._transact(batch, careful=False)
            except Redo:
                self._transact(batch, careful=True)
        except BaseException as broken:  # noqa: BLE001  a lost connection shows in many ways
            # The transaction as a whole failed: no unit took effect. One of them may be the
            # cause, so each gets a second chance alone.
            if len(batch) != 1:
                for unit in batch:
                    self._commit([unit])
                    self.beat += 2
                return
            batch[0].error = batch[0].error or broken
        lanes = set().union(*(unit.lanes for unit in batch if unit.error is None))
        for unit in batch:
            unit.settle()
        if lanes:
            try:
                self._wake(lanes)
            except Exception:  # the thread must outlive whoever listens to it
                log.exception("nobody could be woken for %s", lanes)

    def _transact(self, batch: list[_Work], *, careful: bool) -> None:
        with self._engine.begin() as connection:
            for unit in batch:
                unit.attempt(connection, self._occasion, careful=careful)
            if not _stands(connection):
                raise Undone
            seal(Unit(connection), [noted for unit in batch for noted in unit.trail])


def _stands(connection: Connection) -> bool:
    """Whether a commit would keep anything; the driver says so without asking the database."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        return bool(driver.in_transaction)
    return bool(driver.info.transaction_status.name != "INERROR")
