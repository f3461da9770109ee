"""A fake WeCom, a service to talk to it, and three people with phones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI, Request, Response

from bot.clock import wall
from bot.platforms.api import BadCallback, Inbound
from bot.platforms.wecom.client import WeComPlatform
from bot.simulator.chaos import Chaos
from bot.simulator.phones import Member, Message, Phones
from bot.simulator.wecom import FakeWeCom
from bot.simulator.wire import WireLog
from tests.wecom import kit

T = TypeVar("T")
SERVICE = "http://127.0.0.1:8787/wecom/callback"


def member(name: str, userid: str) -> Member:
    return Member(userid, name, "rep", "", "华东", {"wecom": userid})


class World:
    """Everything wired over ASGI; `heard` is what the service understood.

    `plan`, when set, gives the HTTP status for the nth callback.
    """

    def __init__(self, stack: AsyncExitStack, callback_url: str = SERVICE) -> None:
        self.clock = kit.Clock()
        self.phones = Phones(
            [member("张三", "ZhangSan"), member("李四", "lisi"), member("王经理", "wang")],
            self.clock,
        )
        self.wire, self.chaos = WireLog(self.clock), Chaos(self.clock)
        self.heard: list[Inbound] = []
        self.statuses: list[int] = []
        self.plan: Callable[[int], Awaitable[int]] | None = None
        service = httpx.AsyncClient(transport=httpx.ASGITransport(self._service()))
        self.fake = FakeWeCom(
            self.phones,
            kit.SETTINGS,
            callback_url,
            service,
            self.clock,
            self.wire,
            self.chaos,
        )
        api = FastAPI()
        api.include_router(self.fake.router)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(api), base_url=kit.SETTINGS.api_base
        )
        for client in (service, self.http):
            stack.push_async_callback(client.aclose)
        self.platform = WeComPlatform(kit.SETTINGS, self.http, self.clock)

    def _service(self) -> FastAPI:
        app = FastAPI()

        @app.api_route("/wecom/callback", methods=["GET", "POST"])
        async def callback(request: Request) -> Response:
            query = request.url.query
            try:
                if request.method == "GET":
                    return Response(kit.CALLBACK.echo(query, wall()))
                inbound = kit.CALLBACK.read(query, await request.body(), wall())
            except BadCallback as refused:
                return Response(status_code=refused.status)
            self.heard.append(inbound)
            status = await self.plan(len(self.heard)) if self.plan else 200
            self.statuses.append(status)
            return Response(status_code=status)

        return app

    async def call(self, path: str, body: object, **query: str) -> dict[str, Any]:
        """One API call with a good token, whatever the body."""
        token = (await self.gettoken())["access_token"]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = await self.http.post(
            f"/cgi-bin/{path}", params={"access_token": token, **query}, content=content
        )
        return reply.json()

    async def gettoken(self, **wrong: str) -> dict[str, Any]:
        query = {"corpid": kit.CORP, "corpsecret": kit.SECRET, **wrong}
        return (await self.http.get("/cgi-bin/gettoken", params=query)).json()

    async def send(self, body: dict[str, Any], to: str = "lisi") -> dict[str, Any]:
        return await self.call("message/send", {"touser": to, "agentid": kit.AGENT, **body})

    async def update(self, body: dict[str, Any]) -> dict[str, Any]:
        return await self.call("message/update_template_card", {"agentid": kit.AGENT, **body})

    def shown(self, account: str = "lisi") -> list[Message]:
        return [m for m in self.phones if m.account == account]


def running(work: Callable[[World], Awaitable[T]], callback_url: str = SERVICE) -> T:
    async def run() -> T:
        async with AsyncExitStack() as stack:
            return await work(World(stack, callback_url))

    return asyncio.run(run())


def promise(work: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
    """A test written as one coroutine over a fresh world."""

    def test() -> None:
        running(work)

    test.__name__ = work.__name__
    return test


def text(content: str = "好") -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}


def card(task_id: str = "T1", **changes: Any) -> dict[str, Any]:
    """The smallest legal button card; a change to None removes the field."""
    whole = {
        "card_type": "button_interaction",
        "main_title": {"title": "线索"},
        "button_list": [{"text": "已联系", "key": "1.0"}],
        "task_id": task_id,
        **changes,
    }
    return {name: part for name, part in whole.items() if part is not None}


def template(task_id: str = "T1", **changes: Any) -> dict[str, Any]:
    return {"msgtype": "template_card", "template_card": card(task_id, **changes)}
