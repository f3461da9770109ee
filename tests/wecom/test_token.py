"""The access_token: one for everybody, renewed in time, renewed once, never in a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
import respx

from bot.platforms.api import Receipt, Undelivered
from bot.platforms.wecom.client import WeComPlatform
from tests.wecom import kit
from tests.wecom.client_kit import (
    BASE,
    OK,
    REQUEST,
    TOKENS,
    answers,
    failure,
    grant,
    send,
    using,
    wecom_api,
)


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with wecom_api() as router:
        yield router


def test_one_token_serves_a_hundred_messages_at_once(api):
    answers(api, *[OK] * 100)

    async def many(platform: WeComPlatform) -> None:
        await asyncio.gather(*(platform.send("lisi", REQUEST) for _ in range(100)))

    using(many)
    assert api["gettoken"].call_count == 1


@pytest.mark.parametrize("code", [40014, 42001, 40001])
def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(api, code):
    route = answers(api, {"errcode": code}, OK)
    assert using(send) == Receipt("M1")
    used = [call.request.url.params["access_token"] for call in route.calls]
    assert used == TOKENS[:2]
    assert route.calls[0].request.content == route.calls[1].request.content


def test_a_token_that_is_refused_for_ever_ends_after_two_calls(api):
    route = answers(api, *[{"errcode": 40014}] * 9)
    assert failure().reason == "config"
    assert (route.call_count, api["gettoken"].call_count) == (2, 2)


def test_ten_calls_with_one_dead_token_renew_it_once(api):
    live = TOKENS[1]

    def reply(request: httpx.Request) -> httpx.Response:
        good = request.url.params["access_token"] == live
        return httpx.Response(200, json=OK if good else {"errcode": 42001})

    api.post(f"{BASE}/message/send").mock(side_effect=reply)

    async def many(platform: WeComPlatform) -> None:
        await asyncio.gather(*(platform.send("lisi", REQUEST) for _ in range(10)))

    using(many)
    assert api["gettoken"].call_count == 2


def test_ten_calls_share_one_answer_even_if_wecom_repeats_the_dead_token(api):
    async def same(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(200, json=grant("dead"))

    api["gettoken"].mock(side_effect=same)
    answers(api, *[{"errcode": 40014}] * 20)

    async def many(platform: WeComPlatform) -> list:
        calls = (send(platform) for _ in range(10))
        return await asyncio.gather(*calls, return_exceptions=True)

    assert {reply.reason for reply in using(many)} == {"config"}
    assert api["gettoken"].call_count == 2


def test_a_token_is_renewed_some_minutes_before_it_expires(api):
    clock = kit.Clock()
    answers(api, *[OK] * 3)

    async def wait(platform: WeComPlatform) -> None:
        await send(platform)
        clock.advance(seconds=6899)
        await send(platform)
        assert api["gettoken"].call_count == 1
        clock.advance(seconds=2)
        await send(platform)

    using(wait, clock)
    assert api["gettoken"].call_count == 2


def test_a_wrong_secret_is_not_tried_again_for_ten_minutes(api):
    clock = kit.Clock()
    api["gettoken"].mock(return_value=httpx.Response(200, json={"errcode": 40001}))

    async def insist(platform: WeComPlatform) -> None:
        for _ in range(3):
            calls = (send(platform) for _ in range(5))
            replies = await asyncio.gather(*calls, return_exceptions=True)
            assert {reply.reason for reply in replies} == {"config"}
        assert api["gettoken"].call_count == 1
        clock.advance(minutes=10)
        with pytest.raises(Undelivered):
            await send(platform)

    using(insist, clock)
    assert api["gettoken"].call_count == 2


def test_a_clock_set_back_does_not_prolong_the_wait_for_a_corrected_secret(api):
    clock = kit.Clock()
    replies = [{"errcode": 40001}, grant("good")]
    api["gettoken"].mock(side_effect=[httpx.Response(200, json=r) for r in replies])
    answers(api, OK)

    async def corrected(platform: WeComPlatform) -> Receipt:
        with pytest.raises(Undelivered):
            await send(platform)
        clock.advance(days=-3)
        return await send(platform)

    assert using(corrected, clock).message_id == "M1"


def test_an_address_that_is_let_in_again_gets_its_token_at_once(api):
    replies = [{"errcode": 60020, "errmsg": "no"}, grant("good")]
    api["gettoken"].mock(side_effect=[httpx.Response(200, json=r) for r in replies])
    answers(api, OK)

    async def insist(platform: WeComPlatform) -> Receipt:
        with pytest.raises(Undelivered):
            await send(platform)
        return await send(platform)

    assert using(insist).message_id == "M1"


def test_those_who_waited_for_a_failed_token_share_the_failure_without_doubt(api):
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        raise httpx.ReadTimeout("slow")

    api["gettoken"].mock(side_effect=slow)

    async def many(platform: WeComPlatform) -> list:
        calls = (send(platform) for _ in range(20))
        return await asyncio.gather(*calls, return_exceptions=True)

    replies = using(many)
    assert {(r.reason, r.ambiguous) for r in replies} == {("channel_down", False)}
    assert api["gettoken"].call_count == 1


@pytest.mark.parametrize("strange", [{"errcode": 0}, grant("t", "soon"), grant(None)])  # type: ignore[arg-type]
def test_a_gettoken_answer_without_a_token_is_a_failure_not_a_crash(api, strange):
    api["gettoken"].mock(return_value=httpx.Response(200, json=strange))
    assert failure().reason == "channel_down"
