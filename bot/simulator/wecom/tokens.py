"""gettoken and what an access_token is good for (docs 91039, 90313)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.settings import WeComSettings
from bot.simulator.wecom.errors import Refused, ok

LIFE = timedelta(hours=2)
WRONG_SECRETS = 10
LOCK_OUT = timedelta(hours=1)


class TokenDesk:
    """Issues the app's token: the same one until it expires or is revoked."""

    def __init__(self, settings: WeComSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._issued: dict[str, datetime] = {}  # token → when it expires
        self._current = ""
        self._wrong = 0
        self._locked_until: datetime | None = None

    def issue(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer to gettoken.

        Raises:
            Refused: 40013 wrong corp, 40001 wrong secret, 45009 after ten wrong secrets.
        """
        now = self._now()
        if self._locked_until and now < self._locked_until:
            raise Refused(45009, "api freq out of limit")
        if query.get("corpid") != self._settings.corp_id:
            raise Refused(40013, "invalid corpid")
        if query.get("corpsecret") != self._settings.secret.get_secret_value():
            self._wrong += 1
            if self._wrong % WRONG_SECRETS == 0:
                self._locked_until = now + LOCK_OUT
            raise Refused(40001, "invalid credential")
        if self._issued.get(self._current, now) <= now:
            self._current = secrets.token_urlsafe(48)
            self._issued[self._current] = now + LIFE
        seconds = int((self._issued[self._current] - now).total_seconds())
        return ok(access_token=self._current, expires_in=seconds)

    def check(self, query: Mapping[str, str]) -> None:
        """Refuse a call without a valid token in its query.

        Raises:
            Refused: 41001 no token, 40014 not ours, 42001 expired.
        """
        token = query.get("access_token")
        if not token:
            raise Refused(41001, "access_token missing")
        if token not in self._issued:
            raise Refused(40014, "invalid access_token")
        if self._issued[token] <= self._now():
            raise Refused(42001, "access_token expired")

    def expire(self) -> None:
        """End the current token early, as WeCom may."""
        if self._current:
            self._issued[self._current] = self._now()

    def clear(self) -> None:
        """Forget every token and every wrong guess."""
        self._issued.clear()
        self._current, self._wrong, self._locked_until = "", 0, None
