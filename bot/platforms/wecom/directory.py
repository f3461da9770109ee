"""WeCom's directory: department/list, user/list and user/get (reference wecom.md §5.1).

A self-built app is not told of changes, so this is read every night. Mobile and e-mail are
never given to apps made after 2022-06-20, and are not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

import httpx

from bot.platforms.api import Undelivered
from bot.platforms.tokens import AccessToken, Share, unshared
from bot.platforms.wecom import errors
from bot.platforms.wecom.inbound import PLATFORM
from bot.platforms.wecom.token import fetcher
from bot.platforms.wecom.transport import exchange
from bot.settings import WeComSettings
from engine.text import clean
from sales.directory import Department, Listed, Listing

UNKNOWN = frozenset({60111, 40003})
"""There is no such userid (any more)."""
BEYOND = frozenset({60011, 50002})
"""Not in the app's scope (可见范围); says nothing about whether they are still here."""
LEFT = 5
"""`status` of a member who has quit."""


class WeComDirectory:
    """The members and departments one app may see; fulfils `Directory`."""

    name = PLATFORM

    def __init__(
        self, settings: WeComSettings, http: httpx.AsyncClient, now: Callable[[], datetime],
        share: Share = unshared,
    ) -> None:  # fmt: skip
        self.tenant = settings.corp_id
        self._settings = settings
        self._http = http
        self._token = AccessToken(fetcher(settings, http, now), now, share)

    async def everybody(self) -> Listing:
        """All departments in scope and who stands in them.

        Raises:
            Undelivered: see `Directory`.
        """
        found = await self._get("department/list", {})
        departments = [_department(one) for one in _objects(found.get("department"))]
        people: dict[str, Listed] = {}
        hidden = False
        for department in departments:
            answer = await self._call("user/list", {"department_id": department.id})
            if errors.errcode(answer) in BEYOND:
                hidden = True  # shown as a name only; its people are found one by one
                continue
            errors.check(answer)
            there = _objects(answer.get("userlist"))
            people |= {one.account: one for one in map(_listed, there) if one is not None}
        if hidden and not people:
            raise Undelivered("permission", "60011")
        return Listing(self.name, self.tenant, tuple(people.values()), tuple(departments))

    async def look_up(self, accounts: Collection[str]) -> Listing:
        """These members, one by one.

        Raises:
            Undelivered: see `Directory`.
        """
        people, gone, hidden = [], set(), set()
        for account in accounts:
            answer = await self._call("user/get", {"userid": account})
            code = errors.errcode(answer)
            if code in UNKNOWN:
                gone.add(account)
            elif code in BEYOND:
                hidden.add(account)
            else:
                errors.check(answer)
                one = _listed(answer)
                people += [] if one is None else [one]
                gone |= {account} if one is None else set()
        return Listing(self.name, self.tenant, tuple(people), (), frozenset(gone),
                       frozenset(hidden))  # fmt: skip

    async def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        answer = await self._call(path, params)
        errors.check(answer)
        return answer

    async def _call(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        """One call; with a new token once more if WeCom refused the old one."""
        url = f"{self._settings.api_base}/cgi-bin/{path}"
        token = await self._token.get()
        answer = await exchange(self._http, "GET", url, {**params, "access_token": token})
        if errors.errcode(answer) not in errors.STALE_TOKEN:
            return answer
        token = await self._token.renew(token)
        return await exchange(self._http, "GET", url, {**params, "access_token": token})


def _department(row: dict[str, Any]) -> Department:
    parent = row.get("parentid")
    return Department(
        str(row.get("id", "")), _words(row.get("name")), str(parent) if parent else "",
        tuple(one.lower() for one in _texts(row.get("department_leader"))),
    )  # fmt: skip


def _listed(row: dict[str, Any]) -> Listed | None:
    """The member of a row; None for one who has quit and is only still shown."""
    account = str(row.get("userid") or "").lower()
    if not account or row.get("status") == LEFT:
        return None
    places = [str(one) for one in row.get("department") or [] if isinstance(one, int)]
    main = str(row.get("main_department") or "")
    if main in places:
        places = [main, *(one for one in places if one != main)]
    leader = next(iter(_texts(row.get("direct_leader"))), "")
    return Listed(account, _words(row.get("name")) or account, tuple(places), leader.lower())


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _words(value: Any) -> str:
    return clean(value)[:60] if isinstance(value, str) else ""
