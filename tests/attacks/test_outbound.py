"""D34: many messages at once, platforms that answer anything: paced, repeated, never doubled."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from bot.platforms.api import Undelivered
from bot.platforms.wecom.client import WeComPlatform
from bot.platforms.wecom.transport import exchange
from tests.wecom.kit import SECRET

URL = "https://qyapi.weixin.qq.com/cgi-bin/message/send"
ANSWERS = {
    "rate limit": httpx.Response(429),
    "broken": httpx.Response(502, text="<html>Bad Gateway</html>"),
    "HTML": httpx.Response(200, text="<html>login first</html>"),
    "a list": httpx.Response(200, json=[1]),
    "nested without end": httpx.Response(200, text="[" * 200_000),
    "a redirect": httpx.Response(302, headers={"location": "http://127.0.0.1/"}),
    "nothing": httpx.Response(200),
    "not text": httpx.Response(200, content=b"\xff\xfe\x00"),
}


def test_d34_nobody_gets_more_than_a_platform_delivers():
    """WeCom drops what is beyond 30 a minute and 1000 an hour to one member; we stay below."""
    limits = {timedelta(minutes=1): 30, timedelta(hours=1): 1000}
    assert {span for _, span in WeComPlatform.pace} == set(limits)
    assert all(most < limits[span] for most, span in WeComPlatform.pace)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_d34_whatever_a_platform_answers_is_typed_by_what_to_do_next(answer):
    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as http:
            with pytest.raises(Undelivered) as failure:
                await exchange(http, "POST", URL, {"access_token": SECRET}, b"{}")
        assert failure.value.retry_after is not None
        assert failure.value.spent is (failure.value.reason != "rate_limited")
        assert SECRET not in str(failure.value)

    asyncio.run(main())


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
@pytest.mark.parametrize("fault", ["token_expired", "429", "5xx"])
def test_d34_trouble_at_a_platform_brings_the_answer_once(office, platform, fault):
    before = len(office.sees("张三"))
    office.fault(platform, fault)
    office.says("张三", "/帮助", platform=platform)
    office.wait("5m")
    new = [m for m in office.sees("张三")[before:] if "可以这样用" in m["title"]]
    assert len(new) == 1
