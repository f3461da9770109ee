"""The load generator: raw HTTP/1.1 over keep-alive connections, request bytes made before.

Closed loop: every connection sends its next request when the last one is answered. Open
loop: requests fall due at a fixed rate, and a latency counts from the moment a request was
due, so a server that stalls cannot slow its own examination down ("coordinated omission").
"""

from __future__ import annotations

import asyncio
import gc
import re
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import cast

from bot.bench.report import BenchFailed

PATIENCE = 30.0
"""Seconds the answers may take beyond the measured time."""
SPIN = 0.002
"""Seconds before a due moment in which the loop polls; its timers have only milliseconds."""
_HEAD = re.compile(
    rb"HTTP/1\.1 (\d{3})[^\r]*\r\n(?:[^\r]+\r\n)*?content-length: *(\d+)\r\n(?:[^\r]+\r\n)*\r\n",
    re.IGNORECASE,
)


class LoadFailed(BenchFailed):
    """A request was not answered with status 200, or not at all."""


class Load:
    """What was sent and how long each answer took, in seconds."""

    def __init__(self, latencies: array[float], seconds: float) -> None:
        self.seconds = seconds
        self._sorted = sorted(latencies)

    @property
    def sent(self) -> int:
        """Requests sent, every one answered with 200."""
        return len(self._sorted)

    @property
    def rate(self) -> float:
        """Requests answered per second."""
        return self.sent / self.seconds

    def quantile(self, share: float) -> float:
        """The latency that `share` of the requests did not exceed, in milliseconds."""
        return self._sorted[min(int(share * self.sent), self.sent - 1)] * 1000


class _Line(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(
        self, answered: Callable[[_Line, float], None], failed: Callable[[str], None]
    ) -> None:  # fmt: skip
        self._answered, self._failed = answered, failed
        self._buffer = b""
        self._since = 0.0
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, since: float) -> None:
        """Send a request whose latency counts from `since` (`perf_counter`)."""
        self._since, self._busy = since, True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        self._buffer = data = self._buffer + data
        head = _HEAD.match(data)
        if head is None:
            if b"\r\n\r\n" in data:
                self._failed(f"看不懂的应答：{data[:40]!r}")
            return
        if len(data) < head.end() + int(head[2]):
            return
        if head[1] != b"200":
            self._failed(f"有请求得到状态 {head[1].decode()}，不是 200")
            return
        self._buffer, self._busy = b"", False
        self._answered(self, now - self._since)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._busy:
            self._failed(f"连接断了：{exc}")


class _Lines:
    """All connections of one run, what they measured, and how the run ends."""

    def __init__(self) -> None:
        self.latencies = array("d")
        self.over = asyncio.get_running_loop().create_future()
        self.idle: deque[_Line] = deque()

    async def open(
        self, port: int, count: int, answered: Callable[[_Line, float], None]
    ) -> None:  # fmt: skip
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, line = await loop.create_connection(
                lambda: _Line(answered, self.fail), "127.0.0.1", port
            )
            self.idle.append(line)

    def fail(self, reason: str) -> None:
        if not self.over.done():
            self.over.set_exception(LoadFailed(reason))

    def end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    async def finish(self, lines: list[_Line], patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                await self.over
        except TimeoutError:
            raise LoadFailed("有请求没有等到应答") from None
        finally:
            for line in lines:
                line.transport.abort()


async def closed(port: int, requests: Iterator[bytes], *, lines: int, seconds: float) -> Load:
    """As fast as `lines` connections go, for `seconds` or until the requests are used up.

    Requests are sent in their order; those sent are the first `sent` of them.

    Raises:
        LoadFailed: one was not answered with 200.
    """
    run = _Lines()

    def next_on(line: _Line) -> None:
        now = perf_counter()
        request = next(requests, None) if now < until else None
        if request is not None:
            line.send(request, now)
            return
        run.idle.append(line)
        if len(run.idle) == lines:
            run.end()

    def answered(line: _Line, took: float) -> None:
        run.latencies.append(took)
        next_on(line)

    await run.open(port, lines, answered)
    everyone = list(run.idle)
    run.idle.clear()
    with _no_collections():
        began = perf_counter()
        until = began + seconds
        for line in everyone:
            next_on(line)
        await run.finish(everyone, seconds + PATIENCE)
        return Load(run.latencies, perf_counter() - began)


async def paced(
    port: int, requests: Iterator[bytes], *, lines: int, seconds: float, rate: float
) -> Load:
    """`rate` requests a second for `seconds`, each due at its moment whatever the others do.

    Raises:
        LoadFailed: one was not answered with 200.
    """
    run, loop = _Lines(), asyncio.get_running_loop()
    total, fired = int(rate * seconds), 0
    late: deque[float] = deque()

    def answered(line: _Line, took: float) -> None:
        run.latencies.append(took)
        if late:
            line.send(next(requests), late.popleft())
        else:
            run.idle.append(line)
        if len(run.latencies) == total:
            run.end()

    def tick() -> None:
        nonlocal fired
        while fired < total and (due := began + fired / rate) <= perf_counter():
            fired += 1
            if run.idle:
                run.idle.popleft().send(next(requests), due)
            else:
                late.append(due)
        if fired < total:
            wait = began + fired / rate - perf_counter()
            if wait > SPIN:
                loop.call_later(wait - SPIN, tick)
            else:
                loop.call_soon(tick)

    await run.open(port, lines, answered)
    everyone = list(run.idle)
    with _no_collections():
        began = perf_counter()
        tick()
        await run.finish(everyone, seconds + PATIENCE)
        return Load(run.latencies, perf_counter() - began)


@contextmanager
def _no_collections() -> Iterator[None]:
    """The generator's own garbage collector stays out of the latencies."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
