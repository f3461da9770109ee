"""Whose time is wrong: signatures are good for five minutes, on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import httpx

from bot.doctor.finding import Case, Finding, bad, good, skipped, warn
from bot.platforms.wecom.callback import TOLERANCE

NOTICEABLE = timedelta(seconds=30)
TOO_FAR = timedelta(seconds=TOLERANCE)
SYNC = "打开对时：timedatectl set-ntp true（云主机在控制台），再看 timedatectl"


async def skew(case: Case) -> Finding:
    """How far this machine's clock is from the platforms', by the Date of their answers."""
    spans = [span for base in _bases(case) if (span := await _ahead(case, base)) is not None]
    if not spans:
        return skipped("平台没有答复时间")
    return judge(max(spans, key=abs))


def judge(ahead: timedelta) -> Finding:
    """What it means that our clock is so far ahead of theirs."""
    seconds = abs(ahead).total_seconds()
    words = f"这台机器{'快' if ahead > timedelta() else '慢'}了 {seconds:.0f} 秒"
    if abs(ahead) > TOO_FAR:
        return bad(words, "签名只在五分钟内有效，回调会以 stale 被拒", SYNC)
    if abs(ahead) > NOTICEABLE:
        return warn(words, "差到五分钟，回调就会以 stale 被拒", SYNC)
    return good(f"和平台相差 {seconds:.0f} 秒")


def _bases(case: Case) -> Iterable[str]:
    platforms = (case.settings.wecom, case.settings.dingtalk)
    return [platform.api_base for platform in platforms if platform is not None]


async def _ahead(case: Case, base: str) -> timedelta | None:
    """Our time less theirs, taken in the middle of the round trip; None if they do not tell."""
    asked = case.now()
    try:
        response = await case.http.head(f"{base}/")
        told = parsedate_to_datetime(response.headers.get("date", ""))
    except (httpx.HTTPError, ValueError):
        return None
    answered = case.now()
    theirs = told if told.tzinfo else told.replace(tzinfo=UTC)
    # A Date has whole seconds: within half of one everything is the same.
    return asked + (answered - asked) / 2 - theirs - timedelta(milliseconds=500)
