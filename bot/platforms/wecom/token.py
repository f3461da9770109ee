"""The access_token of one app: asked for once, however many calls wait for it (doc 91039)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import structlog

from bot.platforms.api import Undelivered
from bot.platforms.wecom import errors
from bot.platforms.wecom.transport import exchange
from bot.settings import WeComSettings

EARLY = timedelta(minutes=5)
"""A token is renewed this long before it expires (a tenth of its life if that is shorter)."""

log = structlog.get_logger(__name__)


class AccessToken:
    """The cached token; `get` is called before every request, `renew` when one is refused."""

    def __init__(
        self, settings: WeComSettings, http: httpx.AsyncClient, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._http = http
        self._now = now
        self._lock = asyncio.Lock()
        self._held = ""
        self._renew_at: datetime | None = None
        self._rounds = 0
        self._failure: Undelivered | None = None
        self._wrong_secret_at: datetime | None = None

    async def get(self) -> str:
        """A token that is good for some minutes.

        Raises:
            Undelivered: WeCom gave none; everybody who waited is told the same.
        """
        return self._usable() or await self._single_flight("")

    async def renew(self, refused: str) -> str:
        """A token other than `refused`, which WeCom no longer takes.

        Raises:
            Undelivered: WeCom gave none.
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
            return await self._ask()

    def _usable(self) -> str:
        fresh = self._renew_at is not None and self._now() < self._renew_at
        return self._held if fresh else ""

    def _left_alone(self) -> bool:
        asked_at = self._wrong_secret_at
        return asked_at is not None and timedelta() <= self._now() - asked_at < errors.AFTER_REPAIR

    async def _ask(self) -> str:
        self._held, self._renew_at, self._failure, self._wrong_secret_at = "", None, None, None
        asked_at = self._now()
        try:
            held, life = await self._fetch()
        except Undelivered as failure:
            self._failure = failure
            raise _nothing_sent(failure) from None
        finally:
            self._rounds += 1
        self._held, self._renew_at = held, asked_at + life - min(EARLY, life / 10)
        log.info("wecom_token_renewed", agent_id=self._settings.agent_id)
        return held

    async def _fetch(self) -> tuple[str, timedelta]:
        params = {
            "corpid": self._settings.corp_id,
            "corpsecret": self._settings.secret.get_secret_value(),
        }
        url = f"{self._settings.api_base}/cgi-bin/gettoken"
        answer = await exchange(self._http, "GET", url, params)
        if errors.errcode(answer) in errors.WRONG_SECRET:
            self._wrong_secret_at = self._now()
        errors.check(answer)
        held, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(held, str) or not isinstance(seconds, int):
            raise Undelivered("channel_down", "no token", retry_after=errors.BRIEFLY)
        return held, timedelta(seconds=seconds)


def _nothing_sent(failure: Undelivered) -> Undelivered:
    """The same failure without doubt: no message was on its way yet."""
    return Undelivered(
        failure.reason, failure.detail, retry_after=failure.retry_after, spent=failure.spent
    )
