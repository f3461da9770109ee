"""The page's HTML, its files and its feed, without a browser."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime, timedelta

import pytest

from bot.simulator.http import POLICY
from bot.simulator.page import events
from bot.simulator.page.events import feed
from bot.simulator.page.phones_page import next_monday
from tests.simulator.kit import Caller, EchoWorld
from tests.simulator.samples import AT, SAMPLES


@pytest.fixture
def world():
    return EchoWorld()


@pytest.fixture
def web(world):
    return Caller(world)


def test_three_phones_lie_on_the_desk_at_first(web):
    html = web.get("/sim").text
    shown = ["张三的企业微信", "张三的钉钉", "王经理的企业微信"]
    assert re.findall('data-name="(.+?)"', html) == shown


def test_any_person_and_platform_can_be_chosen_by_address(web):
    html = web.get("/sim?phone=p3.dingtalk&phone=李四.wecom&phone=谁.wecom").text
    assert re.findall('data-name="(.+?)"', html) == ["王经理的钉钉", "李四的企业微信"]


def test_a_phone_lists_the_apps_menu(web, world):
    assert web.get("/sim?phone=张三.wecom").text.count("data-key=") == len(world.wecom.menu)
    assert "data-key=" not in web.get("/sim?phone=张三.dingtalk").text


def test_a_demo_without_dingtalk_shows_no_dingtalk_phone(web, world):
    world.dingtalk = None
    assert 'data-platform="dingtalk"' not in web.get("/sim").text


def test_every_answer_carries_the_strict_policy_and_the_page_needs_no_exception(web):
    for path in ("/sim", "/sim/cards", "/sim/static/page.css", "/sim/api/people"):
        assert web.get(path).headers["Content-Security-Policy"] == POLICY
    for path in ("/sim", "/sim/cards"):
        html = web.get(path).text
        assert not any(bad in html for bad in ("<style", " style=", "<script>", " onclick="))


def test_only_the_pages_own_files_are_served(web):
    assert web.get("/sim/static/logo.svg").headers["Content-Type"] == "image/svg+xml"
    for path in ("/sim/static/..%2Fapi.py", "/sim/static/nothing.css"):
        assert web.get(path).status_code == 404


def test_the_gallery_shows_every_sample_light_and_dark_with_its_json(web):
    html = web.get("/sim/cards").text
    samples = [message for states in SAMPLES.values() for message in states.values()]
    assert html.count('data-theme="light"') == html.count('data-theme="dark"') == len(samples)
    assert html.count("复制 JSON") == len(samples)


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (AT, "2026-11-30T09:00:00+08:00"),
        (AT - timedelta(hours=2), "2026-11-23T09:00:00+08:00"),
        (AT - timedelta(hours=1), "2026-11-30T09:00:00+08:00"),
        (datetime.fromisoformat("2026-11-22T20:00:00+00:00"), "2026-11-23T09:00:00+08:00"),
    ],
)
def test_next_monday_is_the_one_still_to_come_in_china(now, monday):
    assert next_monday(now).isoformat() == monday


async def heard(stream, name):
    """The data of the next event called `name`."""
    async for event in stream:
        head, _, data = event.partition("\n")
        if head == f"event: {name}":
            return json.loads(data.removeprefix("data: "))
    return None


def test_a_reader_first_gets_everything_then_every_change(world):
    async def scenario():
        await world.wecom.say("zhangsan", "早")
        stream = feed(world)
        first = await heard(stream, "message")
        second = await heard(stream, "message")
        clock = await heard(stream, "clock")
        world.phones.change(second["id"], wire={"content": "改了"})
        changed = await heard(stream, "message")
        await stream.aclose()
        return first, second, clock, changed

    first, second, clock, changed = asyncio.run(scenario())
    assert first["phone"] == "p1.wecom"
    assert "早" in first["html"]
    assert clock == {"now": "2026-11-23 周一 10:00:00", "monday": "2026-11-30T09:00:00+08:00"}
    assert changed["id"] == second["id"]
    assert "改了" in changed["html"]


def test_a_reader_hears_that_time_passed(world, monkeypatch):
    monkeypatch.setattr(events, "_TICK", 0.001)

    async def scenario():
        stream = feed(world)
        await heard(stream, "clock")
        await world.advance(AT + timedelta(hours=3))
        clock = await heard(stream, "clock")
        await stream.aclose()
        return clock

    assert asyncio.run(scenario())["now"] == "2026-11-23 周一 13:00:00"


def test_a_reset_tells_the_reader_to_start_anew(world, monkeypatch):
    monkeypatch.setattr(events, "_TICK", 0.001)

    async def scenario():
        await world.wecom.say("zhangsan", "早")
        stream = feed(world)
        await heard(stream, "clock")
        await world.reset()
        return await heard(stream, "reset")

    assert asyncio.run(scenario()) == {}


def test_a_reader_who_cannot_keep_up_is_sent_back_for_everything(world):
    async def scenario():
        stream = feed(world)
        await heard(stream, "clock")
        for number in range(1001):
            world.phones.show("wecom", "zhangsan", "text", {"content": str(number)})
        return [event async for event in stream]

    assert asyncio.run(scenario()) == []


def test_nobody_is_watched_for_after_leaving(world):
    async def scenario():
        stream = feed(world)
        await heard(stream, "clock")
        await stream.aclose()

    asyncio.run(scenario())
    assert world.phones._watchers == set()
