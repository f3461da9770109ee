"""Our client and the faithful fake, end to end over ASGI."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.platforms.api import Receipt, Undelivered
from bot.platforms.wecom.client import WeComPlatform
from bot.simulator.wecom import fake
from cards.model import Button, Card, Text
from cards.render.slot import Slot
from tests.wecom import kit
from tests.wecom.fake_kit import World, promise, running

CARD = Card("线索", key="lead/1", buttons=(Button("已联系", "lead.contacted"),))
DONE = Card("线索", key="lead/1", done="已联系")


@promise
async def test_a_card_is_sent_pressed_and_turned_grey_in_place(world):
    receipt = await world.platform.send("lisi", world.platform.render(CARD, Slot("D1", 1)))
    (message,) = world.shown()
    await world.fake.press(message, "1.0", {})
    pressed = Receipt(receipt.message_id, world.heard[0].reply_token)
    request = world.platform.render(DONE, Slot("D1", 2))
    assert await world.platform.update("lisi", pressed, request) == Receipt(receipt.message_id)
    (message,) = world.shown()
    assert (message.state, message.wire["replace_text"]) == ("updated", "已联系")


@promise
async def test_the_code_from_the_send_updates_once_and_then_never(world):
    receipt = await world.platform.send("lisi", world.platform.render(CARD, Slot("D1", 1)))
    request = world.platform.render(DONE, Slot("D1", 2))
    await world.platform.update("lisi", receipt, request)
    with pytest.raises(Undelivered) as refused:
        await world.platform.update("lisi", receipt, request)
    assert refused.value.reason == "not_updatable"


@promise
async def test_a_card_over_72_hours_old_is_not_updatable(world):
    receipt = await world.platform.send("lisi", world.platform.render(CARD, Slot("D1", 1)))
    world.clock.advance(hours=73)
    with pytest.raises(Undelivered) as refused:
        await world.platform.update("lisi", receipt, world.platform.render(DONE, Slot("D1", 2)))
    assert refused.value.reason == "not_updatable"


@promise
async def test_the_same_answer_twice_arrives_twice_but_a_retry_once(world):
    for ref in ("D1", "D2"):
        request = world.platform.render(Text("没有待办"), Slot(ref, 1))
        for _ in range(2):
            await world.platform.send("lisi", request)
    assert [m.wire["content"] for m in world.shown()] == ["没有待办"] * 2


@promise
async def test_a_token_that_dies_early_costs_nobody_a_message(world):
    await world.platform.send("lisi", world.platform.render(Text("一"), Slot("D1", 1)))
    world.chaos.order("wecom", "token_expired", 1)
    await world.platform.send("lisi", world.platform.render(Text("二"), Slot("D2", 1)))
    world.clock.advance(hours=72)
    await world.platform.send("lisi", world.platform.render(Text("三"), Slot("D3", 1)))
    assert [m.wire["content"] for m in world.shown()] == ["一", "二", "三"]


@pytest.mark.parametrize(
    ("fault", "reason", "spent"),
    [
        ("5xx", "channel_down", True),
        ("down", "channel_down", True),
        ("429", "rate_limited", False),
        ("ip_denied", "config", True),
    ],
)
def test_a_fault_is_named_and_the_next_try_succeeds(fault, reason, spent):
    async def work(world: World) -> None:
        await world.platform.send("lisi", world.platform.render(Text("一"), Slot("D1", 1)))
        world.chaos.order("wecom", fault, 1)
        request = world.platform.render(Text("二"), Slot("D2", 1))
        with pytest.raises(Undelivered) as failed:
            await world.platform.send("lisi", request)
        assert (failed.value.reason, failed.value.spent) == (reason, spent)
        assert failed.value.retry_after is not None
        world.clock.advance(minutes=10)  # an outage lasts that long
        await world.platform.send("lisi", request)
        assert [m.wire["content"] for m in world.shown()] == ["一", "二"]

    running(work)


@promise
async def test_the_refused_address_reaches_the_administrator(world):
    await world.platform.send("lisi", world.platform.render(Text("一"), Slot("D1", 1)))
    world.chaos.order("wecom", "ip_denied", 1)
    with pytest.raises(Undelivered) as failed:
        await world.platform.send("lisi", world.platform.render(Text("二"), Slot("D2", 1)))
    assert failed.value.detail == "60020 from ip 127.0.0.1"


class Impatient(httpx.AsyncBaseTransport):
    """Gives up on an answer after a moment, as a socket would after five seconds."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = asyncio.ensure_future(self._inner.handle_async_request(request))
        done, _ = await asyncio.wait([answer], timeout=0.05)
        if not done:
            await answer  # the server finishes its work; nobody listens
            raise httpx.ReadTimeout("slow", request=request)
        return answer.result()


def test_a_message_that_timed_out_after_it_was_taken_is_not_doubled(monkeypatch):
    monkeypatch.setattr(fake, "STALL", 0.1)

    async def work(world: World) -> None:
        transport = Impatient(world.http._transport)
        async with httpx.AsyncClient(transport=transport) as http:
            platform = WeComPlatform(kit.SETTINGS, http, world.clock)
            await platform.send("wang", platform.render(Text("一"), Slot("D1", 1)))
            for ref, content in (("D2", Text("二")), ("D3", CARD)):
                request = platform.render(content, Slot(ref, 1))
                world.chaos.order("wecom", "timeout", 1)
                with pytest.raises(Undelivered) as failed:
                    await platform.send("lisi", request)
                assert failed.value.ambiguous
                receipt = await platform.send("lisi", request)
                assert receipt.message_id
            assert len(world.shown()) == 2

    running(work)


@promise
async def test_the_menu_is_shown_under_the_chat(world):
    await world.platform.set_menu([("商机", "/商机"), ("帮助", "/帮助")])
    assert world.fake.menu == [("商机", "/商机"), ("帮助", "/帮助")]
    with pytest.raises(Undelivered) as refused:
        await world.platform.set_menu([("商机", "/商机")] * 4)
    assert refused.value.reason == "config"
