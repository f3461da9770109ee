"""`jianliu doctor`: examine this deployment and say how to put right what is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from bot import logs
from bot.commands.console import CONFIG, MISUSE, PROBLEM, Config, Json, console, fail, show
from bot.settings import load
from bot.settings_read import SettingsError

if TYPE_CHECKING:
    from bot.doctor.examination import Result

HELP = "体检这套部署：配置、网络、平台、数据库，每个问题给一行怎么改；有问题退出码 1。"
MARKS = {"good": ("✓", "green"), "warn": ("!", "yellow"), "bad": ("×", "bold red"),
         "skipped": ("–", "dim")}  # fmt: skip


def doctor(config: Config = CONFIG, *, json: Json = False) -> None:
    """Examine, tell, and end with 1 if something is bad."""
    from bot.doctor.examination import examine, worst

    logs.configure(json=False, level=logging.ERROR)
    if not config.exists() and config != CONFIG:
        fail(f"没有找到配置文件 {config}", MISUSE, json=json)
    there = config if config.exists() else None
    try:
        settings = load(there)
    except SettingsError as wrong:
        _unusable(wrong.problems, json=json)
    results = asyncio.run(examine(settings, there))
    _tell(results, json=json)
    if worst(results) == "bad":
        raise typer.Exit(PROBLEM)


def _unusable(problems: Sequence[str], *, json: bool) -> None:
    from bot.doctor.configuration import unusable
    from bot.doctor.examination import Result

    _tell([Result("config", "配置", unusable(problems))], json=json)
    raise typer.Exit(PROBLEM)


def _tell(results: Sequence[Result], *, json: bool) -> None:
    counts = Counter(result.finding.verdict.value for result in results)
    facts: dict[str, Any] = {"findings": [one.facts() for one in results], "counts": dict(counts)}
    if json:
        show(facts, "", json=True)
        return
    for result in results:
        console.print(_words(result), soft_wrap=True)
    console.print(
        f"{counts['bad']} 处要处理，{counts['warn']} 处提醒，"
        f"{counts['good']} 项正常，{counts['skipped']} 项没有看"
    )


def _words(result: Result) -> Text:
    """One finding; `Text` takes what others wrote as it is, without markup."""
    found = result.finding
    mark, style = MARKS[found.verdict.value]
    words = Text.assemble((f"{mark} {result.title}", style), f"：{found.seen}")
    if found.cause:
        words.append(f"\n    原因：{found.cause}")
    if found.fix:
        words.append(f"\n    怎么改：{found.fix}")
    return words
