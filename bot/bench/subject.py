"""One server in a run: its turns under load and what they say together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import uvloop

from bot.bench.load import Load, closed, paced
from bot.bench.messages import Supply
from bot.bench.server import Memory, Server, on_core

LINES = 64
"""Keep-alive connections."""
WARM_UP = 1.0
WARM_LINES = 8
"""Seconds and connections of the warm-up: its rows are counted, its times are not."""
GUESS = 2000.0
"""Requests a second before anything is known."""
SPARE = 1.5
"""How many times the requests of the fastest turn so far are made for the next one."""
ECHOED = 2000
"""Different requests an echo gets, over and over."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of one server: the load, and the server's CPU microseconds per request."""

    load: Load
    cpu: float


@dataclass(slots=True)
class Subject:
    """A server and its turns; `different` counts the different messages it was sent.

    `keeps` False is an echo: it may get the same requests again.
    """

    name: str
    server: Server
    supply: Supply
    keeps: bool = True
    requests: int = 0
    different: int = 0
    speed: float = GUESS
    full: list[Turn] = field(default_factory=list)
    paced: list[Turn] = field(default_factory=list)
    memory: Memory = field(default_factory=lambda: Memory(0, 0))

    def saturate(self, seconds: float, lines: int = LINES) -> Turn:
        """One turn as fast as the connections go."""
        turn = self._turn(
            int(self.speed * seconds * SPARE) + LINES,
            lambda requests: closed(self.server.port, requests, lines=lines, seconds=seconds),
        )
        self.speed = max(self.speed, turn.load.rate)
        return turn

    def pace(self, seconds: float, rate: float) -> Turn:
        """One turn at `rate` requests a second."""
        return self._turn(
            int(rate * seconds),
            lambda requests: paced(
                self.server.port, requests, lines=LINES, seconds=seconds, rate=rate
            ),
        )

    @property
    def rate(self) -> float:
        """Requests per second at saturation, the median of the turns."""
        return median(turn.load.rate for turn in self.full)

    @property
    def cpu(self) -> float:
        """CPU microseconds per request at saturation, the median of the turns."""
        return median(turn.cpu for turn in self.full)

    def facts(self) -> dict[str, Any]:
        """Everything measured, for JSON; latencies in milliseconds, memory in bytes."""
        return {
            "requests": self.requests, "different": self.different if self.keeps else None,
            "rate": self.rate, "cpu_us": self.cpu, "rates": [t.load.rate for t in self.full],
            "p50_ms": quantile(self.full, 0.5), "p99_ms": quantile(self.full, 0.99),
            "paced_p50_ms": quantile(self.paced, 0.5) if self.paced else None,
            "paced_p99_ms": quantile(self.paced, 0.99) if self.paced else None,
            "rss": self.memory.resident, "pss": self.memory.own,
        }  # fmt: skip

    def _turn(
        self, count: int, load: Callable[[Iterator[bytes]], Coroutine[Any, Any, Load]]
    ) -> Turn:
        batch = self.supply.batch(count if self.keeps else ECHOED)
        requests = iter(batch.requests) if self.keeps else itertools.cycle(batch.requests)
        before = self.server.cpu()
        with on_core(first=False):
            done = uvloop.run(load(requests))
        self.requests += done.sent
        self.different += batch.different(done.sent)
        self.memory = self.server.memory()
        return Turn(done, (self.server.cpu() - before) / done.sent * 1e6)


def quantile(turns: list[Turn], share: float) -> float:
    """Milliseconds that `share` of the requests did not exceed, the median of the turns."""
    return median(turn.load.quantile(share) for turn in turns)


def ratio(one: Subject, other: Subject) -> float:
    """How many times the requests per second of `other`; compared turn by turn, the median."""
    pairs = zip(one.full, other.full, strict=True)
    return median(a.load.rate / b.load.rate for a, b in pairs)
