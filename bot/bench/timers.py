"""`bench timers`: a million open deadlines; what comes due is found, grouped and handled.

The service's own sweep, lane and reactions run in this process, on a clock that is moved
along; what an idle service costs is measured on the real command. CPU time stands beside the
wall's: other work on the machine changes it less.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from bot.bench import errands
from bot.bench.calibration import Took, calibration
from bot.bench.company import App
from bot.bench.databases import fresh, storage
from bot.bench.errands import COPIES, FEW, PEOPLE
from bot.bench.product import product
from bot.bench.report import Floor, Report
from bot.bench.sweeping import Desk, Findings, thick
from bot.clock import Clock
from engine.database import Database

ZONE = "Asia/Shanghai"
SHARE = 10
"""One in so many is due at once: 100,000 of a million."""
LOOK, GROUPING, HANDLED, IDLE = 5.0, 300.0, 500.0, 2.0
"""Milliseconds of a look and of a grouping, deadlines a second on SQLite, % of a core."""
HEADING = ("", "中位 毫秒", "最长 毫秒", "CPU 毫秒", "次数")


@dataclass(frozen=True, slots=True)
class Plan:
    """How many deadlines, looks at some that are newly due, and rounds of handling them.

    `settle` and `idle` are the seconds before and while the idle service is watched. The rows
    are in SQLite in `folder`, or on the server `postgres`.
    """

    rows: int = 1_000_000
    looks: int = 40
    rounds: int = 3
    settle: float = 3.0
    idle: float = 10.0
    folder: Path | None = None
    postgres: str = ""

    @property
    def steps(self) -> tuple[int, int, int]:
        """Looks, rounds, and how many fall due at once."""
        return self.looks, self.rounds, self.rows // SHARE


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure; `say` is told what is going on.

    Raises:
        BenchFailed: something that fell due was not said once, or the service did not run.
    """
    app = App.made()
    clock = Clock(ZONE, ticks=lambda: 0)  # stands still between jumps: nothing else falls due
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="jianliu-bench-", dir=plan.folder)
        folder = Path(stack.enter_context(made))
        url, _ = stack.enter_context(fresh(folder, plan.postgres))
        machine = [calibration()]
        began = time.perf_counter()
        with closing(Database(url)) as database:
            few = thick(*plan.steps)
            moments = errands.plant(database, clock, plan.rows, app.corp_id, few)
        say(f"放进 {plan.rows:,} 条未到期的时限，用了 {time.perf_counter() - began:.0f} 秒")
        idle = _idle(plan, folder, url, app)
        say(f"空闲 CPU {idle:.2f} %")
        with closing(Database(url)) as database:
            desk = Desk(database, clock, moments, say)
            found = uvloop.run(desk.measure(*plan.steps))
        machine.append(calibration())
        notes = [storage(folder, plan.postgres), _words(*machine)]
    return _report(plan, found, idle, notes)


def _idle(plan: Plan, folder: Path, url: str, app: App) -> float:
    """% of a core that the whole service uses while nothing is due."""
    with product(folder, url, app, role="all") as server:
        time.sleep(plan.settle)
        before = server.cpu()
        time.sleep(plan.idle)
        return (server.cpu() - before) / plan.idle * 100


def _report(plan: Plan, found: Findings, idle: float, notes: list[str]) -> Report:
    *_, crowd = plan.steps
    many = f"{crowd:,} 条同时到期"
    series = {
        "nothing_due": ("没有新到期的", found.nothing),
        "newly_due": (f"新到期 {COPIES} 条，{COPIES} 人", found.new),
        "grouped": (f"{many}，归并给 {PEOPLE:,} 人", found.grouped[PEOPLE]),
        "grouped_few": (f"{many}，归并给 {FEW} 人", found.grouped[FEW]),
        "handled": (f"处理 {PEOPLE:,} 条，一人一张卡片", found.handled),
        "digested": (f"{many}，{FEW} 人各发一张汇总", [found.digested]),
    }
    speed = PEOPLE / _middle(found.handled) * 1000
    floors = [
        Floor(f"{plan.rows:,} 条里找到新到期的", _middle(found.new), LOOK, "毫秒", most=True),
        Floor(f"归并给 {PEOPLE:,} 人", _middle(found.grouped[PEOPLE]), GROUPING, "毫秒", most=True),
        Floor(f"归并给 {FEW} 人", _middle(found.grouped[FEW]), GROUPING, "毫秒", most=True),
        *([] if plan.postgres else [Floor("每秒处理", speed, HANDLED, "条")]),
        Floor("空闲 CPU", idle, IDLE, "%", most=True),
    ]
    cost = median(one.cpu for one in found.handled) / PEOPLE * 1000
    notes += [
        f"处理一条、写好一张卡片，用 CPU {cost:.0f} 微秒",
        f"发汇总的时候，别的写入最久等了 {found.longest_wait:,.0f} 毫秒",
    ]
    facts: dict[str, Any] = {
        "rows": plan.rows, "due_at_once": crowd, "handled_per_second": speed,
        "handled_cpu_us": cost, "longest_wait_ms": found.longest_wait, "idle_cpu_percent": idle,
        "series": {name: _facts(took) for name, (_, took) in series.items()},
    }  # fmt: skip
    table = [(words, *_cells(took)) for words, took in series.values()]
    return Report(HEADING, table, facts, floors, [f"- {note}" for note in notes])


def _words(before: Took, after: Took) -> str:
    """What the machine gave us: what the wall shows beyond the CPU, other tasks have taken."""
    figures = "、".join(
        f"{when}墙钟 {took.wall:.0f} 毫秒、CPU {took.cpu:.0f} 毫秒"
        for when, took in (("测前", before), ("测后", after))
    )
    system = f"{platform.system()} {platform.machine()}，Python {platform.python_version()}"
    return f"{system}；标定（一百万次加法）：{figures}"


def _middle(took: list[Took]) -> float:
    return median(one.wall for one in took)


def _facts(took: list[Took]) -> dict[str, float]:
    return {
        "median_ms": _middle(took), "worst_ms": max(one.wall for one in took),
        "cpu_ms": median(one.cpu for one in took), "times": len(took),
    }  # fmt: skip


def _cells(took: list[Took]) -> tuple[str, ...]:
    *times, count = _facts(took).values()
    return (*(f"{number:,.1f}" for number in times), str(count))
