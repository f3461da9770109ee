"""`bench callbacks`: encrypted WeCom messages through the whole path, beside two yardsticks.

Echo, the product and the plain app take turns within one run, so that a slow minute of the
machine meets all three. Afterwards the rows are counted: every different message must have
made its customer, opportunity, audit rows, card and delivery, every repeated MsgId none.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.bench import company, yardsticks
from bot.bench.codec import seal_and_open
from bot.bench.company import App
from bot.bench.databases import fresh, storage
from bot.bench.messages import Supply
from bot.bench.product import CROWD, product
from bot.bench.report import Floor, Report
from bot.bench.server import cores
from bot.bench.subject import WARM_LINES, WARM_UP, Subject, quantile, ratio

RATE = 200
"""Messages a second of the open loop: far more than a company types."""
MIB = 1 << 20
OF_ECHO, TIMES_PLAIN = 6.0, 5.0
"""Per cent of the echo's requests a second, and times those of the plain app."""
SLOWEST, PACED_HALF, PACED_SLOWEST = 60.0, 4.0, 20.0
"""Milliseconds: p99 at saturation, p50 and p99 at `RATE`."""
NAMES = {"echo": "echo（裸 uvicorn）", "jianliu": "**建流**",
         "plain": "普通写法（FastAPI + wechatpy + SQLModel）"}  # fmt: skip
HEADING = ("", "次/秒", "占 echo", "p50 / p99 毫秒", f"{RATE} 次/秒时", "CPU 微秒/次",
           "内存 RSS / PSS MiB")  # fmt: skip
MISSING = "没有测「普通写法」：它在仓库的 tests/bench 里，需要开发依赖。"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure, and where: SQLite in `folder`, or the server `postgres`."""

    rounds: int = 5
    seconds: float = 4.0
    folder: Path | None = None
    postgres: str = ""


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure; `say` is told what is going on.

    Raises:
        BenchFailed: an answer was not 200, rows are missing, or a server did not run.
    """
    app = App.made()
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="jianliu-bench-", dir=plan.folder)
        folder = Path(stack.enter_context(made))
        ours, plain = stack.enter_context(fresh(folder, plan.postgres))
        notes = [_machine(), storage(folder, plan.postgres), _codec(app)]
        company.plant(ours, app)
        with ExitStack() as servers:
            start = servers.enter_context
            subjects = [
                Subject("echo", start(yardsticks.echo(folder)), Supply(app), keeps=False),
                Subject("jianliu", start(product(folder, ours, app, command=CROWD)), Supply(app)),
            ]
            if yardsticks.has_plain_app():
                server = start(yardsticks.plain_app(folder, plain, app))
                subjects.append(Subject("plain", server, Supply(app)))
            else:
                notes.append(MISSING)
            _measure(plan, subjects, say)
        by_name = {subject.name: subject for subject in subjects}
        rows = company.verify(ours, by_name["jianliu"].different)
        if "plain" in by_name:
            yardsticks.verify(plain, by_name["plain"].different)
    return _report(by_name, rows, notes)


def _measure(plan: Plan, subjects: list[Subject], say: Callable[[str], None]) -> None:
    for subject in subjects:
        subject.saturate(min(WARM_UP, plan.seconds), WARM_LINES)
    for number in range(1, plan.rounds + 1):
        for subject in subjects:
            turn = subject.saturate(plan.seconds)
            subject.full.append(turn)
            say(f"第 {number} 轮 {subject.name}：{turn.load.rate:.0f} 次/秒，"
                f"p99 {turn.load.quantile(0.99):.1f} 毫秒，CPU {turn.cpu:.0f} 微秒/次")  # fmt: skip
        for subject in subjects[:2]:  # the plain app would fall behind at this rate
            subject.paced.append(subject.pace(plan.seconds, RATE))


def _report(by_name: dict[str, Subject], rows: dict[str, int], notes: list[str]) -> Report:
    ours, echo = by_name["jianliu"], by_name["echo"]
    share = ratio(ours, echo) * 100
    floors = [Floor("占 echo 的比例", share, OF_ECHO, "%")]
    ratios = {"of_echo_percent": share}
    if "plain" in by_name:
        ratios["times_plain"] = ratio(ours, by_name["plain"])
        floors.append(Floor("比普通写法快", ratios["times_plain"], TIMES_PLAIN, "倍"))
    floors += [
        Floor("满载 p99", quantile(ours.full, 0.99), SLOWEST, "毫秒", most=True),
        Floor(f"{RATE} 次/秒 p50", quantile(ours.paced, 0.5), PACED_HALF, "毫秒", most=True),
        Floor(f"{RATE} 次/秒 p99", quantile(ours.paced, 0.99), PACED_SLOWEST, "毫秒", most=True),
    ]
    repeated = ours.requests - ours.different
    counted = (
        f"发出 {ours.requests} 次，其中 {repeated} 次重复的 MsgId 没有留下一行；{ours.different} "
        "条不同的消息各有商机、客户、审计两行、卡片、消息和待发任务，一行不少。"
    )
    facts: dict[str, Any] = {
        "servers": {name: subject.facts() for name, subject in by_name.items()},
        "ratios": ratios, "rows": rows,
    }  # fmt: skip
    table = [_row(subject, echo) for subject in by_name.values()]
    return Report(HEADING, table, facts, floors, [f"- {note}" for note in (counted, *notes)])


def _row(subject: Subject, echo: Subject) -> tuple[str, ...]:
    paced = "—"
    if subject.paced:
        paced = f"{quantile(subject.paced, 0.5):.1f} / {quantile(subject.paced, 0.99):.1f}"
    return (
        NAMES[subject.name],
        f"{subject.rate:,.0f}",
        f"{ratio(subject, echo):.1%}",
        f"{quantile(subject.full, 0.5):.1f} / {quantile(subject.full, 0.99):.1f}",
        paced,
        f"{subject.cpu:,.0f}",
        f"{subject.memory.resident / MIB:.0f} / {subject.memory.own / MIB:.0f}",
    )


def _machine() -> str:
    pinned = "服务和压测各占一个核" if cores() else "没有绑核"
    return f"{platform.system()} {platform.machine()}，Python {platform.python_version()}，{pinned}"


def _codec(app: App) -> str:
    sealing, opening = seal_and_open(app)
    return (
        f"建流的应答是空的（回答走发件箱）；如果也当场加密一条回答，每条多 {sealing:.1f} 微秒。"
        f"收到的消息验签、解开，每条 {opening:.1f} 微秒。"
    )
