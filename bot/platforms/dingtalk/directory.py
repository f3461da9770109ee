"""DingTalk's contacts: department/listsub, v2/user/list and v2/user/get (dingtalk.md §5.1).

The old gateway; its calls are free of quota, and it writes booleans as true or "true". Who
somebody's manager is stands in user/get only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import httpx

from bot.platforms.api import Undelivered
from bot.platforms.dingtalk.errors import Refused, TokenRefused, checked, unreachable
from bot.platforms.dingtalk.fields import items, obj, text
from bot.platforms.dingtalk.inbound import NAME
from bot.platforms.dingtalk.token import fetcher
from bot.platforms.tokens import AccessToken, Share, unshared
from bot.settings import DingTalkSettings
from engine.text import clean
from sales.directory import Department, Listed, Listing

ROOT = 1
PAGE = 100
"""People in one answer, the most it allows."""
UNKNOWN = frozenset({"60121", "33012"})
"""There is no such user (any more)."""
BEYOND = frozenset({"50002", "50004"})
"""Not in the app's contact scope, which is set in the console."""


class DingTalkDirectory:
    """The people and departments one app may see; fulfils `Directory`."""

    name = NAME

    def __init__(
        self, settings: DingTalkSettings, http: httpx.AsyncClient, now: Callable[[], datetime],
        share: Share = unshared,
    ) -> None:  # fmt: skip
        self.tenant = settings.tenant
        self._settings = settings
        self._http = http
        self._token = AccessToken(fetcher(settings, http, now), now, share)

    async def everybody(self) -> Listing:
        """All departments below the root and who stands in them.

        Raises:
            Undelivered: see `Directory`; "permission" when the root is beyond the scope.
        """
        units = {str(ROOT): Department(str(ROOT), "")}
        rows: dict[str, dict[str, Any]] = {}
        leaders: dict[str, list[str]] = {}
        waiting = [ROOT]
        while waiting:
            department = waiting.pop(0)
            try:
                there = await self._members(department)
                below = items(await self._call("department/listsub", {"dept_id": department}))
            except Refused as refused:
                if refused.code not in BEYOND:
                    raise
                if department == ROOT:
                    raise Undelivered("permission", refused.code) from None
                continue
            for row in there:
                account = text(row.get("userid"))
                rows[account] = row
                if _true(row.get("leader")):
                    leaders.setdefault(str(department), []).append(account.lower())
            for row in map(obj, below):
                found = _department(row, str(department))
                if found.id and found.id not in units:
                    units[found.id] = found
                    waiting.append(int(found.id))
        detailed = [await self._details(account, row) for account, row in rows.items() if account]
        departments = [
            Department(one.id, one.name, one.parent, tuple(leaders.get(one.id, ())))
            for one in units.values()
        ]
        return Listing(self.name, self.tenant, tuple(map(_listed, detailed)), tuple(departments))

    async def look_up(self, accounts: Collection[str]) -> Listing:
        """These people, one by one.

        Raises:
            Undelivered: see `Directory`.
        """
        people, gone, hidden = [], set(), set()
        for account in accounts:
            try:
                answer = await self._call("user/get", {"userid": account, "language": "zh_CN"})
            except Refused as refused:
                if refused.code in UNKNOWN:
                    gone.add(account)
                elif refused.code in BEYOND:
                    hidden.add(account)
                else:
                    raise
            else:
                people.append(_listed(obj(answer)))
        return Listing(self.name, self.tenant, tuple(people), (), frozenset(gone),
                       frozenset(hidden))  # fmt: skip

    async def _members(self, department: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor, more = 0, True
        while more:
            body = {"dept_id": department, "cursor": cursor, "size": PAGE, "language": "zh_CN"}
            page = obj(await self._call("user/list", body))
            found += map(obj, items(page.get("list")))
            following = page.get("next_cursor")
            more = _true(page.get("has_more")) and isinstance(following, int) and following > cursor
            cursor = following if isinstance(following, int) else cursor
        return found

    async def _details(self, account: str, row: dict[str, Any]) -> dict[str, Any]:
        """The row with its manager; as it was if the person left while we read."""
        if "manager_userid" in row:
            return row
        try:
            return obj(await self._call("user/get", {"userid": account, "language": "zh_CN"}))
        except Refused as refused:
            if refused.code in UNKNOWN | BEYOND:
                return row
            raise

    async def _call(self, path: str, body: dict[str, Any]) -> Any:
        """The `result` of one call; a refused token is renewed once."""
        token = await self._token.get()
        try:
            return await self._once(path, body, token)
        except TokenRefused:
            token = await self._token.renew(token)
        try:
            return await self._once(path, body, token)
        except TokenRefused:
            wait = timedelta(minutes=1)
            raise Undelivered("channel_down", "token refused", retry_after=wait) from None

    async def _once(self, path: str, body: dict[str, Any], token: str) -> Any:
        try:
            response = await self._http.post(
                f"{self._settings.oapi_base}/topapi/v2/{path}",
                params={"access_token": token}, json=body,
            )  # fmt: skip
        except httpx.HTTPError as problem:
            raise unreachable(problem) from None
        return checked(response).get("result")


def _department(row: dict[str, Any], parent: str) -> Department:
    number = row.get("dept_id")
    return Department(str(number) if isinstance(number, int) else "", clean(text(row.get("name"))),
                      parent)  # fmt: skip


def _listed(row: dict[str, Any]) -> Listed:
    account = text(row.get("userid")).lower()
    places = tuple(str(one) for one in items(row.get("dept_id_list")) if isinstance(one, int))
    manager = text(row.get("manager_userid")).lower()
    return Listed(account, clean(text(row.get("name")))[:60] or account, places, manager)


def _true(value: Any) -> bool:
    """The samples write booleans in both ways."""
    return value is True or value == "true"
