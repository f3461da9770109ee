"""The line: who may be connected, when it is dead, and what is said about it."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace

import structlog
from structlog.testing import capture_logs

from bot.outgoing import Addresses
from bot.platforms.wecom_bot import frames
from bot.platforms.wecom_bot.line import Line
from bot.settings import WeComBotSettings
from tests.wecom_bot.kit import BOT, QUICK, SECRET, Gateway, gateway, until

LOOPBACK = Addresses(loopback=True)


def line_to(there: Gateway, pace=QUICK, pushed=lambda _: None) -> Line:
    settings = WeComBotSettings(bot_id=BOT, secret=SECRET, gateway=there.address)
    return Line(settings, LOOPBACK, pushed, pace)


async def stop(running: asyncio.Task) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_the_first_frame_subscribes_and_pings_follow():
    async def main() -> None:
        async with gateway() as there:
            line = line_to(there)
            running = asyncio.create_task(line.run())
            await until(lambda: len(there.commands("ping")) >= 2)
            assert line.connected
            assert there.frames[0]["cmd"] == "aibot_subscribe"
            assert there.frames[0]["body"] == {"bot_id": BOT, "secret": SECRET}
            assert "body" not in there.commands("ping")[0]
            requests = [frame["headers"]["req_id"] for frame in there.frames]
            assert len(set(requests)) == len(requests)
            await stop(running)
            assert not line.connected

    asyncio.run(main())


def test_two_unanswered_pings_mean_that_nobody_is_there():
    async def main() -> None:
        async with gateway() as there:
            there.pongs = False
            running = asyncio.create_task(line_to(there, replace(QUICK, answer=0.05)).run())
            await until(lambda: len(there.lines) == 2)
            first = there.frames.index(there.commands("aibot_subscribe")[1])
            assert len([f for f in there.frames[:first] if f["cmd"] == "ping"]) == 2
            await stop(running)

    asyncio.run(main())


def test_a_cut_line_is_replaced_at_once_and_then_more_and_more_slowly():
    async def main() -> None:
        async with gateway() as there:
            line = line_to(there)
            running = asyncio.create_task(line.run())
            for _ in range(5):
                await until(lambda: line.connected)
                count = len(there.lines)
                there.line.transport.abort()
                await until(lambda count=count: len(there.lines) > count)
            await stop(running)

    asyncio.run(main())


def test_wrong_credentials_are_named_once_and_tried_slowly():
    async def main() -> None:
        async with gateway() as there:
            for code in (853000, 846601):
                there.subscribe_errcode = code
                there.frames.clear()
                line = line_to(there)
                with capture_logs() as logs:
                    running = asyncio.create_task(line.run())
                    await until(lambda: len(there.frames) == 3)
                    await stop(running)
                (entry,) = [one for one in logs if one["log_level"] == "error"]
                assert (entry["code"], "wecom.bot.secret" in entry["check"]) == (code, True)
                assert str(code) in line.trouble

    asyncio.run(main())


def test_who_was_thrown_out_does_not_throw_back():
    async def main() -> None:
        async with gateway() as there:
            line = line_to(there)
            running = asyncio.create_task(line.run())
            await until(lambda: line.connected)
            await there.event({"eventtype": "disconnected_event"}, msgid="m1")
            await asyncio.wait_for(running, 2)
            assert len(there.lines) == 1
            assert "replaced" in line.trouble

    asyncio.run(main())


def test_junk_is_skipped_and_the_next_push_is_taken():
    async def main() -> None:
        async with gateway() as there:
            taken = []
            line = line_to(there, pushed=taken.append)
            running = asyncio.create_task(line.run())
            await until(lambda: line.connected)
            with capture_logs() as logs:
                for junk in (
                    "not json",
                    "[]",
                    "{}",
                    '{"headers":{"req_id":7}}',
                    b"\xff",
                    "1" * 999,
                ):
                    await there.line.send(junk)
                await there.said("/帮助", msgid="m1")
                await until(lambda: taken)
            assert taken[0].body["text"] == {"content": "/帮助"}
            assert sum(one["event"] == "wecom_bot_frame_skipped" for one in logs) == 6
            assert len(there.lines) == 1
            await stop(running)

    asyncio.run(main())


def test_half_a_frame_and_the_end_of_the_line_are_no_push():
    async def main() -> None:
        async with gateway() as there:
            taken = []
            line = line_to(there, pushed=taken.append)
            running = asyncio.create_task(line.run())
            await until(lambda: line.connected)
            whole = json.dumps({"cmd": frames.MESSAGE, "headers": {"req_id": "r"}, "body": {}})
            head = bytes((0x81, 126)) + len(whole).to_bytes(2, "big")
            there.line.transport.write(head + whole[:20].encode())
            await asyncio.sleep(0.02)
            there.line.transport.abort()
            await until(lambda: len(there.lines) == 2)
            assert taken == []
            await stop(running)

    asyncio.run(main())


def test_the_secret_reaches_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())

    async def main() -> None:
        async with gateway() as there:
            line = line_to(there)
            running = asyncio.create_task(line.run())
            await until(lambda: line.connected)
            there.line.transport.abort()
            await until(lambda: len(there.lines) == 2)
            await stop(running)

    try:
        asyncio.run(main())
    finally:
        structlog.reset_defaults()
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.server")]
    assert ours
    assert not any(SECRET in message for message in ours)


def test_a_late_answer_belongs_to_nobody():
    async def main() -> None:
        async with gateway() as there:
            line = line_to(there)
            running = asyncio.create_task(line.run())
            await until(lambda: line.connected)
            there.moods, there.late = ["late", 45009], 0.7
            body = {"chatid": "lisi", "msgtype": "markdown", "markdown": {"content": "一"}}
            outcomes = []
            for number in range(2):
                try:
                    answer = await line.call(frames.PUSH, f"push-{number}", body)
                    outcomes.append(answer.errcode)
                except Exception as failure:  # noqa: BLE001 - it is what is asserted
                    outcomes.append(type(failure).__name__)
            assert outcomes == ["NoAnswer", 45009]
            await stop(running)

    asyncio.run(main())
