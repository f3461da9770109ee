"""The contacts of the fake: department/listsub, v2/user/list, v2/user/get (dingtalk.md §5.1).

The old gateway: the token stands in the query, HTTP is always 200 and `errcode` says the rest.
Booleans come as true or as "true", as they do in the samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response

from bot.simulator.dingtalk.faults import NAME, ApiFault, Outage, strike
from bot.simulator.dingtalk.meter import Tokens
from bot.simulator.dingtalk.org import Ground
from bot.simulator.dingtalk.wires import body_of
from bot.simulator.phones import Member
from bot.simulator.staff import Staff

Answer: TypeAlias = dict[str, Any]
SCOPE = "qyapi_get_member"
LARGEST_PAGE = 100


class OldFault(Exception):
    """A call of the old gateway turned down."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.body = {"errcode": code, "errmsg": words, "request_id": "SIM"}


class Contacts:
    """Answers what the app may see: `hidden` accounts and departments are out of its scope."""

    def __init__(self, ground: Ground, tokens: Tokens, staff: Staff) -> None:
        self._ground = ground
        self._tokens = tokens
        self._staff = staff
        self.hidden: set[str] = set()
        self.hidden_departments: set[int] = set()

    def add_routes(self, router: APIRouter) -> None:
        """Put the calls on `router`."""
        for path, work in (
            ("department/listsub", self._listsub),
            ("user/list", self._list),
            ("user/get", self._get),
        ):
            endpoint = self._endpoint(work)
            router.add_api_route(
                f"/topapi/v2/{path}", endpoint, methods=["POST"], include_in_schema=False
            )

    def _endpoint(self, work: Callable[[Answer], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            body, answer = await body_of(request), {"errcode": 0, "errmsg": "ok"}
            try:
                strike(self._ground.chaos)
                self._admit(request)
                answer |= {"result": work(body), "request_id": "SIM"}
            except Outage as outage:
                return outage.response()
            except ApiFault:
                answer = {"errcode": -1, "errmsg": "系统繁忙", "request_id": "SIM"}
            except OldFault as fault:
                answer = fault.body
            summary = f"POST {request.url.path} → {answer['errcode']}"
            self._ground.note("from_bot", summary, body, answer)
            return JSONResponse(answer)

        return endpoint

    def _admit(self, request: Request) -> None:
        chaos = self._ground.chaos
        if chaos.strikes(NAME, "token_expired"):
            self._tokens.expire()
        if not self._tokens.valid(request.query_params.get("access_token", "")):
            raise OldFault(40014, "不合法的access_token")
        if chaos.strikes(NAME, "429"):
            raise OldFault(90018, "您的请求被流控")
        if chaos.strikes(NAME, "ip_denied"):
            raise OldFault(60020, "访问ip不在白名单之中")
        if SCOPE in self._ground.org.missing_scopes:
            raise OldFault(60011, "没有调用该接口的权限")

    def _listsub(self, body: Answer) -> list[Answer]:
        above = self._seen(body.get("dept_id", 1))
        return [
            {"dept_id": one.id, "name": one.name, "parent_id": one.parent,
             "auto_add_user": "true", "create_dept_group": True}
            for one in self._staff.departments
            if one.parent == above and one.id not in self.hidden_departments
        ]  # fmt: skip

    def _list(self, body: Answer) -> Answer:
        department = self._seen(body.get("dept_id"))
        start, size = body.get("cursor"), body.get("size")
        if not isinstance(start, int) or not isinstance(size, int):
            raise OldFault(400002, "参数错误")
        if not 1 <= size <= LARGEST_PAGE:
            raise OldFault(400002, "size超过最大限制100")
        there = [
            self._user(member, account) | {"leader": self._staff.leads(member, department)}
            for member, account in self._staff.accounts(NAME)
            if department in self._staff.places(member) and account not in self.hidden
        ]
        page, end = there[start : start + size], start + size
        if end >= len(there):
            return {"has_more": False, "list": page}
        return {"has_more": True, "next_cursor": end, "list": page}

    def _get(self, body: Answer) -> Answer:
        wanted = str(body.get("userid", ""))
        for member, account in self._staff.accounts(NAME):
            if account == wanted:
                if account in self.hidden:
                    raise OldFault(50002, "企业中的员工不在授权范围")
                places = self._staff.places(member)
                leads = [{"dept_id": d, "leader": str(self._staff.leads(member, d)).lower()}
                         for d in places]  # fmt: skip
                boss = self._staff.account(member.manager, NAME)
                more = {"manager_userid": boss} if boss else {}
                return {**self._user(member, account), "leader_in_dept": leads, **more}
        raise OldFault(60121, "找不到该用户")

    def _seen(self, wanted: Any) -> int:
        known = self._staff.department(wanted if isinstance(wanted, int) else 0)
        if known is None:
            raise OldFault(60003, "部门不存在")
        if known.id in self.hidden_departments:
            raise OldFault(50004, "企业中的部门不在授权范围")
        return known.id

    def _user(self, member: Member, account: str) -> Answer:
        return {
            "userid": account, "unionid": f"u{account}", "name": member.name, "title": "",
            "dept_id_list": list(self._staff.places(member)), "active": "true",
            "admin": False, "boss": str(member.role == "director").lower(), "job_number": "",
        }  # fmt: skip
