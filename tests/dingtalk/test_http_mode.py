"""HTTP mode end to end: the fake signs and posts, we verify and answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from bot.platforms.api import Answer
from bot.platforms.dingtalk.answers import card_answer
from bot.platforms.dingtalk.robot import Robot
from cards.model import Card
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, Lab, lab
from tests.dingtalk.test_fake import token


def mount(here: Lab) -> None:
    """Our two HTTP endpoints in front of the inbox."""
    robot = Robot(here.settings)

    async def message(request: Request) -> dict[str, Any]:
        body = await request.body()
        await here.inbox.receive(robot.read_robot(request.headers, body, datetime.now(UTC)))
        return {"msgtype": "empty"}

    async def card(request: Request) -> dict[str, Any]:
        body = await request.body()
        event = robot.read_card(request.headers, body, datetime.now(UTC))
        return card_answer(await here.inbox.receive(event))

    async def event(request: Request) -> dict[str, str]:
        now = datetime.now(UTC)
        told = robot.read_event(request.query_params, await request.body(), now)
        if told:
            await here.inbox.receive(told)
        return robot.event_answer(now)

    here.app.add_api_route("/dingtalk/event", event, methods=["POST"])
    here.app.add_api_route("/dingtalk/robot", message, methods=["POST"])
    here.app.add_api_route("/dingtalk/card", card, methods=["POST"])


def test_messages_and_presses_arrive_signed_and_the_answer_is_shown():
    async def main() -> None:
        async with lab(mode="http") as here:
            mount(here)
            await here.fake.say("user1", "/帮助")
            platform = here.platform
            await platform.register_cards(f"{here.fake.callback_base}/dingtalk/card")
            await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
            here.inbox.answer = Answer(Card("报价审批", done="已驳回"), 2)
            await here.fake.press(here.of("user1")[0], "1.1", {})

            said, pressed = here.inbox.events
            assert said.text == "/帮助"
            assert said.at == here.now()  # the message's own moment, not the wall clock
            assert (pressed.ref, pressed.key) == ("card-1", "1.1")
            assert here.of("user1")[0].wire["done"] == "已驳回"

    asyncio.run(main())


def test_a_service_that_does_not_answer_leaves_the_card_as_it_was():
    async def main() -> None:
        async with lab(mode="http") as here:
            platform = here.platform
            await platform.register_cards(f"{here.fake.callback_base}/nobody/here")
            await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
            await here.fake.press(here.of("user1")[0], "1.1", {})
            assert here.of("user1")[0].state == "shown"
            assert here.saw("/nobody/here → 404")

    asyncio.run(main())


def test_events_arrive_sealed_and_the_sealed_answer_is_read():
    async def main() -> None:
        async with lab(mode="http") as here:
            mount(here)
            assert await here.fake.check_url()
            assert here.inbox.events == []
            assert await here.fake.event("user_leave_org", "e-1", {"userId": ["user1"]})
            (told,) = here.inbox.events
            assert (told.text, told.account, told.event_key) == ("user_leave_org", "user1", "e-1")

    asyncio.run(main())


def test_an_event_nobody_takes_waits_to_be_asked_for_once():
    async def main() -> None:
        async with lab(mode="http") as here:
            assert not await here.fake.check_url()
            assert not await here.fake.event("user_leave_org", "e-1", {"userId": ["user1"]})
            url = f"{here.settings.api_base}/call_back/get_call_back_failed_result"
            query = {"access_token": await token(here)}
            first = (await here.http.get(url, params=query)).json()
            assert [one["eventId"] for one in first["failed_list"]] == ["e-1"]
            assert (await here.http.get(url, params=query)).json()["failed_list"] == []

    asyncio.run(main())
