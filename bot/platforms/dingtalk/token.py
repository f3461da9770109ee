"""Fetching the access token of one DingTalk app (doc server-api-calling-guide)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import structlog

from bot.platforms.api import Undelivered
from bot.platforms.dingtalk.errors import Refused, TokenRefused, checked, unreachable
from bot.platforms.dingtalk.fields import text
from bot.platforms.tokens import Fetch, Token, WrongSecret
from bot.settings import DingTalkSettings

EARLY = timedelta(minutes=10)
"""How long before its end a token is renewed (doc server-api-calling-guide)."""

WRONG = "invalidClientIdOrSecret"
AFTER_REPAIR = timedelta(minutes=30)
"""How long a wrong Client ID or secret is left alone."""

_DEFAULT_LIFE = 7200  # seconds

log = structlog.get_logger(__name__)


def fetcher(
    settings: DingTalkSettings, http: httpx.AsyncClient, now: Callable[[], datetime]
) -> Fetch:  # fmt: skip
    """How to ask DingTalk for this app's token."""

    async def fetch() -> Token:
        asked_at = now()
        secret = settings.client_secret.get_secret_value()
        try:
            response = await http.post(
                f"{settings.api_base}/v1.0/oauth2/accessToken",
                json={"appKey": settings.client_id, "appSecret": secret},
            )
            answer = checked(response)
        except httpx.HTTPError as problem:
            raise unreachable(problem) from None
        except TokenRefused:
            raise WrongSecret(WRONG, AFTER_REPAIR) from None
        except Refused as refusal:
            if refusal.code == WRONG:
                raise WrongSecret(WRONG, AFTER_REPAIR) from None
            raise
        value, life = text(answer.get("accessToken")), answer.get("expireIn")
        if not value:
            raise Undelivered("channel_down", "no token", retry_after=timedelta(minutes=1))
        seconds = life if isinstance(life, int) and life > 0 else _DEFAULT_LIFE
        log.info("dingtalk_token_renewed", client_id=settings.client_id)
        return Token(value, asked_at + timedelta(seconds=seconds) - EARLY)

    return fetch
