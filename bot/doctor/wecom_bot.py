"""WeCom's smart bot: whether its gateway lets us in, without throwing a running service out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from bot.doctor.finding import Case, Finding, Verdict, bad, good, skipped
from bot.doctor.service import ask
from bot.doctor.trouble import unreachable
from bot.platforms.wecom_bot.line import REFUSED_US, dial, subscribe
from bot.platforms.wecom_bot.link import Link, NoAnswer, NotSent, Pace
from bot.settings import WeComBotSettings
from bot.wecom_bot import lease
from engine import leases
from engine.unit import Unit

NOT_USED = "没有企业微信智能机器人"
HELD = "服务正拿着（或者刚放下）它的连接，没有另连一次：新的连接会把旧的挤掉"
JUST_NOW = timedelta(minutes=1)
OF_THE_LINE = "wecom bot"
"""How a service's reasons that are about the line begin."""
_CODE = re.compile(r"\b\d{5,7}\b")
_PAGE = "智能机器人的「API 模式」那一页"
_MEANINGS: Mapping[int, tuple[str, str]] = {
    853000: (
        "Bot ID 或 Secret 不对",
        f"{_PAGE}，重新复制两项，填进 wecom.bot（Secret 和自建应用的不是一个）",
    ),
    846601: ("后台没有选长连接", f"{_PAGE}，选「长连接」，保存"),
}


async def line(case: Case) -> Finding:
    """What a running service says of its line; if there is none, connect and subscribe as it does.

    A connection of ours would throw the service's out, so a line that was held a minute ago
    counts as held: machines' clocks differ, and a service may be starting right now.
    """
    corp = case.settings.wecom
    if corp is None or corp.bot is None:
        return skipped(NOT_USED)
    settings = corp.bot
    if (kept := await _told(case) or await _held(case, settings)) is not None:
        return kept
    host = urlsplit(settings.gateway).hostname or ""
    try:
        return await _tried(settings, case)
    except REFUSED_US as problem:
        return unreachable(problem, host)
    except (NotSent, NoAnswer):
        return bad(f"{host} 连上了，没有答复", "对方正忙，或者代理改了长连接", "等一会儿再试")


async def _told(case: Case) -> Finding | None:
    """What the service on this machine says of the line; None if there is no service."""
    told, _ = await ask(case)
    if told is None:
        return None
    reasons = [str(one) for one in told.get("reasons") or [] if str(one).startswith(OF_THE_LINE)]
    if not reasons:
        return skipped(HELD)
    code = _CODE.search(reasons[0])
    if code is not None:
        return _refused(int(code[0]))
    return bad(reasons[0], "服务自己说的", "看外网；它自己会一直重连，docs/operators.md 有每种原因")


async def _held(case: Case, settings: WeComBotSettings) -> Finding | None:
    """Why we do not connect: somebody holds the line, or nobody can say; None if it is free."""

    def look(db: Unit) -> Finding:
        until = leases.until(db, lease(settings))
        return skipped(HELD) if until is not None and until > case.now() - JUST_NOW else good("")

    if case.file is not None and not case.file.exists():
        return None
    found = await case.reading(look)
    return None if found.verdict is Verdict.GOOD else found


def _refused(code: int) -> Finding:
    cause, fix = _MEANINGS.get(
        code, ("企业微信没有说为什么", "等一会儿再试；一直这样就查这个错误码")
    )
    return bad(f"{code}，长连接没有连成", cause, fix)


async def _tried(settings: WeComBotSettings, case: Case) -> Finding:
    async with await dial(settings, case.addresses) as socket:
        link = Link(socket, lambda _: None, Pace())
        reading = asyncio.create_task(link.serve())
        try:
            if (held := await _held(case, settings)) is not None:  # by one that has just started
                return held
            code = await subscribe(link, settings)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
    return _refused(code) if code else good("Bot ID 和 Secret 都对，长连接能用")
