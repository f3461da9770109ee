"""Running all checks at the same time, each with its own time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot import outgoing
from bot.clock import wall
from bot.doctor import all as known
from bot.doctor.finding import Case, Check, Finding, Verdict, bad
from bot.logs import cleaned
from bot.outgoing import Addresses
from bot.settings import Settings
from bot.settings_read import Found, leaves, secrets

log = structlog.get_logger(__name__)

SECONDS = 12.0
"""A check that takes longer has its answer, too."""
CALL_SECONDS = 5.0
SHORTEST_SECRET = 4
"""Shorter values would be found in every second word."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found: `name` for programs, `title` for people."""

    name: str
    title: str
    finding: Finding

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        found = self.finding
        return {
            "check": self.name,
            "title": self.title,
            "verdict": found.verdict.value,
            "seen": found.seen,
            "cause": found.cause,
            "fix": found.fix,
        }


async def examine(
    settings: Settings,
    config: Path | None,
    *,
    checks: Sequence[Check] | None = None,
    seconds: float = SECONDS,
) -> list[Result]:
    """What `checks`, else all there are, find of a deployment; nothing found holds a secret."""
    checks = known.CHECKS if checks is None else checks
    addresses = Addresses(loopback=settings.allow_unofficial_api)
    local = outgoing.client(Addresses(loopback=True), CALL_SECONDS)
    async with outgoing.client(addresses, CALL_SECONDS) as http, local as here:
        case = Case(settings, config, http, here, addresses, wall)
        found = await asyncio.gather(*(_look(check, case, seconds) for check in checks))
    hidden = _secrets(settings)
    return [
        Result(check.name, check.title, _without(hidden, finding))
        for check, finding in zip(checks, found, strict=True)
    ]


async def _look(check: Check, case: Case, seconds: float) -> Finding:
    """What a check finds; one that is slow or broken says so and holds up no other."""
    try:
        async with asyncio.timeout(seconds):
            return await check.look(case)
    except TimeoutError:
        return bad(
            f"{seconds:.0f} 秒没有结果",
            "对方不答复，或者这台机器太忙",
            "检查网络和防火墙，再运行一次 jianliu doctor",
        )
    except Exception as broken:
        log.exception("doctor.check_failed", check=check.name)
        return bad(
            f"这项检查没做完（{type(broken).__name__}）",
            "检查程序自己出错了",
            "把上面的日志发给开发者",
        )


def _secrets(settings: Settings) -> list[str]:
    """Every configured value that must not be shown, the longest first."""
    values = Found(settings.model_dump())
    shown = (values.get(key) for key in secrets(Settings) if key in leaves(Settings))
    words = {one.get_secret_value() for one in shown if one is not None}
    return sorted((one for one in words if len(one) >= SHORTEST_SECRET), key=len, reverse=True)


def _without(hidden: Sequence[str], finding: Finding) -> Finding:
    """The finding without secrets: part of what was seen is written by others."""

    def clean(words: str) -> str:
        for secret in hidden:
            words = words.replace(secret, "***")
        return cleaned(words)

    return Finding(finding.verdict, clean(finding.seen), clean(finding.cause), clean(finding.fix))


def worst(results: Sequence[Result]) -> Verdict:
    """BAD if anything is, else WARN if anything asks for it, else GOOD."""
    found = {result.finding.verdict for result in results}
    return next((one for one in (Verdict.BAD, Verdict.WARN) if one in found), Verdict.GOOD)
