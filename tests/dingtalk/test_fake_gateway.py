"""The fake's Stream gateway and its finger: tickets, pushes, presses, faults, wire log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bot.platforms.api import Undelivered
from bot.simulator.dingtalk.happenings import HAPPENINGS
from cards.model import Card, Text
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, FORM, Lab, lab, until

OPEN = "/v1.0/gateway/connections/open"


def play(use: Callable[[Lab], Awaitable[None]], **changes: Any) -> None:
    async def main() -> None:
        async with lab(**changes) as here:
            await use(here)

    asyncio.run(main())


def test_the_months_calls_and_pushes_run_out_and_begin_anew():
    async def use(here: Lab) -> None:
        here.fake.org.api_quota = here.fake.org.push_quota = 1
        platform = here.platform
        hello = platform.render(Text("好的"), Slot("t-1", 1))
        await platform.send("user1", hello)
        with pytest.raises(Undelivered, match="quota_exhausted"):
            await platform.send("user1", hello)
        await here.stream()
        await here.fake.say("user1", "一")
        await here.fake.say("user1", "二")
        assert here.inbox.texts == ["一", "over_quota"]
        here.wait(timedelta(days=10))  # December
        await platform.send("user1", hello)

    play(use)


def test_a_ticket_is_good_for_one_connection_and_json_must_be_asked_for():
    async def use(here: Lab) -> None:
        url = f"{here.settings.api_base}{OPEN}"
        body = {"clientId": "dingclient", "clientSecret": "app-secret", "subscriptions": []}
        xml = await here.http.post(url, json=body, headers={"Accept": "*/*"})
        assert xml.headers["content-type"].startswith("application/xml")
        grant = (
            await here.http.post(url, json=body, headers={"Accept": "application/json"})
        ).json()
        assert grant["endpoint"] == f"{here.settings.api_base}/connect".replace("http", "ws", 1)

        address = f"{grant['endpoint']}?ticket={grant['ticket']}"
        async with connect(address, proxy=None):
            with pytest.raises(InvalidStatus, match="401"):
                await connect(address, proxy=None)
        wrong = await here.http.post(url, json=body | {"clientSecret": "x"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "authFailed")

    play(use)


def test_nothing_is_pushed_that_was_not_subscribed_to():
    async def use(here: Lab) -> None:

        wanted = [{"type": "EVENT", "topic": "*"}]
        body = {"clientId": "dingclient", "clientSecret": "app-secret", "subscriptions": wanted}
        headers = {"Accept": "application/json"}
        url = f"{here.settings.api_base}{OPEN}"
        grant = (await here.http.post(url, json=body, headers=headers)).json()
        async with connect(f"{grant['endpoint']}?ticket={grant['ticket']}", proxy=None):
            await until(lambda: here.fake.gateway.lines)
            (line,) = here.fake.gateway.lines
            assert line.wants("EVENT", "anything")
            assert not line.wants("CALLBACK", "/v1.0/im/bot/messages/get")

    play(use)


def test_a_card_whose_answer_was_lost_is_not_shown_twice():
    async def use(here: Lab) -> None:
        platform = here.platform
        here.fake.org.stall = 1
        here.http.timeout = httpx.Timeout(0.3)
        here.chaos.order("dingtalk", "timeout", 1)
        request = platform.render(APPROVAL, Slot("card-1", 1))
        with pytest.raises(Undelivered) as undelivered:
            await platform.send("user1", request)
        assert undelivered.value.ambiguous
        await platform.send("user1", request)
        assert len(here.of("user1")) == 1

    play(use)


def test_reordered_pushes_arrive_the_other_way_round():
    async def use(here: Lab) -> None:
        await here.stream()
        here.chaos.order("dingtalk", "reorder", 1)
        first = asyncio.create_task(here.fake.say("user1", "先说"))
        await until(lambda: any(m.wire.get("content") == "先说" for m in here.phones))
        await here.fake.say("user1", "后说")
        await first
        assert here.inbox.texts == ["后说", "先说"]

    play(use)


def test_a_tap_on_an_action_card_says_its_press():
    async def use(here: Lab) -> None:
        await here.stream()
        platform = here.platform
        await platform.send("user1", platform.render(APPROVAL, Slot("ref_1", 4)))
        await platform.send("user1", platform.render(FORM, Slot("ref_2", 1)))
        action_card, form = here.of("user1")
        assert (action_card.kind, form.kind) == ("actionCard", "markdown")
        await here.fake.press(action_card, "4.1", {})
        await here.fake.press(form, "1.form", {"customer": "c_1", "note": "已发 报价"})
        with pytest.raises(ValueError, match="no button"):
            await here.fake.press(action_card, "4.9", {})
        tap, submit = here.inbox.events
        assert (tap.kind, tap.ref, tap.key) == ("press", "ref_1", "4.1")
        assert (submit.ref, submit.key) == ("ref_2", "1.form")
        assert submit.values == {"customer": "c_1", "note": "已发 报价"}

    play(use, templates={})


def test_a_late_answer_to_a_press_is_ignored(monkeypatch):
    monkeypatch.setattr("bot.simulator.dingtalk.fake.CARD_SECONDS", 0.1)

    async def use(here: Lab) -> None:
        await here.stream()
        platform = here.platform
        await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
        here.inbox.delay = 0.3
        await here.fake.press(here.of("user1")[0], "1.0", {})
        assert here.of("user1")[0].state == "shown"
        await until(lambda: here.inbox.events)

    play(use)


def test_the_wire_log_shows_everything_but_secrets():
    async def use(here: Lab) -> None:
        await here.stream()
        platform = here.platform
        await platform.send("user1", platform.render(Text("好的"), Slot("t-1", 1)))
        await platform.send("user1", platform.render(Card("报价", key="quote"), Slot("card-1", 1)))
        await here.fake.say("user1", "/帮助")
        summaries = [e.summary for e in here.wire.after()]
        assert "POST /v1.0/card/instances/createAndDeliver → 200" in summaries
        assert any(s.startswith("Stream CALLBACK") and s.endswith("200") for s in summaries)
        everything = repr(here.wire.after())
        assert "app-secret" not in everything
        assert here.fake._api._tokens._token not in everything

    play(use)


def test_an_event_answered_later_comes_again_after_growing_waits():
    async def use(here: Lab) -> None:
        acks = [{"status": "LATER"}, None, {"status": "SUCCESS"}]
        moments = []

        async def push(*_: Any, **__: Any) -> Any:
            moments.append(asyncio.get_running_loop().time())
            return acks.pop(0)

        here.fake.gateway.push = push  # type: ignore[method-assign]
        assert not await here.fake.event("user_leave_org", "e-1", {"userId": ["user1"]})
        await until(lambda: not acks)
        first, second, third = moments
        assert third - second > 1.5 * (second - first)

    play(use)


def test_a_zombie_connection_looks_alive_and_carries_nothing(monkeypatch):
    monkeypatch.setattr("bot.simulator.dingtalk.fake.PUSH_SECONDS", 0.1)

    async def use(here: Lab) -> None:
        await here.stream()
        here.fake.org.zombie = True
        await here.fake.say("user1", "听得到吗")
        assert here.inbox.texts == []
        assert here.fake.gateway.lines
        here.fake.org.zombie = False
        await until(lambda: here.inbox.texts == ["听得到吗"])

    play(use)


def test_an_aborted_connection_is_made_again_and_what_was_said_meanwhile_arrives():
    async def use(here: Lab) -> None:
        stream = await here.stream()
        (line,) = here.fake.gateway.lines
        here.fake.gateway.abort()
        await until(lambda: line not in here.fake.gateway.lines)
        await here.fake.say("user1", "还在吗")
        await until(lambda: here.inbox.texts == ["还在吗"])
        assert stream.connected

    play(use)


def test_an_unpublished_robot_is_not_told_who_speaks():
    async def use(here: Lab) -> None:
        await here.stream()
        here.fake.org.published = False
        await here.fake.say("user1", "你好")
        assert here.inbox.texts == ["not_published"]

    play(use)


def test_a_push_over_quota_has_an_error_code_and_no_words():
    async def use(here: Lab) -> None:
        here.fake.org.push_quota = 0
        await here.stream()
        await here.fake.say("user1", "你好")
        data = here.wire.after()[-1].decoded["data"]
        assert data["errorCode"] == 20001
        assert "text" not in data

    play(use)


@pytest.mark.parametrize("sort", sorted(HAPPENINGS))
def test_whatever_a_phone_sends_is_understood_or_named(sort):
    async def use(here: Lab) -> None:
        await here.stream()
        await here.fake.happen("user1", sort, {})
        (inbound,) = here.inbox.events
        assert inbound.account == "user1"
        assert inbound.kind in ("text", "file", "other")
        assert here.wire.after()[-1].decoded["data"]["msgtype"] == sort

    play(use)


def test_a_press_nobody_answers_is_said_to_have_failed_until_the_card_changes(monkeypatch):
    monkeypatch.setattr("bot.simulator.dingtalk.fake.CARD_SECONDS", 0.1)

    async def use(here: Lab) -> None:
        platform = here.platform
        receipt = await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
        (shown,) = here.of("user1")
        await here.fake.press(shown, "1.0", {})
        assert here.of("user1")[0].trouble == "操作失败，请稍后重试"
        done = replace(APPROVAL, done="已同意")
        await platform.update("user1", receipt, platform.render(done, Slot("card-1", 2)))
        assert here.of("user1")[0].trouble == ""

    play(use)
