"""A server under test: a process of its own, on a core of its own, watched from outside."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.bench.report import BenchFailed

START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL = 0.002
TAIL = 600
"""Characters of a server's log that are shown when it fails."""


class ServerFailed(BenchFailed):
    """A server did not start, or did not stop in order; the text ends with its log."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes a process keeps in memory; `own` counts shared pages by share (PSS)."""

    resident: int
    own: int


class Server:
    """`command` running until the `with` block ends; its output goes to `log`.

    Nothing of our environment reaches its settings but `environment`.

    Raises:
        ServerFailed: it ended, or nothing listened on `port` in time.
    """

    def __init__(
        self, command: Sequence[str], port: int, log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.port = port
        self._log = log
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("JIANLIU")}
        self.started = time.perf_counter()
        with log.open("ab") as out, on_core(first=True):
            self._process = subprocess.Popen(  # noqa: S603  the command is our own
                list(command), stdout=out, stderr=out, env={**inherited, **(environment or {})}
            )

    def __enter__(self) -> Self:
        try:
            self.wait_for(self._listens)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            if kind is None:
                raise ServerFailed(f"服务停不下来：{self._tail()}") from None

    def wait_for(self, met: Callable[[], bool]) -> float:
        """Wait until `met`; seconds since the process was started.

        Raises:
            ServerFailed: it ended, or it took too long.
        """
        while not met():
            if self._process.poll() is not None:
                raise ServerFailed(f"服务自己退出了：{self._tail()}")
            if time.perf_counter() - self.started > START_SECONDS:
                raise ServerFailed(f"服务没有回应：{self._tail()}")
            time.sleep(POLL)
        return time.perf_counter() - self.started

    def cpu(self) -> float:
        """CPU seconds its threads have used so far; 0 where there is no /proc."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return 0.0
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> Memory:
        """What it keeps in memory now; zeros where there is no /proc."""
        folder = Path(f"/proc/{self._process.pid}")
        return Memory(_field(folder / "status", "VmRSS"), _field(folder / "smaps_rollup", "Pss"))

    def _listens(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def _tail(self) -> str:
        return self._log.read_text("utf-8", errors="replace")[-TAIL:]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def cores() -> tuple[int, int] | None:
    """The cores of the servers and of the load generator; None where they cannot be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    ours = sorted(os.sched_getaffinity(0))
    return (ours[0], ours[-1]) if len(ours) > 1 else None


@contextmanager
def on_core(*, first: bool) -> Iterator[None]:
    """Run this thread, and the processes it starts, on the servers' core or on the other one."""
    chosen = cores()
    if chosen is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {chosen[0] if first else chosen[1]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _field(path: Path, name: str) -> int:
    """A "Name:  123 kB" line of a /proc file, in bytes."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
