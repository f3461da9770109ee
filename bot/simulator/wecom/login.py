"""Silent OAuth of the fake: a code for the person whose phone opens the page (doc 91022)."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from bot.settings import WeComSettings
from bot.simulator.phones import Phones
from bot.simulator.wecom.errors import Refused, ok

CODE_LIFE = timedelta(minutes=5)
COOKIE = "sim_phone"
"""Names the userid whose phone the browser plays."""


class LoginDesk:
    """Hands out codes and says, once, whose they are."""

    def __init__(
        self, settings: WeComSettings, phones: Phones, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._phones = phones
        self._now = now
        self._codes: dict[str, tuple[str, datetime]] = {}
        self._used: set[str] = set()

    def authorise(self, query: Mapping[str, str], phone: str) -> str:
        """The address the phone is sent back to, with `code` and `state`.

        Raises:
            Refused: 40013 other corp, 50001 not our own machine, 60111 no such phone.
        """
        if query.get("appid") != self._settings.corp_id:
            raise Refused(40013, "invalid corpid")
        back = query.get("redirect_uri", "")
        if not _is_loopback(back):
            raise Refused(50001, "redirect_url not in trusted domains")
        if self._phones.member("wecom", phone) is None:
            raise Refused(60111, "userid not found")
        code = secrets.token_urlsafe(32)
        self._codes[code] = (phone, self._now() + CODE_LIFE)
        added = urlencode({"code": code, "state": query.get("state", "")})
        return f"{back}{'&' if urlsplit(back).query else '?'}{added}"

    def userinfo(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The answer to auth/getuserinfo; spends the code.

        Raises:
            Refused: 42022 used, 40029 unknown or older than five minutes.
        """
        code = query.get("code", "")
        if code in self._used:
            raise Refused(42022, "code has been used")
        userid, until = self._codes.pop(code, ("", self._now()))
        if until <= self._now():
            raise Refused(40029, "invalid code")
        self._used.add(code)
        return ok(userid=userid)

    def clear(self) -> None:
        """Forget every code."""
        self._codes.clear()
        self._used.clear()


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return local and parts.scheme in ("http", "https")
