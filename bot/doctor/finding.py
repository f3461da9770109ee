"""What a check says, and what it may look at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import httpx
from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.console import beside
from bot.outgoing import Addresses
from bot.platforms.dingtalk import token as dingtalk
from bot.platforms.tokens import AccessToken
from bot.platforms.wecom import token as wecom
from bot.settings import Settings, WeComSettings
from engine.unit import Unit

CALLBACK = "/wecom/callback"
"""Where WeCom reaches us, below the public address."""


class Verdict(StrEnum):
    """How bad it is: BAD stops somebody's work, WARN will one day, SKIPPED was not looked at."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was seen, why it is so, and one line that puts it right."""

    verdict: Verdict
    seen: str
    cause: str = ""
    fix: str = ""


def good(seen: str) -> Finding:
    """In order."""
    return Finding(Verdict.GOOD, seen)


def warn(seen: str, cause: str, fix: str) -> Finding:
    """It works, and somebody should still do something."""
    return Finding(Verdict.WARN, seen, cause, fix)


def bad(seen: str, cause: str, fix: str) -> Finding:
    """Something people need does not work."""
    return Finding(Verdict.BAD, seen, cause, fix)


def skipped(why: str) -> Finding:
    """Not looked at; the words say why."""
    return Finding(Verdict.SKIPPED, why)


@dataclass(frozen=True)
class Case:
    """The deployment under examination.

    `config` is the file the settings came from, None without one. `http` calls the platforms
    and our own public address, held by the same guard as the service's calls; `here` may call
    this machine, and nothing else. `now` is this machine's own clock.
    """

    settings: Settings
    config: Path | None
    http: httpx.AsyncClient
    here: httpx.AsyncClient
    addresses: Addresses
    now: Callable[[], datetime]

    @cached_property
    def database(self) -> URL:
        """The address of the database."""
        return make_url(self.settings.database.url.get_secret_value())

    @property
    def app(self) -> WeComSettings | None:
        """The self-built WeCom app, which a deployment with a smart bot may do without."""
        wecom = self.settings.wecom
        return wecom if wecom is not None and wecom.has_app else None

    @cached_property
    def wecom(self) -> AccessToken | None:
        """Our app's WeCom token, asked for once however many checks need it."""
        if self.app is None:
            return None
        return AccessToken(wecom.fetcher(self.app, self.http, self.now), self.now)

    @cached_property
    def dingtalk(self) -> AccessToken | None:
        """Our app's DingTalk token."""
        app = self.settings.dingtalk
        if app is None:
            return None
        return AccessToken(dingtalk.fetcher(app, self.http, self.now), self.now)

    @property
    def file(self) -> Path | None:
        """The SQLite file, there or not; None on PostgreSQL."""
        embedded = self.database.get_backend_name() == "sqlite"
        return Path(str(self.database.database)) if embedded else None

    async def reading(self, look: Callable[[Unit], Finding]) -> Finding:
        """What `look` finds in the database, which a service may be running on."""
        return await asyncio.to_thread(self._read, look)

    def _read(self, look: Callable[[Unit], Finding]) -> Finding:
        try:
            with beside(self.settings) as db:
                return look(db)
        except FileNotFoundError:
            return skipped("还没有数据库")
        except SQLAlchemyError:
            return skipped("数据库读不了，先看「数据库」这一项")


Look: TypeAlias = Callable[[Case], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One examination: `name` for programs, `title` for people."""

    name: str
    title: str
    look: Look
