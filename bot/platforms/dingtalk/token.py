"""The app's access token: fetched once for everybody, renewed before it ends."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from bot.platforms.api import Undelivered
from bot.platforms.dingtalk.errors import TokenRefused, checked, refused, unreachable
from bot.platforms.dingtalk.fields import text
from bot.settings import DingTalkSettings

EARLY = timedelta(minutes=10)
"""How long before its end a token is renewed (doc server-api-calling-guide)."""

_DEFAULT_LIFE = 7200  # seconds


class Tokens:
    """The one valid token of one app."""

    def __init__(
        self, settings: DingTalkSettings, http: httpx.AsyncClient, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._http = http
        self._now = now
        self._token = ""
        self._renew_at = datetime.min.replace(tzinfo=UTC)
        self._fetching = asyncio.Lock()

    async def get(self) -> str:
        """A token that is valid for a while; callers at the same time share one fetch.

        Raises:
            Undelivered: "config" for a wrong Client ID or secret, else as for any call.
        """
        async with self._fetching:
            if not self._token or self._now() >= self._renew_at:
                await self._fetch()
            return self._token

    def drop(self, token: str) -> None:
        """Forget `token`, unless a newer one has taken its place already."""
        if hmac.compare_digest(self._token, token):
            self._token = ""

    async def _fetch(self) -> None:
        asked_at = self._now()
        secret = self._settings.client_secret.get_secret_value()
        try:
            response = await self._http.post(
                f"{self._settings.api_base}/v1.0/oauth2/accessToken",
                json={"appKey": self._settings.client_id, "appSecret": secret},
            )
            answer = checked(response)
        except httpx.HTTPError as problem:
            raise unreachable(problem) from None
        except TokenRefused:
            raise refused("invalidClientIdOrSecret") from None
        token, life = text(answer.get("accessToken")), answer.get("expireIn")
        if not token:
            raise Undelivered("channel_down", "no token", retry_after=timedelta(minutes=1))
        seconds = life if isinstance(life, int) and life > 0 else _DEFAULT_LIFE
        self._token = token
        self._renew_at = asked_at + timedelta(seconds=seconds) - EARLY
