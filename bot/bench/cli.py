"""`jianliu bench …`: exit 0 measured, 1 a request or row was lost or a floor does not hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from bot.bench.report import BenchFailed, Report
from bot.commands.console import PROBLEM, UNREACHABLE, Json, fail, show

app = typer.Typer(no_args_is_help=True, help="性能：只看同一次运行里的比例。")
Check = Annotated[bool, typer.Option("--check", help="有一项没有通过就以 1 退出")]
Quick = Annotated[bool, typer.Option("--quick", help="跑得短，数字粗略")]
Folder = Annotated[
    Path | None,
    typer.Option(help="数据放在哪个文件夹；要在真实的磁盘上", exists=True, file_okay=False),
]
Postgres = Annotated[str, typer.Option(help="PostgreSQL 地址，会建一个临时库")]
QUICK_ROUNDS, QUICK_SECONDS = 2, 1.0
ROWS, QUICK_ROWS = 1_000_000, 20_000
QUICK_LEADS = 1000
T = TypeVar("T")


@app.command(help="加密的企业微信消息走完整条路，旁边是 echo 和普通写法。")
def callbacks(
    folder: Folder = None,
    postgres: Postgres = "",
    profile: Annotated[
        Path | None, typer.Option(help="不测速，把两个线程的 cProfile 结果放进这个文件夹")
    ] = None,
    rounds: Annotated[int, typer.Option(help="轮数", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="每轮每个服务的秒数", min=0.1)] = 4.0,
    *,
    quick: Quick = False,
    check: Check = False,
    json: Json = False,
) -> None:
    """Callbacks per second beside an echo and the plain app."""
    from bot.bench import profiling
    from bot.bench.callbacks import Plan, run

    if profile is not None:
        target = profile
        text = _measured(lambda: profiling.run(target, seconds), json=json)
        show({"profile": text}, text, json=json)
        return
    if quick:
        rounds, seconds = QUICK_ROUNDS, QUICK_SECONDS
    plan = Plan(rounds, seconds, folder, postgres)
    _show(_measured(lambda: run(plan, _say), json=json), check=check, json=json)


@app.command(help="从命令到第一次应答的时间，空闲时的内存和 CPU。")
def start(
    folder: Folder = None, *, quick: Quick = False, check: Check = False, json: Json = False
) -> None:
    """Time to the first answer and the cost of an idle service."""
    from bot.bench.start import Plan, run

    plan = Plan(1, folder=folder) if quick else Plan(folder=folder)
    _show(_measured(lambda: run(plan, _say), json=json), check=check, json=json)


@app.command(help="一百万条没到期的时限：到期的找到、归并、处理，空闲时的 CPU。")
def timers(
    folder: Folder = None,
    postgres: Postgres = "",
    rows: Annotated[int, typer.Option(help="时限的条数", min=QUICK_ROWS, max=ROWS)] = ROWS,
    *,
    quick: Quick = False,
    check: Check = False,
    json: Json = False,
) -> None:
    """How fast deadlines that come due are found, grouped and handled, and what waiting costs."""
    from bot.bench.timers import Plan, run

    plan = Plan(QUICK_ROWS if quick else rows, folder=folder, postgres=postgres)
    _show(_measured(lambda: run(plan, _say), json=json), check=check, json=json)


@app.command(help="一万条线索按规则分完，经过都存下来：8 位销售，再 136 位。")
def leads(
    folder: Folder = None, postgres: Postgres = "", *,
    quick: Quick = False, check: Check = False, json: Json = False,
) -> None:  # fmt: skip
    """How fast leads are taken in, decided, explained and told."""
    from bot.bench.leads import MANY, Plan, run

    plan = Plan(QUICK_LEADS if quick else MANY, folder=folder, postgres=postgres)
    _show(_measured(lambda: run(plan, _say), json=json), check=check, json=json)


def _measured(work: Callable[[], T], *, json: bool) -> T:
    try:
        return work()
    except BenchFailed as failed:
        fail(str(failed), PROBLEM, json=json)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)


def _show(report: Report, *, check: bool, json: bool) -> None:
    show(report.as_json(), report.words(), json=json)
    if check and not report.holds:
        raise typer.Exit(PROBLEM)


def _say(line: str) -> None:
    Console(stderr=True, highlight=False).print(line, style="dim", soft_wrap=True)
