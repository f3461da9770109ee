"""What the old API still does: work notifications and webhooks. Reference §3.2–3.5.

It says 200 to everything; whether a call worked stands in `errcode`, and who got a work
notification only in `getsendresult`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, TypeAlias

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response

from bot.simulator.dingtalk.faults import NAME
from bot.simulator.dingtalk.meter import Tokens
from bot.simulator.dingtalk.org import Ground
from bot.simulator.dingtalk.webhook import sign
from bot.simulator.dingtalk.wires import body_of

SESSION_LIFE = timedelta(minutes=90)
"""How long the address in a robot message answers to it."""

_Work: TypeAlias = Callable[[Request, dict[str, Any]], dict[str, Any]]
_SORTS = frozenset({"text", "markdown", "link", "actionCard", "feedCard"})
_MESSAGE_BYTES, _NOTICE_BYTES, _MOST_PEOPLE, _A_DAY = 20_000, 2048, 100, 500
_A_MINUTE, _BLOCKED = 20, timedelta(minutes=10)
_SIGNED_WITHIN = 3600  # seconds
_MOST_MISSED = 200
_DUPLICATE, _DAILY_CAP = 143106, 143105


class Declined(Exception):
    """A call turned down with an old `errcode`."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.answer = {"errcode": errcode, "errmsg": errmsg}


class OldApi:
    """Work notifications of the app, group robots, and the sessions of robot messages."""

    def __init__(self, ground: Ground, tokens: Tokens) -> None:
        self.missed: list[dict[str, Any]] = []
        """Events over HTTP that were not taken; asking for them clears them."""
        self.said: list[dict[str, Any]] = []
        """What group robots brought into their groups, in order."""
        self._ground = ground
        self._tokens = tokens
        self._sessions: dict[str, tuple[str, datetime]] = {}
        self._results: dict[int, dict[str, Any]] = {}
        self._notified: Counter[tuple[str, str, str]] = Counter()  # (day, person, content)
        self._recent: dict[str, list[datetime]] = {}
        self._blocked: dict[str, datetime] = {}

    def add_routes(self, router: APIRouter) -> None:
        """Put every call on `router`."""
        for method, path, work in (
            ("GET", "/call_back/get_call_back_failed_result", self._missed),
            ("POST", "/topapi/message/corpconversation/asyncsend_v2", self._notify),
            ("POST", "/topapi/message/corpconversation/getsendresult", self._result),
            ("POST", "/robot/send", self._group),
            ("POST", "/robot/sendBySession", self._reply),
        ):
            endpoint = self._endpoint(work)
            router.add_api_route(path, endpoint, methods=[method], include_in_schema=False)

    def session(self, account: str) -> tuple[str, datetime]:
        """A new session of `account`'s chat and when it ends."""
        session, ends = secrets.token_hex(16), self._ground.now() + SESSION_LIFE
        self._sessions[session] = (account, ends)
        return session, ends

    def _endpoint(self, work: _Work) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            body = await body_of(request)
            try:
                answer = {"errcode": 0, "errmsg": "ok", **work(request, body)}
            except Declined as declined:
                answer = declined.answer
            summary = f"{request.method} {request.url.path} → {answer['errcode']}"
            self._ground.note("from_bot", summary, body, answer)
            return JSONResponse(answer)

        return endpoint

    def _check_token(self, request: Request) -> None:
        if not self._tokens.valid(request.query_params.get("access_token", "")):
            raise Declined(40014, "不合法的access_token")

    def _missed(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        self._check_token(request)
        told, self.missed = self.missed[:_MOST_MISSED], self.missed[_MOST_MISSED:]
        return {"has_more": bool(self.missed), "failed_list": told}

    def _notify(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Success whatever happens to whom; the same words reach a person once a day."""
        self._check_token(request)
        message = json.dumps(body.get("msg"), ensure_ascii=False, sort_keys=True)
        people = [one for one in str(body.get("userid_list", "")).split(",") if one]
        if not isinstance(body.get("msg"), dict) or len(message.encode()) > _NOTICE_BYTES:
            raise Declined(400002, "参数错误")
        if not 1 <= len(people) <= _MOST_PEOPLE:
            raise Declined(400002, "参数错误")
        task = len(self._results) + 1
        result: dict[str, Any] = {
            "invalid_user_id_list": [], "unread_user_id_list": [], "forbidden_list": [],
        }  # fmt: skip
        for person in people:
            if self._ground.phones.member(NAME, person) is None:
                result["invalid_user_id_list"].append(person)
            elif code := self._forbidden(person, message):
                result["forbidden_list"].append({"code": code, "count": 1, "userid": person})
            else:
                self._ground.phones.show(NAME, person, *_shown(body["msg"]))
                result["unread_user_id_list"].append(person)
        self._results[task] = result
        return {"task_id": task}

    def _forbidden(self, person: str, message: str) -> int | None:
        day = f"{self._ground.now():%F}"
        today = sum(n for (d, p, _), n in self._notified.items() if (d, p) == (day, person))
        if self._notified[day, person, message]:
            return _DUPLICATE
        if today >= _A_DAY:
            return _DAILY_CAP
        self._notified[day, person, message] += 1
        return None

    def _result(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        self._check_token(request)
        task = body.get("task_id")
        if task not in self._results:
            raise Declined(400002, "参数错误")
        return {"send_result": self._results[task]}

    def _group(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """A custom robot of a group: at most 20 a minute, else silence for ten minutes."""
        token, now = request.query_params.get("access_token", ""), self._ground.now()
        secret = self._ground.org.group_robots.get(token)
        if secret is None:
            raise Declined(300001, "token is not exist")
        timestamp = request.query_params.get("timestamp", "")
        fresh = timestamp.isdigit() and abs(time.time() - int(timestamp) / 1000) < _SIGNED_WITHIN
        given = request.query_params.get("sign", "")
        if not fresh or not compare_digest(given, sign(secret, f"{timestamp}\n{secret}")):
            raise Declined(310000, "description:机器人发送签名不匹配")
        recent = [at for at in self._recent.get(token, []) if now - at < timedelta(minutes=1)]
        if now >= self._blocked.get(token, now) and len(recent) >= _A_MINUTE:
            self._blocked[token] = now + _BLOCKED
        if now < self._blocked.get(token, now):
            raise Declined(410100, "发送速度太快")
        self._recent[token] = [*recent, now]
        _check_message(body)
        self.said.append(body)
        return {}

    def _reply(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        account, ends = self._sessions.get(
            request.query_params.get("session", ""), ("", self._ground.now())
        )
        if ends <= self._ground.now():
            raise Declined(300001, "session 不存在")
        _check_message(body)
        self._ground.phones.show(NAME, account, *_shown(body))
        return {}


def _check_message(body: dict[str, Any]) -> None:
    if body.get("msgtype") not in _SORTS or not isinstance(body.get(body["msgtype"]), dict):
        raise Declined(400105, "不支持的消息类型")
    if len(json.dumps(body, ensure_ascii=False).encode()) > _MESSAGE_BYTES:
        raise Declined(460101, "消息内容太长")


def _shown(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The kind and the body of a message in the webhook format."""
    kind = str(message.get("msgtype"))
    inside = message.get(kind)
    return kind, inside if isinstance(inside, dict) else {}
