"""The simulator's JSON API under /sim/api: what a finger can do, for scripts and tests."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.simulator.http import LARGEST_BODY, Refused, SimRoute
from bot.simulator.page import events, phones_page, picking
from bot.simulator.page.as_json import as_json
from bot.simulator.page.face import face
from bot.simulator.phones import Member, Message, PlatformName
from bot.simulator.requests import Happened, Jump, Opened, Pressed, Said, Sent, Tapped, Trouble
from bot.simulator.world import PHONE_ZONE, PLATFORMS, Phone, TakesFiles, World

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST_JUMP = timedelta(days=400)
_LARGEST_FILE = 20 * 1024 * 1024  # bytes, what WeCom takes
LARGER = {
    "/sim/api/upload": 2 * _LARGEST_FILE,
    "/cgi-bin/media/upload": 2 * _LARGEST_FILE,
    "/media/upload": 2 * _LARGEST_FILE,
}
"""Paths that take more than the service does, in bytes: base64 makes three bytes four."""


def router(world: World) -> APIRouter:
    """Everything under /sim but the card gallery: the page, its events and the JSON API."""
    api = _Api(world)
    routes = APIRouter(route_class=SimRoute, include_in_schema=False, max_body_size=LARGEST_BODY)
    for method, path, endpoint in (
        ("GET", "people", api.people),
        ("POST", "say", api.say),
        ("POST", "upload", api.upload),
        ("POST", "press", api.press),
        ("POST", "menu", api.menu),
        ("POST", "happen", api.happen),
        ("POST", "open", api.open),
        ("GET", "inbox", api.inbox),
        ("GET", "clock", api.clock),
        ("POST", "clock", api.jump),
        ("POST", "chaos", api.chaos),
        ("GET", "wire", api.wire),
        ("GET", "state/{table}", api.state),
        ("POST", "reset", api.reset),
    ):
        routes.add_api_route(f"/sim/api/{path}", endpoint, methods=[method], response_model=None)
    routes.include_router(phones_page.router(world))
    routes.include_router(events.router(world))
    return routes


class _Api:
    """The endpoints; each refuses what a phone could not do with a `Refused` in plain words."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def people(self) -> list[dict[str, Any]]:
        """Everybody with a phone; `platform` is the one they use first."""
        return [
            asdict(member) | {"platform": self._first_platform(member)}
            for member in self._world.phones.members
        ]

    async def say(self, said: Said) -> dict[str, Any]:
        """Type a line; answers with the messages that reached this person because of it."""
        member = self._member(said.person)
        phone, account = self._phone(member, said.platform)
        return await self._caused(member, phone.say(account, said.text))

    async def upload(self, sent: Sent) -> dict[str, Any]:
        """Send a picture or a file in chat."""
        member = self._member(sent.person)
        phone, account = self._phone(member, sent.platform)
        if not isinstance(phone, TakesFiles):
            raise Refused("这个平台的模拟手机还不能发送图片和文件")
        try:
            content = base64.b64decode(sent.content_base64, validate=True)
        except (binascii.Error, ValueError) as problem:
            raise Refused("content_base64 不是合法的 Base64") from problem
        if not 0 < len(content) <= _LARGEST_FILE:
            raise Refused("文件要有内容，最多 20 MiB")
        return await self._caused(member, phone.upload(account, sent.filename, content))

    async def press(self, pressed: Pressed) -> dict[str, Any]:
        """Press a button or submit a form of a message."""
        member, message = self._message(pressed.person, pressed.message)
        seen = face(message)
        picking.check_action(message, seen, pressed.action)
        values = {one.name: one.chosen for one in seen.inputs if one.chosen}
        for name, given in pressed.values.items():
            value = given if isinstance(given, str) else ",".join(given)
            values[name] = picking.picked(seen, name, value) if message.state == "shown" else value
        phone, _account = self._phone(member, message.platform)
        return await self._caused(member, phone.press(message, pressed.action, values))

    async def menu(self, tapped: Tapped) -> dict[str, Any]:
        """Tap an entry of WeCom's menu."""
        member, phone = self._member(tapped.person), self._world.wecom
        _phone, account = self._phone(member, "wecom")
        if phone is None or tapped.key not in {key for _name, key in phone.menu}:
            raise Refused("菜单里没有这一项")
        return await self._caused(member, phone.tap_menu(account, tapped.key))

    async def happen(self, happened: Happened) -> dict[str, Any]:
        """Something other than a text or a press: the app is opened, a place is sent, …."""
        member = self._member(happened.person)
        phone, account = self._phone(member, happened.platform)
        if happened.what not in phone.happenings:
            raise Refused(f"这个平台的模拟手机只有：{'、'.join(sorted(phone.happenings))}")
        act = phone.happen(account, happened.what, happened.facts)
        return await self._caused(member, act)

    async def open(self, opened: Opened, request: Request) -> JSONResponse:
        """Open a message's page in the phone; the cookie tells the login whose phone it is."""
        _member, message = self._message(opened.person, opened.message)
        if opened.url not in face(message).urls:
            raise Refused("这条消息里没有这个网址")
        base, target = request.base_url, urlsplit(opened.url)
        if (target.scheme, target.netloc) != (base.scheme, base.netloc):
            raise Refused(f"模拟手机只打开 {base.scheme}://{base.netloc} 的页面")
        answer = JSONResponse({"url": opened.url})
        answer.set_cookie("sim_phone", message.account, httponly=True, samesite="lax")
        return answer

    async def inbox(self, person: str, after: str = "") -> list[dict[str, Any]]:
        """What the bot sent to this person, on all platforms, oldest first, as it looks now."""
        received = self._world.phones.of(self._member(person), after=after)
        return [as_json(message) for message in received if message.outgoing]

    async def clock(self) -> dict[str, Any]:
        """What time it is in the demo."""
        return {"now": _iso(self._world.now())}

    async def jump(self, jump: Jump) -> dict[str, Any]:
        """Let time pass; answers with the jobs that ran, in order."""
        now = self._world.now()
        if (jump.advance is None) == (jump.to is None):
            raise Refused("要么写 advance，要么写 to")
        step = jump.to - now if jump.to else _duration(jump.advance or "0s")
        if not timedelta() <= step <= _LONGEST_JUMP:
            raise Refused("时间不能倒退，一次最多快进 400 天")
        ran = await self._world.advance(now + step)
        return {"now": _iso(self._world.now()), "ran": ran}

    async def chaos(self, trouble: Trouble) -> dict[str, Any]:
        """Order a fault; `times` 0 takes the order back."""
        self._world.chaos.order(trouble.platform, trouble.fault, trouble.times)
        return trouble.model_dump()

    async def wire(self, after: int = 0) -> list[dict[str, Any]]:
        """Requests between the service and the platforms, newer than number `after`."""
        return [asdict(e) | {"at": _iso(e.at)} for e in self._world.wire.after(after)]

    async def state(self, table: str, request: Request) -> list[dict[str, Any]]:
        """Rows of the service's database, for assertions; the query string filters by column."""
        try:
            return await self._world.rows(table, dict(request.query_params))
        except KeyError as problem:
            raise Refused("没有这张表或这一列", 404) from problem

    async def reset(self) -> dict[str, Any]:
        """Back to the first minute."""
        await self._world.reset()
        return {"now": _iso(self._world.now())}

    def _member(self, person: str) -> Member:
        member = self._world.phones.by_name(person)
        if member is None:
            names = "、".join(m.name for m in self._world.phones.members)
            raise Refused(f"没有这个人。有：{names}", 404)
        return member

    def _message(self, person: str, message_id: str) -> tuple[Member, Message]:
        member, message = self._member(person), self._world.phones.message(message_id)
        phones = self._world.phones
        if message is None or phones.member(message.platform, message.account) != member:
            raise Refused(f"{member.name}的手机上没有这条消息", 404)
        return member, message

    def _first_platform(self, member: Member) -> PlatformName | None:
        ours: tuple[PlatformName, ...] = ("wecom", "dingtalk")
        return next((p for p in ours if p in member.accounts and self._app(p)), None)

    def _app(self, platform: PlatformName) -> Phone | None:
        apps: dict[PlatformName, Phone | None] = {
            "wecom": self._world.wecom,
            "dingtalk": self._world.dingtalk,
            "wecom_bot": self._world.wecom_bot,
        }
        return apps[platform]

    def _phone(self, member: Member, platform: PlatformName | None) -> tuple[Phone, str]:
        """The app and the account `member` has there."""
        wanted = platform or self._first_platform(member)
        if wanted is None:
            raise Refused(f"{member.name}没有可用的账号")
        phone, account = self._app(wanted), member.account(wanted)
        if phone is None or account is None:
            raise Refused(f"{member.name}没有{PLATFORMS[wanted]}账号，或演示里没有接入它")
        return phone, account

    async def _caused(self, member: Member, act: Awaitable[None]) -> dict[str, Any]:
        before = {m.id: m for m in self._world.phones.of(member)}
        await act
        await self._world.settle()
        after = self._world.phones.of(member)
        reached = (m for m in after if m.outgoing and _looks(m) != _looks(before.get(m.id)))
        return {"messages": [as_json(m) for m in reached]}


def _looks(message: Message | None) -> object:
    return message and (message.kind, message.wire, message.state)


def _duration(words: str) -> timedelta:
    return timedelta(**{_UNITS[words[-1]]: int(words[:-1])})


def _iso(at: datetime) -> str:
    return at.astimezone(PHONE_ZONE).isoformat(timespec="seconds")
