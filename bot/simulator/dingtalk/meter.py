"""Tokens and limits of the fake: who may call, how fast, how often a month."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict, deque
from datetime import UTC, datetime, timedelta, timezone
from hmac import compare_digest
from typing import Any

from bot.simulator.dingtalk.faults import ApiFault
from bot.simulator.dingtalk.org import Ground

TOKEN_SECONDS = 7200
CALLS_A_SECOND = 20
"""Calls of one app to one API within a second."""
SECOND = timedelta(seconds=1)
CHINA = timezone(timedelta(hours=8))
"""Where the month turns."""


class Tokens:
    """One token per app: asking again while it is valid gives the same one and renews it."""

    def __init__(self, ground: Ground) -> None:
        self._settings = ground.settings
        self._now = ground.now
        self._token = ""
        self._ends = datetime.min.replace(tzinfo=UTC)

    def issue(self, app_key: Any, app_secret: Any) -> str | None:
        """The token for these credentials, None if they are wrong."""
        secret = self._settings.client_secret.get_secret_value()
        if (app_key, app_secret) != (self._settings.client_id, secret):
            return None
        if self._now() >= self._ends:
            self._token = secrets.token_hex(16)
        self._ends = self._now() + timedelta(seconds=TOKEN_SECONDS)
        return self._token

    def valid(self, token: str) -> bool:
        """Whether a call with this token is let in."""
        return (
            bool(token)
            and compare_digest(token.encode(), self._token.encode())
            and self._now() < self._ends
        )

    def expire(self) -> None:
        """End the present token before its time."""
        self._ends = datetime.min.replace(tzinfo=UTC)


class Meter:
    """Counts paid calls and pushes by calendar month of the simulated clock.

    `turned_away` counts the calls that came too fast or after the month's were used up.
    """

    def __init__(self, ground: Ground) -> None:
        self.calls: Counter[str] = Counter()
        self.pushes: Counter[str] = Counter()
        self.turned_away: Counter[str] = Counter()
        self._org = ground.org
        self._now = ground.now
        self._recent: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def clear(self) -> None:
        """Begin anew (the demo starts over)."""
        for counted in (self.calls, self.pushes, self.turned_away, self._recent):
            counted.clear()

    def call(self, api: str) -> None:
        """Count one call.

        Raises:
            ApiFault: more than 20 in this second, or the month's are used up.
        """
        recent, now = self._recent[api], self._now()
        while recent and not timedelta() <= now - recent[0] < SECOND:
            recent.popleft()
        if len(recent) >= CALLS_A_SECOND:
            raise self._away("QpsLimitForAppkeyAndApi")
        if self.calls[self._month()] >= self._org.api_quota:
            raise self._away("ApiCountLimitForOrg")
        recent.append(now)
        self.calls[self._month()] += 1

    def push(self) -> bool:
        """Count one push; False when the month's are used up and it goes without its words."""
        self.pushes[self._month()] += 1
        return self.pushes[self._month()] <= self._org.push_quota

    def _away(self, why: str) -> ApiFault:
        self.turned_away[why] += 1
        return ApiFault(f"Forbidden.AccessDenied.{why}", status=403)

    def _month(self) -> str:
        return f"{self._now().astimezone(CHINA):%Y-%m}"
