"""A tiny world whose bot echoes: enough to drive the page and the API without the service."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

from bot.simulator import api
from bot.simulator.chaos import Chaos
from bot.simulator.page import gallery
from bot.simulator.phones import Member, Message, Phones, PlatformName
from bot.simulator.wire import WireLog
from tests.simulator import families
from tests.simulator.samples import (
    AT,
    DINGTALK_APPROVAL,
    DINGTALK_FORM,
    ORIGIN,
    SAMPLES,
    WECOM_LINKS,
    WECOM_OVERDUE,
    WECOM_PICK,
)

MEMBERS = [
    Member("p1", "张三", "rep", "王经理", "华东", {"wecom": "zhangsan", "dingtalk": "d001"}),
    Member("p2", "李四", "rep", "王经理", "华东", {"wecom": "lisi"}),
    Member("p3", "王经理", "manager", "陈总", "华东", {"wecom": "wang", "dingtalk": "d003"}),
    Member("p4", "周合规", "compliance", "吴主管", "", {}),
]
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 100">'
    '<path d="M0 90 40 60 80 70 160 10" stroke="green" fill="none"/></svg>'
)
CARDS: dict[str, tuple[str, dict[str, Any]]] = {
    "wecom/卡": ("template_card", WECOM_OVERDUE),
    "wecom/选": ("template_card", WECOM_PICK),
    "wecom/页": ("template_card", WECOM_LINKS),
    "wecom/通知": ("template_card", families.WECOM_NOTICE),
    "wecom/图": ("template_card", families.WECOM_NEWS),
    "wecom/票": ("template_card", families.WECOM_VOTE),
    "wecom/三选": ("template_card", families.WECOM_SELECTORS),
    "dingtalk/问": ("card", families.DINGTALK_ASK),
    "dingtalk/长表": ("card", families.DINGTALK_LONG_FORM),
    "dingtalk/行": ("actionCard", families.ACTION_ROW),
    "dingtalk/卡": ("card", DINGTALK_APPROVAL),
    "dingtalk/表": ("card", DINGTALK_FORM),
}


class EchoPhone:
    """One platform: a known line brings its card, any other line comes back."""

    def __init__(self, world: EchoWorld, platform: PlatformName) -> None:
        self.world = world
        self.platform = platform
        self.menu = [("登记转介绍", "/商机"), ("我的审批", "/审批"), ("帮助", "/帮助")]
        self.pressed: list[tuple[str, dict[str, str]]] = []
        self.happenings = ("location",)

    async def say(self, account: str, text: str) -> None:
        phones, wire = self.world.phones, self.world.wire
        phones.show(self.platform, account, "text", {"content": text}, outgoing=False)
        wire.add(
            self.platform,
            "to_bot",
            f"POST /callback {text}",
            raw="<xml/>",
            decoded={"Content": text},
        )
        if text == "/改":  # the newest card gets another title while the person looks at it
            card = [m for m in phones if m.ref and m.kind == "card"][-1]
            phones.change(card.id, wire=card.wire | {"title": "改过的标题"}, state="updated")
            return
        kind, body = CARDS.get(f"{self.platform}{text}", ("text", {"content": f"收到：{text}"}))
        here = json.loads(json.dumps(body).replace(ORIGIN, self.world.origin))
        phones.show(self.platform, account, kind, here, ref=f"r{len(list(phones))}")

    async def press(self, message: Message, key: str, values: dict[str, str]) -> None:
        self.pressed.append((key, values))
        done = {"wecom": "replace_text", "dingtalk": "done"}[self.platform]
        wire = message.wire | {done: "已处理"}
        self.world.phones.change(message.id, wire=wire, chosen=values, state="updated")

    async def happen(self, account: str, sort: str, facts: dict[str, str]) -> None:
        await self.say(account, f"[{sort}] {facts.get('label', '')}")

    async def tap_menu(self, account: str, key: str) -> None:
        await self.say(account, key)


class FilePhone(EchoPhone):
    """A phone that sends files, too."""

    async def upload(self, account: str, filename: str, content: bytes) -> None:
        phones = self.world.phones
        ref = phones.shelf("wecom").keep(filename, content, timedelta(days=3))
        kind = "image" if filename.endswith(".png") else "file"
        phones.show("wecom", account, kind, {"filename": filename, "media_id": ref}, outgoing=False)
        phones.show("wecom", account, "text", {"content": f"收到：{filename} {len(content)} 字节"})


class EchoWorld:
    """张三 and 王经理 on both platforms, 李四 on WeCom, 周合规 on none."""

    def __init__(self) -> None:
        self.time = AT
        self.origin = ORIGIN
        self.phones = Phones(MEMBERS, self.now)
        self.wire = WireLog(self.now)
        self.chaos = Chaos(self.now)
        self.wecom = FilePhone(self, "wecom")
        self.dingtalk = EchoPhone(self, "dingtalk")
        self.wecom_bot = None

    def now(self) -> datetime:
        return self.time

    async def settle(self) -> None:
        """The echo is there before `say` returns."""

    async def advance(self, to: datetime) -> list[dict[str, Any]]:
        due = [AT + timedelta(hours=h) for h in (3, 72)]
        ran = [{"job": "overdue", "at": at.isoformat()} for at in due if self.time < at <= to]
        self.time = to
        return ran

    async def rows(self, table: str, filters: dict[str, str]) -> list[dict[str, Any]]:
        people = [{"name": m.name, "role": m.role} for m in MEMBERS]
        rows = {"person": people}[table]
        return [row for row in rows if all(row[k] == v for k, v in filters.items())]

    async def reset(self) -> None:
        self.time = AT
        self.phones.clear()
        self.wire.clear()
        self.chaos.clear()


def application(world: EchoWorld) -> FastAPI:
    """The simulator's face over `world`, and one page for phones to open."""
    app = FastAPI(openapi_url=None)
    app.include_router(api.router(world))
    app.include_router(gallery.router(SAMPLES))

    @app.get("/h5/receipts")
    async def receipts() -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>回款</title><h1>回款明细</h1>")

    @app.get("/h5/chart.svg")
    async def chart() -> Response:
        return Response(CHART, media_type="image/svg+xml")

    return app


class Caller:
    """The JSON API over ASGI, without a socket."""

    def __init__(self, world: EchoWorld) -> None:
        self._app = application(world)

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.send("GET", path, params=query or None)

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.send("POST", path, json=body)

    def send(self, method: str, path: str, **rest: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await client.request(method, path, **rest)

        return asyncio.run(call())
