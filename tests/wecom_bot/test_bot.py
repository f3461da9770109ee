"""The whole service behind a gateway that misbehaves: nothing lost, nothing answered twice."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot import wecom_bot
from bot.delivery import LEASE
from bot.platforms.api import Unavailable
from cards.model import Button, Card, Text
from tests.wecom_bot.kit import (
    QUICK,
    connected,
    everything_said,
    gateway,
    jobs,
    post,
    rows,
    running,
    until,
)

CARD = Card("请看一下", key="test/1", buttons=(Button("看看", "help", {}),))
REPLY, PUSH, UPDATE = "aibot_respond_msg", "aibot_send_msg", "aibot_respond_update_msg"


def test_what_is_said_is_answered_as_a_reply_and_only_once(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            for _ in range(3):
                await there.said("你好啊", msgid="m1")
            await until(lambda: there.seen)
            await until(lambda: everything_said(service))
            ((command, words),) = there.seen
            assert (command, "你好啊" in words) == (REPLY, True)
            assert there.commands(REPLY)[0]["headers"] == {"req_id": "req-m1"}
            assert there.commands(REPLY)[0]["body"]["stream"]["finish"] is True

    asyncio.run(main())


def test_a_repetition_under_another_req_id_does_not_swallow_the_next_message(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            await there.said("你好啊", msgid="m1")
            await there.said("你好啊", msgid="m1", request="req-m1")
            await until(lambda: there.seen)
            post(service, Text("还有一件事"))
            await until(lambda: len(there.seen) == 2)
            assert there.seen[1][1] == "还有一件事"

    asyncio.run(main())


def test_the_reply_to_one_message_is_never_taken_for_the_arrival_of_another(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            await there.said("你好啊", msgid="m1")
            await until(lambda: there.seen)
            await there.said("你好啊", msgid="m1")  # its req_id has had its reply
            await until(lambda: len(rows(service, "SELECT id FROM job")) == 2)
            await until(lambda: everything_said(service))
            there.moods = ["drop"]
            post(service, Text("还有一件事"))
            await until(lambda: rows(service, "SELECT id FROM delivery WHERE state = 'uncertain'"))
            assert len(there.seen) == 1

    asyncio.run(main())


def test_an_answer_that_comes_too_late_for_a_reply_is_pushed(planted):
    async def main() -> None:
        pace = replace(QUICK, window=0.0)
        async with gateway() as there, running(there.address, planted, pace) as service:
            await connected(service)
            await there.said("你好啊", msgid="m1")
            await until(lambda: there.seen)
            (frame,) = there.commands(PUSH)
            assert (frame["body"]["chatid"], frame["body"]["msgtype"]) == ("lisi", "markdown")

    asyncio.run(main())


def test_a_reply_the_platform_calls_too_late_is_pushed(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            there.moods = [846604]
            await there.said("你好啊", msgid="m1")
            await until(lambda: there.seen)
            assert [command for command, _ in there.seen] == [PUSH]

    asyncio.run(main())


def test_a_press_changes_its_card_and_a_late_one_brings_a_new_card(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            await there.said("/商机 恒信 西部机电", msgid="m1")
            await until(lambda: there.seen)
            task = there.commands(REPLY)[0]["body"]["template_card"]["task_id"]
            pressed = {"eventtype": "template_card_event", "event_key": "1.1", "task_id": task}
            await there.event(pressed, msgid="e1")
            await until(lambda: len(there.seen) == 2)
            (update,) = there.commands(UPDATE)
            assert update["headers"] == {"req_id": "req-e1"}
            assert update["body"]["template_card"]["task_id"] == task
            assert there.seen[1] == (UPDATE, "商机已建：西部机电")

            there.moods = [846604]  # too late, says the platform
            await there.event(pressed, msgid="e2")  # on a face that is no longer there
            await until(lambda: len(there.seen) == 3)
            await until(lambda: everything_said(service))
            assert there.seen[2] == (PUSH, "商机已建：西部机电")

    asyncio.run(main())


def test_a_press_told_twice_does_its_work_once(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            await there.said("/商机 恒信 西部机电", msgid="m1")
            await until(lambda: there.seen)
            task = there.commands(REPLY)[0]["body"]["template_card"]["task_id"]
            nested = {"event_key": "1.1", "task_id": task}
            event = {"eventtype": "template_card_event", "template_card_event": nested}
            await asyncio.gather(*(there.event(event, msgid="e1") for _ in range(3)))
            await until(lambda: len(there.seen) == 2)
            await until(lambda: everything_said(service))
            assert len(rows(service, "SELECT id FROM opportunity")) == 1
            assert len(there.seen) == 2

    asyncio.run(main())


def test_a_reply_cut_off_before_its_answer_is_repeated_and_seen_once(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            for number, mood in enumerate(("cut", "drop")):
                await connected(service)
                there.moods = [mood]
                await there.said(f"你好{number}", msgid=f"m{number}")
                await until(lambda number=number: len(there.seen) == number + 1)
                await until(lambda: everything_said(service))
            assert [command for command, _ in there.seen] == [REPLY, REPLY]
            assert [state for state, _ in jobs(service)] == [2, 2]

    asyncio.run(main())


@pytest.mark.parametrize("mood", ["mute", "late", "cut"])
def test_a_pushed_text_without_an_answer_is_for_a_person_to_decide(planted, mood):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            there.moods = [mood]
            post(service, Text("一件事"))
            uncertain = "SELECT id FROM delivery WHERE state = 'uncertain'"
            await until(lambda: rows(service, uncertain))
            assert len(there.seen) == 1

    asyncio.run(main())


@pytest.mark.parametrize("mood", ["mute", "late", "cut", "drop"])
def test_a_pushed_card_without_an_answer_is_repeated_and_seen_once(planted, mood):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            there.moods = [mood]
            post(service, CARD)
            await until(lambda: len(there.commands(PUSH)) == 1)
            await asyncio.sleep(0.4)
            await connected(service)
            service.clock.jump(service.clock.now() + timedelta(seconds=10))
            service.wake()
            await until(lambda: rows(service, "SELECT id FROM delivery WHERE state = 'shown'"))
            assert len(there.seen) == 1
            assert len(there.commands(PUSH)) == 2

    asyncio.run(main())


def test_an_event_the_database_could_not_take_is_handed_in_again(planted, monkeypatch):
    monkeypatch.setattr(wecom_bot, "STORE_WAITS", (0.01,))

    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            receive, refusals = service.bot._receive, [Unavailable(), Unavailable()]

            async def unwilling(event):
                if refusals:
                    raise refusals.pop()
                return await receive(event)

            service.bot._receive = unwilling
            await there.said("你好啊", msgid="m1")
            await until(lambda: there.seen)
            assert refusals == []

    asyncio.run(main())


def test_in_a_group_nothing_is_done_and_everybody_is_sent_to_their_own_chat(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            body = {
                "msgid": "m1", "chattype": "group", "chatid": "g1", "msgtype": "text",
                "from": {"userid": "lisi"}, "text": {"content": "@建流 /客户 某阀门"},
            }  # fmt: skip
            for _ in range(2):
                await there.push(body, request="req-m1")
            await until(lambda: there.seen)
            await until(lambda: everything_said(service))
            assert there.seen == [(REPLY, wecom_bot.inbound.IN_A_GROUP)]
            assert len(there.commands(REPLY)) == 1
            assert rows(service, "SELECT id FROM card") == []

    asyncio.run(main())


def test_an_encrypted_userid_is_explained_instead_of_called_a_stranger(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            sealed = "woAJ2GCAAAXtWyujaWJHDDGi0mACHxyz"
            await there.said("/帮助", msgid="m1", by=sealed)
            await there.said("/帮助", msgid="m2", by="mallory")
            await until(lambda: len(there.seen) == 2)
            told = {words for _, words in there.seen}
            assert sum("超级管理员" in words for words in told) == 1
            assert sum("mallory" in words for words in told) == 1

    asyncio.run(main())


def test_voice_is_what_was_said_and_a_picture_is_answered_politely(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            common = {"chattype": "single", "from": {"userid": "lisi"}}
            item = {"msgtype": "text", "text": {"content": "甲乙丙"}}
            for number, body in enumerate((
                {"msgtype": "voice", "voice": {"content": "子丑寅"}},
                {"msgtype": "mixed", "mixed": {"msg_item": [item, {"msgtype": "image"}]}},
                {"msgtype": "image", "image": {"url": "https://x", "aeskey": "k"}},
                {"msgtype": "file", "file": {"url": "https://x", "aeskey": "k"}},
            )):  # fmt: skip
                await there.push({"msgid": f"m{number}", **common, **body}, request=f"r{number}")
                await until(lambda number=number: len(there.seen) == number + 1)
            words = [words for _, words in there.seen]
            assert "子丑寅" in words[0]
            assert "甲乙丙" in words[1]
            assert "图片" in words[2]
            assert "文件" in words[3]

    asyncio.run(main())


def test_thrown_out_we_wait_before_we_come_back(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            loop = asyncio.get_running_loop()
            with capture_logs() as logs:
                began = loop.time()
                await there.event({"eventtype": "disconnected_event"}, msgid="d1")
                await until(lambda: service.bot.reasons)
                assert "replaced" in service.bot.reasons[0]
                await until(lambda: len(there.lines) == 2)
            assert loop.time() - began >= QUICK.replaced[0]
            assert [one["event"] for one in logs].count("wecom_bot_replaced") == 1

    asyncio.run(main())


def test_in_a_storm_nothing_is_lost_and_nothing_is_answered_twice(planted):
    """Forty lines, each told up to three times, over a line that is cut again and again."""
    chance = random.Random(7)

    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:
            await connected(service)
            wanted = [f"第{number}句" for number in range(40)]
            for number, words in enumerate(wanted):
                there.moods = chance.choices(["ok", "cut", "drop", "late", "mute"], k=1)
                for _ in range(chance.randint(1, 3)):
                    await connected(service)
                    await there.said(words, msgid=f"m{number}")
                if chance.random() < 0.2:
                    there.line.transport.abort()
                await asyncio.sleep(chance.random() * 0.05)
            there.moods = []
            heard = "SELECT count(*) FROM job WHERE lane = 'inbox'"
            while rows(service, heard) != [(40,)]:  # what came on a dying line comes again
                await connected(service)
                for number, words in enumerate(wanted):
                    await there.said(words, msgid=f"m{number}")
                await asyncio.sleep(0.1)
            leased = "SELECT count(*) FROM job WHERE state = 1"
            while not everything_said(service):
                if rows(service, leased) == [(0,)]:  # no lease ends under a message on its way
                    service.clock.jump(service.clock.now() + LEASE / 2)
                service.wake()
                await asyncio.sleep(0.1)
            uncertain = rows(service, "SELECT count(*) FROM delivery WHERE state = 'uncertain'")
            shown = [words for _, words in there.seen]
            times = [sum(words in one for one in shown) for words in wanted]
            assert max(times) == 1
            assert times.count(0) <= uncertain[0][0]
            lost = rows(service, "SELECT count(*) FROM delivery WHERE state = 'failed'")
            assert lost == [(0,)]

    asyncio.run(main())
