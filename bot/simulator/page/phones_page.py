"""The page /sim: phones side by side, the clock, the guide; and the files it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from bot.simulator.http import Refused, SimRoute
from bot.simulator.page.looks import render
from bot.simulator.phones import Member, PlatformName
from bot.simulator.world import PHONE_ZONE, PLATFORMS, World
from sales.people import ROLE_NAMES

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {path.name: path for path in _STATIC.iterdir() if path.suffix in _TYPES}
_FIRST_PHONES = ("张三.wecom", "张三.dingtalk", "王经理.wecom")
_MONDAY_OPENS = 9  # o'clock


@dataclass(frozen=True, slots=True)
class Shown:
    """One phone on the page: a person's chat with the bot on one platform."""

    member: Member
    platform: str
    menu: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """How the page and its events name this phone: "<person id>.<platform>"."""
        return f"{self.member.id}.{self.platform}"

    @property
    def role(self) -> str:
        """The person's role as colleagues call it."""
        return ROLE_NAMES.get(self.member.role, self.member.role)

    @property
    def name(self) -> str:
        """What people call it, such as 张三的企业微信."""
        return f"{self.member.name}的{PLATFORMS[self.platform]}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the guide: a tap moves to `target` and, given a line, fills it in."""

    title: str
    words: str
    target: str
    line: str = ""


GUIDE = (
    Step(
        "一行登记转介绍",
        "在张三的企业微信里输入",
        '[data-name="张三的企业微信"] .say input',
        "/商机 某阀门制造 北方泵业",
    ),
    Step(
        "点一下选介绍人",
        "叫「恒信」的有两家，点一下就建好",
        '[data-name="张三的企业微信"] .say input',
        "/商机 恒信 西部机电",
    ),
    Step(
        "在卡片里填两项",
        "钉钉直接填，企业微信点「打开填写」",
        '[data-name="张三的钉钉"] .say input',
        "/商机",
    ),
    Step(
        "分一条线索",
        "按规则当场分给销售，点「为什么」看理由",
        '[data-name="王经理的企业微信"] .say input',
        "/线索 新建 海河医疗 华东 医疗 预算12万",
    ),
    Step("看平台之间说了什么", "每次请求的原文、解码、回答", "#wire-toggle"),
)


def next_monday(now: datetime) -> datetime:
    """The next Monday 09:00 in China that is still to come."""
    local = now.astimezone(PHONE_ZONE)
    opens = local.replace(hour=_MONDAY_OPENS, minute=0, second=0, microsecond=0)
    monday = opens + timedelta(days=-local.weekday() % 7)
    return monday if monday > local else monday + timedelta(days=7)


def router(world: World) -> APIRouter:
    """The page and its static files."""
    routes = APIRouter(route_class=SimRoute, include_in_schema=False)

    @routes.get("/sim")
    async def page(
        request: Request, phone: Annotated[list[str] | None, Query()] = None
    ) -> Response:
        every = _every(world)
        known = {name: s for s in every for name in (s.key, f"{s.member.name}.{s.platform}")}
        asked = {known[n].key: known[n] for n in phone or _FIRST_PHONES if n in known}
        chosen = list(asked.values()) or every[:1]
        html = render(
            "page.html",
            phones=chosen,
            every=every,
            guide=GUIDE,
            now=world.now(),
            theme=request.cookies.get("sim_theme", "auto"),
        )
        return HTMLResponse(html)

    @routes.get("/sim/static/{name}")
    async def static(name: str) -> Response:
        if name not in _FILES:
            raise Refused("没有这个文件", 404)
        path = _FILES[name]
        return FileResponse(
            path, media_type=_TYPES[path.suffix], headers={"Cache-Control": "no-cache"}
        )

    @routes.get("/sim/files/{platform}/{ref:path}")
    async def file(platform: PlatformName, ref: str) -> Response:
        kept = world.phones.shelf(platform).get(ref)
        if kept is None:
            raise Refused("这个文件已经过期了", 404)
        name = f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"
        sort = kept.media_type if kept.picture else "application/octet-stream"
        return Response(kept.content, media_type=sort, headers={"Content-Disposition": name})

    return routes


def _every(world: World) -> list[Shown]:
    """Every phone there is: each person on each platform of the demo where they have an account."""
    menus = {"wecom": world.wecom.menu if world.wecom else ()}
    present = {"wecom": world.wecom, "dingtalk": world.dingtalk, "wecom_bot": world.wecom_bot}
    return [
        Shown(member, platform, tuple(menus.get(platform, ())))
        for member in world.phones.members
        for platform in PLATFORMS
        if member.account(platform) and present[platform] is not None
    ]
