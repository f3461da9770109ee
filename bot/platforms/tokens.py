"""An app's access token: one for every call, however many wait for it, renewed in time.

How a token is fetched is the platform's business (`Fetch`), who else uses it the service's
(`Share`). Here is what all have in common: callers at the same time share one answer, a
failure among them, and a wrong secret is left alone, because insisting locks our address out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.platforms.api import Undelivered


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the moment from which it is no longer handed out."""

    value: str = field(repr=False)
    good_until: datetime


Fetch: TypeAlias = Callable[[], Awaitable[Token]]
"""Asks the platform for a token; raises Undelivered."""

Share: TypeAlias = Callable[[str, Fetch], Awaitable[Token]]
"""The token all processes use, other than the refused one; fetched if there is none."""


class WrongSecret(Undelivered):
    """The platform does not know the app or its secret; asked again after `retry_after`."""

    def __init__(self, detail: str, retry_after: timedelta) -> None:
        super().__init__("config", detail, retry_after=retry_after)


async def unshared(_: str, fetch: Fetch) -> Token:
    """A token for this process alone."""
    return await fetch()


class AccessToken:
    """The cached token; `get` is called before every request, `renew` when one is refused."""

    def __init__(self, fetch: Fetch, now: Callable[[], datetime], share: Share = unshared) -> None:
        self._fetch = fetch
        self._now = now
        self._share = share
        self._lock = asyncio.Lock()
        self._held: Token | None = None
        self._rounds = 0
        self._failure: Undelivered | None = None
        self._failed_at: datetime | None = None

    async def get(self) -> str:
        """A token that is good for some minutes.

        Raises:
            Undelivered: there is none; everybody who waited is told the same.
        """
        return self._usable() or await self._single_flight("")

    async def renew(self, refused: str) -> str:
        """A token other than `refused`, which the platform no longer takes.

        Raises:
            Undelivered: there is none.
        """
        return await self._single_flight(refused)

    async def _single_flight(self, refused: str) -> str:
        rounds = self._rounds
        async with self._lock:
            answered_while_waiting = self._rounds > rounds
            held = self._usable()
            if held and (answered_while_waiting or held != refused):
                return held
            if self._failure and (answered_while_waiting or self._left_alone()):
                raise _nothing_sent(self._failure)
            return await self._ask(refused)

    def _usable(self) -> str:
        held = self._held
        return held.value if held is not None and self._now() < held.good_until else ""

    def _left_alone(self) -> bool:
        if not isinstance(self._failure, WrongSecret) or self._failed_at is None:
            return False
        wait = self._failure.retry_after or timedelta()
        return timedelta() <= self._now() - self._failed_at < wait

    async def _ask(self, refused: str) -> str:
        self._held, self._failure, self._failed_at = None, None, None
        try:
            self._held = await self._share(refused, self._fetch)
        except Undelivered as failure:
            self._failure, self._failed_at = failure, self._now()
            raise _nothing_sent(failure) from None
        finally:
            self._rounds += 1
        return self._held.value


def _nothing_sent(failure: Undelivered) -> Undelivered:
    """The same failure without doubt: no message was on its way yet."""
    return Undelivered(
        failure.reason, failure.detail, retry_after=failure.retry_after, spent=failure.spent,
        everybody=failure.everybody,
    )  # fmt: skip
