"""The fake's old API: work notifications, group robots, sessions; every answer is a 200."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bot.simulator.dingtalk.webhook import sign
from tests.dingtalk.kit import desk, lab
from tests.dingtalk.test_fake import token

NOTIFY = "/topapi/message/corpconversation/asyncsend_v2"
RESULT = "/topapi/message/corpconversation/getsendresult"
TEXT = {"msgtype": "text", "text": {"content": "今天有 3 件事等您"}}


def play(use):
    async def main() -> None:
        async with desk() as here:
            await use(here)

    asyncio.run(main())


async def post(here, path, body, **query):
    url = f"{here.settings.api_base}{path}"
    response = await here.http.post(url, json=body, params=query)
    assert response.status_code == 200
    return response.json()


async def notify(here, people="user1", msg=TEXT):
    body = {"agent_id": 1, "userid_list": people, "msg": msg}
    return await post(here, NOTIFY, body, access_token=await token(here))


async def result(here, task):
    body = {"agent_id": 1, "task_id": task}
    return (await post(here, RESULT, body, access_token=await token(here)))["send_result"]


def test_a_bad_token_is_said_in_the_body_of_a_200():
    async def use(here):
        answer = await post(here, NOTIFY, {"userid_list": "user1", "msg": TEXT}, access_token="x")
        assert answer["errcode"] == 40014

    play(use)


def test_a_notification_always_succeeds_and_the_truth_stands_in_its_result():
    async def use(here):
        answer = await notify(here, "user1,gone")
        assert answer["errcode"] == 0
        told = await result(here, answer["task_id"])
        assert told["unread_user_id_list"] == ["user1"]
        assert told["invalid_user_id_list"] == ["gone"]
        again = await notify(here, "user1,boss")
        assert again["errcode"] == 0
        told = await result(here, again["task_id"])
        assert told["forbidden_list"] == [{"code": 143106, "count": 1, "userid": "user1"}]
        assert told["unread_user_id_list"] == ["boss"]
        assert len(here.of("user1")) == 1
        here.wait(timedelta(days=1))
        await notify(here)
        assert len(here.of("user1")) == 2

    play(use)


def test_a_person_gets_500_notifications_a_day_and_no_more():
    async def use(here):
        bearer = await token(here)
        for n in range(501):
            msg = {"msgtype": "text", "text": {"content": str(n)}}
            body = {"userid_list": "user1", "msg": msg}
            answer = await post(here, NOTIFY, body, access_token=bearer)
        assert len(here.of("user1")) == 500
        told = await result(here, answer["task_id"])
        assert told["forbidden_list"][0]["code"] == 143105

    play(use)


@pytest.mark.parametrize(
    ("people", "msg"),
    [("", TEXT), (",".join(map(str, range(101))), TEXT), ("user1", "text"),
     ("user1", {"msgtype": "text", "text": {"content": "x" * 2048}})],
)  # fmt: skip
def test_a_notification_that_breaks_a_rule_is_refused(people, msg):
    async def use(here):
        assert (await notify(here, people, msg))["errcode"] == 400002

    play(use)


def signed(secret="group-secret", age=0):
    timestamp = str(int((time.time() - age) * 1000))
    return {"timestamp": timestamp, "sign": sign(secret, f"{timestamp}\n{secret}")}


async def group(here, body=TEXT, access_token="g1", **query):
    query = query or signed()
    return (await post(here, "/robot/send", body, access_token=access_token, **query))["errcode"]


def test_a_group_robot_wants_its_token_and_a_fresh_signature():
    async def use(here):
        here.fake.org.group_robots["g1"] = "group-secret"
        assert await group(here) == 0
        assert await group(here, access_token="other") == 300001
        assert await group(here, **signed("wrong")) == 310000
        assert await group(here, **signed(age=3601)) == 310000
        assert await group(here, {"msgtype": "card"}) == 400105
        long = {"msgtype": "text", "text": {"content": "x" * 20_000}}
        assert await group(here, long) == 460101
        assert here.fake.old.said == [TEXT]

    play(use)


def test_a_group_robot_says_20_things_a_minute_then_nothing_for_ten():
    async def use(here):
        here.fake.org.group_robots["g1"] = "group-secret"
        assert [await group(here) for _ in range(22)] == [0] * 20 + [410100] * 2
        here.wait(timedelta(minutes=9))
        assert await group(here) == 410100
        here.wait(timedelta(minutes=1))
        assert await group(here) == 0

    play(use)


def test_a_session_answers_for_ninety_minutes_without_a_token():
    async def use(here):
        stream = await here.stream()
        assert stream.connected
        await here.fake.say("user1", "在吗")
        pushed = [e for e in here.wire.after() if e.summary.startswith("Stream CALLBACK")][-1]
        assert pushed.decoded["data"]["sessionWebhook"] == "***"  # whoever has it may answer
        session, _ = here.fake.old.session("user1")
        path = "/robot/sendBySession"
        assert (await post(here, path, TEXT, session=session))["errcode"] == 0
        assert here.of("user1")[-1].wire == TEXT["text"]
        here.wait(timedelta(minutes=90))
        assert (await post(here, path, TEXT, session=session))["errcode"] == 300001

    async def main() -> None:
        async with lab() as here:
            await use(here)

    asyncio.run(main())


def test_every_robot_message_brings_a_session_that_answers_to_its_sender():
    async def use(here):
        frames = []

        async def push(kind, topic, body, **rest):
            frames.append(body)
            return {}

        here.fake.gateway.push = push
        await here.fake.say("user1", "在吗")
        address = urlsplit(frames[0]["sessionWebhook"])
        ends = frames[0]["sessionWebhookExpiredTime"]
        assert ends - frames[0]["createAt"] == 5_400_000
        answer = await here.http.post(
            f"{here.settings.api_base}{address.path}?{address.query}", content=json.dumps(TEXT)
        )
        assert answer.json()["errcode"] == 0
        assert [m.wire for m in here.of("user1")] == [TEXT["text"]]

    play(use)
