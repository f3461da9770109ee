"""Fetching the access_token of one WeCom app (doc 91039)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import structlog

from bot.platforms.api import Undelivered
from bot.platforms.tokens import Fetch, Token, WrongSecret
from bot.platforms.wecom import errors
from bot.platforms.wecom.transport import exchange
from bot.settings import WeComSettings

EARLY = timedelta(minutes=5)
"""A token is renewed this long before it expires (a tenth of its life if that is shorter)."""

log = structlog.get_logger(__name__)


def fetcher(
    settings: WeComSettings, http: httpx.AsyncClient, now: Callable[[], datetime]
) -> Fetch:  # fmt: skip
    """How to ask WeCom for this app's token."""

    async def fetch() -> Token:
        asked_at = now()
        params = {
            "corpid": settings.corp_id,
            "corpsecret": settings.secret.get_secret_value(),
        }
        answer = await exchange(http, "GET", f"{settings.api_base}/cgi-bin/gettoken", params)
        code = errors.errcode(answer)
        if code in errors.WRONG_SECRET:
            raise WrongSecret(str(code), errors.AFTER_REPAIR)
        errors.check(answer)
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise Undelivered("channel_down", "no token", retry_after=errors.BRIEFLY)
        life = timedelta(seconds=seconds)
        log.info("wecom_token_renewed", agent_id=settings.agent_id)
        return Token(value, asked_at + life - min(EARLY, life / 10))

    return fetch
