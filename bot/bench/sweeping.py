"""The service's sweep and its lane at moments of our choice, each look in the writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from bot.bench.calibration import Took, timed
from bot.bench.errands import COPIES, FEW, PEOPLE
from bot.bench.report import BenchFailed
from bot.clock import Clock
from bot.timers import Timers
from engine.database import Database
from engine.deadlines import DEADLINE
from engine.deadlines_due import LANE
from engine.jobs import JOB, Job, State
from engine.rulebook import Rulebook
from engine.unit import Unit
from scheduler.all import reactions

GROUPINGS = 12
PROBE_SECONDS = 0.02
"""Between the writes of somebody else while digests are made."""


class RowsLost(BenchFailed):
    """Not everything that fell due was said, or something twice."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What each step took.

    `nothing` and `new` are looks, `handled` rounds of a card for each of `PEOPLE`. `grouped`
    are looks at what is due at once of so many people; `digested` told the last of them, and
    somebody else's write then took up to `longest_wait` milliseconds.
    """

    nothing: list[Took]
    new: list[Took]
    handled: list[Took]
    grouped: dict[int, list[Took]]
    digested: Took
    longest_wait: float


def thick(looks: int, rounds: int, crowd: int) -> range:
    """The moments that have to belong to `FEW` for `Desk.measure` with the same numbers."""
    start = looks + (rounds * PEOPLE + crowd) // COPIES
    return range(start, start + crowd // COPIES)


class Desk:
    """The sweep and its lane; at each of `moments`, `COPIES` deadlines fall due."""

    def __init__(
        self, database: Database, clock: Clock, moments: Iterable[datetime],
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._moments = iter(moments)
        self._say = say
        self._timers = Timers(database, clock, Rulebook(), reactions())

    async def measure(self, looks: int, rounds: int, crowd: int) -> Findings:
        """Look at nothing and at something new, handle it, then let `crowd` fall due at once.

        Raises:
            RowsLost: see there.
        """
        nothing = [await self._look() for _ in range(looks)]
        new = [await self._look_at_new() for _ in range(looks)]
        self._say(f"看了 {looks} 次新到期的")
        handled = [await self._handle_new() for _ in range(rounds)]
        reminders = looks * COPIES + rounds * PEOPLE
        self._verify(reminders, reminders)
        self._say(f"处理了 {rounds} 轮，每轮 {PEOPLE:,} 条")
        grouped = {}
        for people in (PEOPLE, FEW):
            self._call_off()
            self._on(crowd)
            grouped[people] = [await self._group() for _ in range(GROUPINGS)]
            self._say(f"{crowd:,} 条同时到期，归并给 {people:,} 人 {GROUPINGS} 次")
        digested, longest_wait = await self._digest()
        self._verify(reminders + crowd, reminders + FEW)
        return Findings(nothing, new, handled, grouped, digested, longest_wait)

    def _call_off(self) -> None:
        """Nobody waits any more for what has been due: it shall not fire a second time."""
        been = (DEADLINE.c.state == "pending", DEADLINE.c.due_at <= self._clock.now())
        called_off = update(DEADLINE).where(*been).values(state="cancelled")
        self._database.writer.run(lambda db: db.execute(called_off))

    def _on(self, deadlines: int) -> None:
        """Move the clock until so many more are due."""
        *_, moment = islice(self._moments, deadlines // COPIES)
        self._clock.jump(moment)

    async def _look(self) -> Took:
        return await timed(self._timers.sweep())

    async def _look_at_new(self) -> Took:
        self._on(COPIES)
        took = await self._look()
        await self._work_off()
        return took

    async def _handle_new(self) -> Took:
        self._on(PEOPLE)
        return await timed(self._handle())

    async def _group(self) -> Took:
        """A look, taken back, so that the next one finds the same."""
        took = await self._look()
        jobs = delete(Job).where(JOB.c.lane == LANE, JOB.c.state == State.OPEN)
        self._database.writer.run(lambda db: db.execute(jobs))
        return took

    async def _digest(self) -> tuple[Took, float]:
        """Handle what is due; the longest that somebody else's write has waited meanwhile."""
        waits = [0.0]

        async def write() -> None:
            while True:
                future = self._database.writer.submit(lambda _: None)
                waits.append((await timed(asyncio.wrap_future(future))).wall)
                await asyncio.sleep(PROBE_SECONDS)

        writing = asyncio.create_task(write())
        took = await timed(self._handle())
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        return took, max(waits)

    async def _handle(self) -> None:
        """Look and work off, until nothing is due."""
        while self._read(lambda db: self._timers.busy(db, now=self._clock.now())):
            await self._timers.sweep()
            await self._work_off()

    async def _work_off(self) -> None:
        while not await self._timers.lane.round():
            pass

    def _verify(self, fired: int, messages: int) -> None:
        waiting = (JOB.c.lane.startswith("outbox:"), JOB.c.state == State.OPEN)
        found = self._count(DEADLINE.c.fired > 0), self._count(*waiting)
        if found != (fired, messages):
            wanted = f"应为 {fired} 条到期、{messages} 条消息"
            raise RowsLost(f"{found[0]} 条到期、{found[1]} 条消息，{wanted}")

    def _count(self, *where: ColumnElement[bool]) -> int:
        asked = select(func.count()).where(*where)
        return int(self._read(lambda db: db.execute(asked).scalar_one()))

    def _read(self, question: Callable[[Unit], Any]) -> Any:
        with self._database.reading() as db:
            return question(db)
