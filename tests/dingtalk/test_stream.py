"""Our Stream client against the fake gateway, over a real loopback connection."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from bot.platforms.api import Answer, Unavailable
from bot.platforms.dingtalk import frames
from bot.platforms.dingtalk.stream import Stream
from cards.model import Card
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, FORM, QUICK, VECTORS, Inbox, Lab, lab, settings, until

ACKS = {a["push"]["topic"]: a["expect_ack"] for a in VECTORS["stream_client_acks"]}


async def shown_card(lab: Lab, card: Card = APPROVAL, ref: str = "card-1") -> None:
    platform = lab.platform
    await platform.send("user1", platform.render(card, Slot(ref, 1)))


def acks(lab: Lab, part: str) -> list[Any]:
    return [
        e.answer for e in lab.wire.after() if e.summary.startswith("Stream") and part in e.summary
    ]


def test_a_message_is_received_and_acknowledged_after_it_is_stored():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            await here.fake.say("user1", "/帮助")
            assert here.inbox.texts == ["/帮助"]
            (ack,) = acks(here, frames.ROBOT_TOPIC)
            assert ack["code"] == ACKS[frames.ROBOT_TOPIC]["code"]
            assert json.loads(ack["data"]) == ACKS[frames.ROBOT_TOPIC]["data"]

    asyncio.run(main())


def test_a_ping_is_echoed_although_a_handler_is_slow():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            here.inbox.delay = 0.8
            saying = asyncio.create_task(here.fake.say("user1", "慢"))
            await until(lambda: here.inbox.events)
            echo = await here.fake.gateway.system("ping", {"opaque": "123-dsfs"})
            assert echo == ACKS["ping"]["data"]
            assert not saying.done()
            await saying

    asyncio.run(main())


def test_a_press_is_answered_with_the_new_face_at_once():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            await shown_card(here)
            here.inbox.answer = Answer(Card("报价审批", done="已同意"), 2)
            await here.fake.press(here.of("user1")[0], "1.0", {})
            (event,) = here.inbox.events
            assert (event.kind, event.ref, event.key) == ("press", "card-1", "1.0")
            message = here.of("user1")[0]
            assert (message.state, message.wire["done"]) == ("updated", "已同意")

    asyncio.run(main())


def test_a_form_comes_in_with_its_values():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            await shown_card(here, FORM)
            values = {"customer": "c_2", "note": "已发报价"}
            await here.fake.press(here.of("user1")[0], "1.form", values)
            (event,) = here.inbox.events
            assert (event.key, event.values) == ("1.form", values)

    asyncio.run(main())


def test_a_message_that_could_not_be_stored_comes_again():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            here.inbox.failures = [Unavailable(), ValueError("a bug of ours")]
            await here.fake.say("user1", "/帮助")
            await until(lambda: len(here.inbox.events) == 3)
            assert len({e.event_key for e in here.inbox.events}) == 1
            await until(lambda: len(acks(here, frames.ROBOT_TOPIC)) == 3)
            assert [a["code"] for a in acks(here, frames.ROBOT_TOPIC)] == [500, 500, 200]

    asyncio.run(main())


def test_a_duplicated_push_has_one_identity():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            await shown_card(here)
            here.chaos.order("dingtalk", "duplicate", 2)
            await here.fake.say("user1", "/帮助")
            await here.fake.press(here.of("user1")[0], "1.0", {})
            await until(lambda: len(here.inbox.events) == 4)
            assert len({e.event_key for e in here.inbox.events}) == 2

    asyncio.run(main())


def test_an_event_is_taken_or_asked_for_later():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            assert await here.fake.event("user_leave_org", "e1", {"userId": ["user1"]})
            here.inbox.failures = [Unavailable()]
            assert not await here.fake.event("user_leave_org", "e2", {"userId": ["user1"]})
            taken, later = acks(here, "EVENT")
            assert json.loads(taken["data"]) == ACKS["*"]["data"]
            assert json.loads(later["data"]) == {"status": "LATER"}

    asyncio.run(main())


def test_an_unknown_topic_is_answered_404_and_a_foreign_corp_403():
    async def main() -> None:
        stream = Stream(settings(), None, None, Inbox().receive, lambda: None)
        unknown = frames.Frame("CALLBACK", "/v1.0/graph/api/invoke", "m1", {}, {})
        assert json.loads(await stream._respond(unknown))["code"] == 404
        foreign = frames.Frame("CALLBACK", frames.CARD_TOPIC, "m2", {}, {"corpId": "dingother"})
        assert json.loads(await stream._respond(foreign))["code"] == 403

    asyncio.run(main())


def test_a_malformed_frame_is_skipped_and_the_next_one_read():
    async def main() -> None:
        async with lab() as here:
            await here.stream()
            (line,) = here.fake.gateway.lines
            with capture_logs() as logs:
                for junk in ("not json", "[]", '{"type":"CALLBACK"}', '{"headers":{},"data":"{"}'):
                    await line._websocket.send_text(junk)
                await here.fake.say("user1", "/帮助")
            assert here.inbox.texts == ["/帮助"]
            skipped = [entry for entry in logs if entry["event"] == "dingtalk_frame_skipped"]
            assert len(skipped) == 4

    asyncio.run(main())


def test_after_disconnect_the_new_connection_stands_before_the_old_one_ends():
    async def main() -> None:
        async with lab() as here:
            stream = await here.stream()
            here.fake.org.farewell = 0.6
            here.inbox.delay = 0.3
            saying = asyncio.create_task(here.fake.say("user1", "还在老连接上"))
            await until(lambda: here.inbox.events)
            await here.fake.gateway.disconnect()
            await until(lambda: len(here.fake.gateway.lines) == 2)
            await until(lambda: stream.connected)
            await saying
            assert acks(here, frames.ROBOT_TOPIC)[0]["code"] == 200  # on the old connection
            await until(lambda: len(here.fake.gateway.lines) == 1)
            assert stream.connected

    asyncio.run(main())


def test_an_aborted_connection_is_replaced_and_nothing_is_lost():
    async def main() -> None:
        async with lab() as here:
            stream = await here.stream()
            for number in range(3):
                here.relay.cut()
                await here.fake.say("user1", f"第 {number} 条")
            await until(lambda: len(set(here.inbox.texts)) == 3)
            assert stream.connected

    asyncio.run(main())


def test_a_zombie_connection_is_noticed_and_replaced():
    async def main() -> None:
        async with lab() as here:
            stream = await here.stream()
            await until(lambda: stream.last_frame_age < 0.05)
            here.relay.frozen = True
            await until(lambda: not stream.connected)
            assert stream.last_frame_age >= QUICK.silence
            here.relay.frozen = False
            here.relay.cut()
            await until(lambda: stream.connected)
            assert stream.last_frame_age < QUICK.silence

    asyncio.run(main())


def test_an_idle_connection_is_kept_by_pings():
    async def main() -> None:
        async with lab() as here:
            stream = await here.stream()
            (line,) = here.fake.gateway.lines
            await asyncio.sleep(QUICK.silence * 1.25)
            assert here.fake.gateway.lines == [line]
            assert stream.last_frame_age < QUICK.silence

    asyncio.run(main())


def test_wrong_credentials_are_retried_slowly_and_named():
    async def main() -> None:
        async with lab() as here:
            slow = replace(QUICK, refused=(5, 10))
            with capture_logs() as logs:
                stream = here.dial(slow, client_id="dingwrong")
                await until(lambda: here.saw("open → 401"))
                await asyncio.sleep(0.3)
            assert sum("open → 401" in e.summary for e in here.wire.after()) == 1
            assert not stream.connected
            (entry,) = [e for e in logs if e["log_level"] == "error"]
            assert "dingtalk.client_id" in entry["check"]

    asyncio.run(main())


def test_a_platform_that_is_down_is_asked_again_after_a_growing_jittered_wait():
    stream = Stream(settings(), None, None, Inbox().receive, lambda: None)
    for failures, most in ((1, 1), (2, 2), (3, 4), (6, 30), (60, 30)):
        waits = [stream._delay(failures) for _ in range(200)]
        assert 0 <= min(waits) <= max(waits) <= most
        assert max(waits) > most * 0.8

    async def main() -> None:
        async with lab() as here:
            here.chaos.order("dingtalk", "5xx", 3)
            await here.stream()
            assert sum("open → 500" in e.summary for e in here.wire.after()) == 3

    asyncio.run(main())


def test_no_secret_and_no_ticket_reaches_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())

    async def main() -> None:
        async with lab() as here:
            await here.stream()
            await shown_card(here)
            await here.fake.say("user1", "/帮助")
            here.relay.cut()
            await here.stream()
            tickets = {"app-secret", *here.fake.gateway._tickets}
            assert not any(secret in caplog.text for secret in tickets)
            assert "ticket=" not in caplog.text

    try:
        asyncio.run(main())
    finally:
        structlog.reset_defaults()


def test_run_ends_when_it_is_cancelled():
    async def main() -> None:
        async with lab() as here:
            stream = await here.stream()
            (running,) = here.running
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert not stream.connected
            await until(lambda: not here.fake.gateway.lines)

    asyncio.run(main())
