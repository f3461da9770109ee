"""WeCom's smart bot: whether its gateway lets us in, without throwing a running service out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException

from bot.doctor.finding import Case, Finding, Verdict, bad, good, skipped
from bot.doctor.trouble import unreachable
from bot.platforms.wecom_bot.line import dial, subscribe
from bot.platforms.wecom_bot.link import Link, NoAnswer, NotSent, Pace
from bot.settings import WeComBotSettings
from bot.wecom_bot import lease
from engine import leases
from engine.unit import Unit

NOT_USED = "没有企业微信智能机器人"
HELD = "服务拿着它的连接，没有另连一次（新的连接会把旧的挤掉）；连得怎样看「服务」这一项"
_PAGE = "智能机器人的「API 模式」那一页"
_MEANINGS: Mapping[int, tuple[str, str]] = {
    853000: (
        "Bot ID 或 Secret 不对",
        f"{_PAGE}，重新复制两项，填进 wecom.bot（Secret 和自建应用的不是一个）",
    ),
    846601: ("后台没有选长连接", f"{_PAGE}，选「长连接」，保存"),
}


async def line(case: Case) -> Finding:
    """Connect and subscribe as the service does, if nobody holds the bot's line."""
    corp = case.settings.wecom
    if corp is None or corp.bot is None:
        return skipped(NOT_USED)
    settings = corp.bot
    there = await case.reading(lambda db: _held(db, settings, case))
    fresh = case.file is not None and not case.file.exists()
    if there.verdict is Verdict.SKIPPED and not fresh:
        return there
    host = urlsplit(settings.gateway).hostname or ""
    try:
        code = await _subscribed(settings, case)
    except (OSError, TimeoutError, WebSocketException) as problem:
        return unreachable(problem, host)
    except (NotSent, NoAnswer):
        return bad(f"{host} 连上了，没有答复", "对方正忙，或者代理改了长连接", "等一会儿再试")
    if code == 0:
        return good("Bot ID 和 Secret 都对，长连接能用")
    cause, fix = _MEANINGS.get(
        code, ("企业微信没有说为什么", "等一会儿再试；一直这样就查这个错误码")
    )
    return bad(f"{code}，长连接没有连成", cause, fix)


def _held(db: Unit, settings: WeComBotSettings, case: Case) -> Finding:
    until = leases.until(db, lease(settings))
    return skipped(HELD) if until is not None and until > case.now() else good("")


async def _subscribed(settings: WeComBotSettings, case: Case) -> int:
    async with await dial(settings, case.addresses) as socket:
        link = Link(socket, lambda _: None, Pace())
        reading = asyncio.create_task(link.serve())
        try:
            return await subscribe(link, settings)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
