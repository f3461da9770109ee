"""`jianliu quota`: what the platforms sell by the month, used and to come."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.commands.console import (
    CONFIG,
    NO_DATABASE,
    PROBLEM,
    UNREACHABLE,
    Config,
    Json,
    beside,
    fail,
    show,
)
from bot.commands.console import settings as settings_of
from cards import quota as cards
from cards.quota import Gauge
from engine import quota as ledger
from engine.calendar_days import Calendars
from engine.rulebook import Rulebook
from sales.economy import Step

HELP = "平台每月的额度：用了多少，预计多少，现在怎么省；已经在省时退出码是 1。"
NONE = "没有按月计的额度（钉钉没有配置，或服务还没有启动过）"


def quota(config: Config = CONFIG, *, json: Json = False) -> None:
    """List the meters of this month."""
    settings = settings_of(config, json=json)
    now = Clock(settings.time.zone).now()
    calendars, rules = Calendars(ZoneInfo(settings.time.zone)), Rulebook()
    try:
        with beside(settings) as db:
            rules.refresh(db)
            found = cards.gauges(db, rules, calendars.current(db), now=now)
    except FileNotFoundError:
        fail(NO_DATABASE, PROBLEM, json=json)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    facts = {"month": ledger.month(now), "meters": [_facts(one) for one in found]}
    show(facts, "\n".join(map(_words, found)) or NONE, json=json)
    if any(one.step > Step.FULL for one in found):
        raise typer.Exit(PROBLEM)


def _facts(one: Gauge) -> dict[str, Any]:
    meter = one.meter
    return {
        "account": meter.account, "kind": meter.kind, "used": meter.used, "most": meter.most,
        "percent": meter.percent, "forecast": one.forecast, "step": one.step.name.lower(),
    }  # fmt: skip


def _words(one: Gauge) -> str:
    todo = cards.todo(one)
    return f"{cards.name(one.meter)}：{cards.words(one)}" + (f"\n  {todo}" if todo else "")
