"""The fake gateway keeps to the rules of doc 101463, whoever the client is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.wecom_bot.lab import BOT, CARD, SECRET, client, lab

REPLY, WELCOME = "aibot_respond_msg", "aibot_respond_welcome_msg"
UPDATE, PUSH = "aibot_respond_update_msg", "aibot_send_msg"
WORDS = {"msgtype": "stream", "stream": {"id": "s1", "finish": True, "content": "好"}}
MARKDOWN = {"chatid": "zhangsan", "msgtype": "markdown", "markdown": {"content": "好"}}


def background(work) -> asyncio.Task:
    return asyncio.get_running_loop().create_task(work)


def test_nothing_is_heard_before_the_subscription_and_credentials_count():
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            assert await bot.ask("ping") == 846609
            assert await bot.ask(PUSH, MARKDOWN) == 846609
            assert await bot.subscribe("wrong") == 853000
            assert await bot.ask("aibot_subscribe", {"bot_id": "x", "secret": SECRET}) == 853000
            here.fake.switched_off = True
            assert await bot.subscribe() == 846601
            here.fake.switched_off = False
            assert await bot.subscribe() == 0
            assert await bot.ask("ping") == 0
            assert await bot.ask("aibot_dance") == 40008

    asyncio.run(main())


def test_a_newer_connection_throws_the_older_out_and_says_so():
    async def main() -> None:
        async with lab() as here, client(here) as old, client(here) as new:
            assert await old.subscribe() == 0
            assert await new.subscribe() == 0
            _, body = await old.next()
            assert body["event"] == {"eventtype": "disconnected_event"}
            async with asyncio.timeout(2):
                while not old.closed:  # noqa: ASYNC110 - set by the reader
                    await asyncio.sleep(0.005)
            assert await new.ask("ping") == 0

    asyncio.run(main())


def test_a_message_is_answered_once_within_its_window():
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            await bot.subscribe()
            saying = background(here.fake.tell("zhangsan", {"msgtype": "text"}))
            request, body = await bot.next()
            assert (body["aibotid"], body["chattype"]) == (BOT, "single")
            assert await bot.ask(REPLY, WORDS, "unknown") == 846605
            assert await bot.ask(UPDATE, WORDS, request) == 846605
            assert await bot.ask(REPLY, {"msgtype": "text"}, request) == 40008
            assert await bot.ask(REPLY, WORDS, request) == 0
            assert await bot.ask(REPLY, WORDS, request) == 846606
            await saying
            here.fake.desk.window = 0.0
            saying = background(here.fake.tell("zhangsan", {"msgtype": "text"}))
            request, _ = await bot.next()
            assert await bot.ask(REPLY, WORDS, request) == 846604
            await saying
            assert [message.wire for message in here.shown] == [{"content": "好"}]

    asyncio.run(main())


def test_who_enters_is_greeted_once_a_day_with_a_text_or_a_card():
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            await bot.subscribe()
            entering = background(here.fake.enter("zhangsan"))
            request, body = await bot.next()
            assert body["event"]["eventtype"] == "enter_chat"
            assert await bot.ask(WELCOME, WORDS, request) == 40008
            greeting = {"msgtype": "text", "text": {"content": "您好"}}
            assert await bot.ask(WELCOME, greeting, request) == 0
            await entering
            await here.fake.enter("zhangsan")
            assert bot.pushed == []
            here.clock[0] += timedelta(days=1)
            entering = background(here.fake.enter("zhangsan"))
            await bot.next()
            await entering

    asyncio.run(main())


def test_nobody_is_pushed_to_before_they_have_written():
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            await bot.subscribe()
            assert await bot.ask(PUSH, MARKDOWN) == 846607
            assert await bot.ask(PUSH, MARKDOWN | {"chatid": "nobody"}) == 93006
            await here.fake.tell("zhangsan", {"msgtype": "text"})
            assert await bot.ask(PUSH, MARKDOWN) == 0
            text = {"chatid": "zhangsan", "msgtype": "text", "text": {"content": "好"}}
            assert await bot.ask(PUSH, text) == 40008
            long = MARKDOWN | {"markdown": {"content": "字" * 7000}}
            assert await bot.ask(PUSH, long) == 40058

    asyncio.run(main())


def test_a_conversation_takes_thirty_messages_a_minute_replies_included():
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            await bot.subscribe()
            saying = background(here.fake.tell("zhangsan", {"msgtype": "text"}))
            request, _ = await bot.next()
            assert await bot.ask(REPLY, WORDS, request) == 0
            await saying
            codes = [await bot.ask(PUSH, MARKDOWN) for _ in range(30)]
            assert codes == [0] * 29 + [846607]
            here.clock[0] += timedelta(minutes=1)
            assert await bot.ask(PUSH, MARKDOWN) == 0

    asyncio.run(main())


def test_a_press_is_told_once_and_its_card_changed_in_its_window():
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            await bot.subscribe()
            here.fake.desk.written.add("zhangsan")
            sent = {"chatid": "zhangsan", "msgtype": "template_card", "template_card": CARD}
            assert await bot.ask(PUSH, sent) == 0
            assert await bot.ask(PUSH, sent) == 846625
            pressing = background(here.fake.press(here.shown[0], "yes", {}))
            request, body = await bot.next()
            pressed = body["event"]["template_card_event"]
            assert (pressed["event_key"], pressed["task_id"]) == ("yes", "task-1")
            done = {**CARD, "main_title": {"title": "已同意"}}
            change = {"response_type": "update_template_card", "template_card": done}
            other = {**change, "template_card": {**done, "task_id": "task-2"}}
            assert await bot.ask(UPDATE, other, request) == 846625
            assert await bot.ask(UPDATE, change, request) == 0
            assert await bot.ask(UPDATE, change, request) == 846606
            await pressing
            (message,) = here.shown
            assert (message.state, message.wire["main_title"]) == ("updated", {"title": "已同意"})
            assert bot.pushed == []

    asyncio.run(main())


@pytest.mark.parametrize(
    "wrong",
    [
        {"button_list": [{"text": "开", "type": 1, "url": "https://e.cn", "key": "k"}]},
        {"horizontal_content_list": [{"keyname": "文", "type": 2, "media_id": "m"}]},
        {"replace_text": "好了"},
        {"task_id": "没有中文"},
        {"task_id": ""},
        {"card_type": "text_input"},
        {"jump_list": [{"title": "问", "type": 3, "question": "字" * 70}]},
    ],
)
def test_a_card_beyond_what_bots_may_show_is_refused(wrong):
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            await bot.subscribe()
            here.fake.desk.written.add("zhangsan")
            body = {"chatid": "zhangsan", "msgtype": "template_card"}
            assert await bot.ask(PUSH, {**body, "template_card": {**CARD, **wrong}}) > 0
            assert here.shown == []

    asyncio.run(main())


def test_in_a_group_only_the_group_sees_the_answer():
    async def main() -> None:
        async with lab() as here, client(here) as bot:
            await bot.subscribe()
            saying = background(here.fake.tell("zhangsan", {"msgtype": "text"}, chat="g1"))
            request, body = await bot.next()
            assert (body["chattype"], body["chatid"]) == ("group", "g1")
            assert await bot.ask(REPLY, WORDS, request) == 0
            await saying
            assert (here.fake.desk.groups["g1"], here.shown) == (["好"], [])

    asyncio.run(main())


def test_what_is_said_while_nobody_is_connected_is_lost():
    async def main() -> None:
        async with lab() as here:
            await here.fake.say("zhangsan", "/帮助")
            async with client(here) as bot:
                await bot.subscribe()
                assert await bot.ask("ping") == 0
                assert bot.pushed == []

    asyncio.run(main())
