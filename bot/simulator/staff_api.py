"""People who come, move and go, over `/sim/api/people`: what an HR system would do.

`POST /sim/api/people` adds somebody with an account on the given platforms,
`POST /sim/api/people/move` gives another manager, name or main department, and
`POST /sim/api/people/leave` takes somebody out of the directories, of one platform or of all.
DingTalk pushes each change as an event, as the real one does; WeCom tells a self-built app
nothing, so it is seen when the directory is read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter
from pydantic import Field

from bot.simulator.http import LARGEST_BODY, Refused, SimRoute
from bot.simulator.phones import Member, Phones, PlatformName
from bot.simulator.requests import Body
from bot.simulator.staff import Staff

Tell: TypeAlias = Callable[[str, str, dict[str, Any]], Awaitable[object]]
"""Pushes a DingTalk event: (type, id, body)."""
Settle: TypeAlias = Callable[[], Awaitable[None]]
BOTH: tuple[PlatformName, ...] = ("wecom", "dingtalk")
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
_Name = Annotated[str, Field(min_length=1, max_length=60)]


class Hired(Body):
    """Somebody new; `id` is also the WeCom userid, `manager` a name or id."""

    id: _Id
    name: _Name
    manager: str = ""
    role: str = "rep"
    region: str = "华东"
    platforms: tuple[PlatformName, ...] = BOTH


class Moved(Body):
    """What changes of somebody; what is left out stays."""

    person: _Name
    manager: str = ""
    name: str = ""
    department: int = 0


class Gone(Body):
    """Somebody leaves one platform's directory, or all."""

    person: _Name
    platform: PlatformName | None = None


def router(phones: Phones, staff: Staff, tell: Tell, settle: Settle) -> APIRouter:
    """The three endpoints."""
    api = _Api(phones, staff, tell, settle)
    routes = APIRouter(route_class=SimRoute, include_in_schema=False, max_body_size=LARGEST_BODY)
    for path, endpoint in (("", api.add), ("/move", api.move), ("/leave", api.leave)):
        routes.add_api_route(
            f"/sim/api/people{path}", endpoint, methods=["POST"], response_model=None
        )
    return routes


class _Api:
    def __init__(self, phones: Phones, staff: Staff, tell: Tell, settle: Settle) -> None:
        self._phones, self._staff, self._tell, self._settle = phones, staff, tell, settle
        self._events = 0

    async def add(self, hired: Hired) -> dict[str, Any]:
        """Somebody new."""
        if any(hired.id == one.id for one in self._phones.members):
            raise Refused("已经有这个 id 了")
        manager = self._member(hired.manager).id if hired.manager else ""
        accounts: dict[str, str] = {
            on: hired.id if on == "wecom" else f"staff_{hired.id}" for on in hired.platforms
        }
        member = Member(hired.id, hired.name, hired.role, manager, hired.region, accounts)
        self._staff.add(member)
        return await self._told("user_add_org", member)

    async def move(self, moved: Moved) -> dict[str, Any]:
        """Another manager, name or department."""
        manager = self._member(moved.manager).id if moved.manager else ""
        if moved.department and self._staff.department(moved.department) is None:
            known = "、".join(f"{one.id} {one.name}" for one in self._staff.departments)
            raise Refused(f"没有这个部门。有：{known}", 404)
        member = self._staff.move(self._member(moved.person), manager=manager, name=moved.name,
                                  department=moved.department)  # fmt: skip
        return await self._told("user_modify_org", member)

    async def leave(self, gone: Gone) -> dict[str, Any]:
        """Out of the directory."""
        member = self._member(gone.person)
        platforms = (gone.platform,) if gone.platform else BOTH
        self._staff.leave(member, platforms)
        return await self._told("user_leave_org", member, on=platforms)

    async def _told(
        self, event: str, member: Member, on: tuple[PlatformName, ...] = BOTH
    ) -> dict[str, Any]:
        account = member.accounts.get("dingtalk")
        if account and "dingtalk" in on:
            self._events += 1
            stamp = str(int(self._phones.now().timestamp() * 1000))
            body = {"timeStamp": stamp, "userId": [account]}
            await self._tell(event, f"sim-{event}-{self._events}-{stamp}", body)
            await self._settle()
        return asdict(member)

    def _member(self, person: str) -> Member:
        member = self._phones.by_name(person)
        if member is None:
            names = "、".join(one.name for one in self._phones.members)
            raise Refused(f"没有这个人。有：{names}", 404)
        return member
