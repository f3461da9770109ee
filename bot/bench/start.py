"""`bench start`: from the command to the first answer, and what an idle service costs."""

from __future__ import annotations

import http.client
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.bench.company import App
from bot.bench.product import product
from bot.bench.report import Floor, Report
from bot.bench.server import Server

READY = "/healthz"
MIB = 1 << 20
LISTENING, RESIDENT = 1.5, 120.0
"""Seconds to the first answer on an existing database; MiB of resident memory."""
HEADING = ("", "到第一次应答 秒", "内存 RSS / PSS MiB", "空闲 CPU %")


@dataclass(frozen=True, slots=True)
class Plan:
    """How often to start; seconds until memory is read, and of watching it do nothing."""

    rounds: int = 3
    settle: float = 2.0
    idle: float = 5.0
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class _Start:
    seconds: float
    resident: float
    own: float
    cpu: float


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Start the whole service (every role) on no database, then again on the one it made.

    Raises:
        BenchFailed: it did not start, or did not stop.
    """
    starts: dict[str, list[_Start]] = {"没有数据库": [], "已有数据库": []}
    with tempfile.TemporaryDirectory(prefix="jianliu-bench-", dir=plan.folder) as made:
        compiled = _once(Path(made) / "0", plan)
        say(f"先启动一次，编译模块，不计入：{compiled.seconds:.2f} 秒")
        for number in range(1, plan.rounds + 1):
            for name, found in starts.items():
                found.append(_once(Path(made) / str(number), plan))
                say(f"第 {number} 次 {name}：{found[-1].seconds:.2f} 秒")
    middles = {name: _middle(found) for name, found in starts.items()}
    rows = [
        (name, f"{s.seconds:.2f}", f"{s.resident:.0f} / {s.own:.0f}", f"{s.cpu:.1f}")
        for name, s in middles.items()
    ]
    usual = middles["已有数据库"]
    floors = [
        Floor("已有数据库时到第一次应答", usual.seconds, LISTENING, "秒", most=True),
        Floor("空闲内存 RSS", usual.resident, RESIDENT, "MiB", most=True),
    ]
    facts = {
        name: {"seconds": s.seconds, "rss_mib": s.resident, "pss_mib": s.own, "cpu_percent": s.cpu}
        for name, s in zip(("no_database", "database"), middles.values(), strict=True)
    }
    return Report(HEADING, rows, facts, floors)


def _once(folder: Path, plan: Plan) -> _Start:
    folder.mkdir(exist_ok=True)
    url, bytecode = f"sqlite:///{folder / 'jianliu.db'}", folder.parent / "bytecode"
    with product(folder, url, App.made(), role="all", bytecode=bytecode) as server:
        seconds = server.wait_for(lambda: _answers(server))
        time.sleep(plan.settle)
        memory, before = server.memory(), server.cpu()
        time.sleep(plan.idle)
        used = server.cpu() - before
    return _Start(seconds, memory.resident / MIB, memory.own / MIB, used / plan.idle * 100)


def _answers(server: Server) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=1)
    try:
        connection.request("GET", READY)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _middle(found: list[_Start]) -> _Start:
    return _Start(
        median(s.seconds for s in found), median(s.resident for s in found),
        median(s.own for s in found), median(s.cpu for s in found),
    )  # fmt: skip
