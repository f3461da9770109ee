"""What a finger does on a fake phone reaches the service as WeCom would bring it."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.clock import wall
from bot.simulator.wecom import callbacks
from bot.simulator.wecom.happenings import HAPPENINGS
from tests.wecom import kit
from tests.wecom.fake_kit import World, card, promise, running, template

OPTIONS = [{"id": "none", "text": "— 请选择 —"}, {"id": "3.0", "text": "恒信阀门"}]
PICK = {
    "card_type": "multiple_interaction",
    "button_list": None,
    "select_list": [{"question_key": "choice", "option_list": OPTIONS}],
    "submit_button": {"text": "确定", "key": "3.form"},
}


@promise
async def test_what_is_typed_is_shown_and_heard(world):
    world.clock.advance(hours=72)
    await world.fake.say("ZhangSan", "/线索 恒信阀门 ]]> 👍🏽")
    (inbound,) = world.heard
    assert (inbound.kind, inbound.account) == ("text", "ZhangSan")
    assert inbound.text == "/线索 恒信阀门 ]]> 👍🏽"
    assert inbound.at == world.clock.at
    (bubble,) = world.shown("ZhangSan")
    assert (bubble.outgoing, bubble.wire) == (False, {"content": inbound.text})


@promise
async def test_characters_xml_cannot_carry_are_not_sent(world):
    await world.fake.say("lisi", "a\0b\ud800c")
    assert world.heard[0].text == "abc"


@promise
async def test_saying_the_same_twice_is_two_messages(world):
    await world.fake.say("lisi", "好")
    await world.fake.say("lisi", "好")
    assert len({inbound.event_key for inbound in world.heard}) == 2


@promise
async def test_a_press_brings_the_card_the_key_and_a_fresh_code(world):
    sent_code = (await world.send(template("T1")))["response_code"]
    await world.fake.press(world.shown()[0], "1.0", {})
    (inbound,) = world.heard
    assert (inbound.kind, inbound.ref, inbound.key, inbound.values) == ("press", "T1", "1.0", {})
    assert inbound.reply_token not in ("", sent_code)
    body = {"userids": ["lisi"], "response_code": inbound.reply_token, "template_card": card(None)}
    assert (await world.update(body))["errcode"] == 0
    assert world.shown()[0].state == "updated"


@promise
async def test_a_drop_down_always_has_a_value_and_keeps_the_chosen_one(world):
    await world.send(template("T1", **PICK))
    (message,) = world.shown()
    await world.fake.press(message, "3.form", {})
    await world.fake.press(message, "3.form", {"choice": "3.0", "not on the card": "x"})
    assert [inbound.values for inbound in world.heard] == [{"choice": "none"}, {"choice": "3.0"}]
    assert world.shown()[0].chosen == {"choice": "3.0"}


@promise
async def test_several_ticks_come_back_together(world):
    checkbox = {"question_key": "q", "mode": 1, "option_list": OPTIONS}
    vote = {**PICK, "card_type": "vote_interaction", "select_list": None, "checkbox": checkbox}
    await world.send(template("T1", **vote))
    await world.fake.press(world.shown()[0], "3.form", {"q": "none,3.0"})
    await world.fake.press(world.shown()[0], "3.form", {"q": ""})
    assert [inbound.values for inbound in world.heard] == [{"q": "none,3.0"}, {"q": ""}]


@promise
async def test_an_entry_behind_the_dots_is_an_event_of_its_own(world):
    menu = {"desc": "操作", "action_list": [{"text": "稍后", "key": "1.later"}]}
    await world.send(template("T1", action_menu=menu))
    await world.fake.press(world.shown()[0], "1.later", {})
    told = world.wire.after()[-1].decoded
    assert "<Event><![CDATA[template_card_menu_event]]></Event>" in told
    assert "<EventKey><![CDATA[1.later]]></EventKey>" in told
    assert "<TaskId><![CDATA[T1]]></TaskId>" in told


@promise
async def test_an_entry_that_opens_a_page_is_a_view(world):
    url = "https://a.example/board"
    buttons = [{"type": "view", "name": "看板", "url": url}]
    await world.call("menu/create", {"button": buttons}, agentid=str(kit.AGENT))
    await world.fake.tap_menu("lisi", url)
    told = world.wire.after()[-1].decoded
    assert "<Event><![CDATA[view]]></Event>" in told
    assert f"<EventKey><![CDATA[{url}]]></EventKey>" in told


@pytest.mark.parametrize("sort", sorted(HAPPENINGS))
def test_whatever_a_phone_causes_is_authentic_and_read_by_wechatpy_alike(sort):
    async def work(world: World) -> None:
        await world.fake.happen("lisi", sort, {"label": "人民广场"})
        (inbound,) = world.heard
        plain = kit.parse_message(world.wire.after()[-1].decoded)
        assert inbound.account == plain.source == "lisi"
        word = plain.event if plain.type == "event" else plain.type
        assert word.lower() == {"position": "location"}.get(sort, sort)
        assert bool(world.shown()) is (plain.type != "event")
        if sort == "location":
            assert plain.label == "人民广场"

    running(work)


@promise
async def test_a_menu_tap_is_its_key(world):
    await world.fake.tap_menu("lisi", "/商机")
    assert (world.heard[0].kind, world.heard[0].text) == ("menu", "/商机")


@promise
async def test_a_service_that_fails_is_told_three_times_the_same_in_other_bytes(world):
    async def fails(_: int) -> int:
        return 503

    world.plan = fails
    await world.fake.say("lisi", "好")
    assert world.statuses == [503, 503, 503]
    assert len({inbound.event_key for inbound in world.heard}) == 1
    tries = [exchange for exchange in world.wire.after() if exchange.direction == "to_bot"]
    assert len({exchange.decoded for exchange in tries}) == 1
    assert len({exchange.raw for exchange in tries}) == 3


@promise
async def test_a_service_that_recovers_is_not_told_again(world):
    async def recovers(times: int) -> int:
        return 200 if times == 2 else 500

    world.plan = recovers
    await world.fake.say("lisi", "好")
    assert world.statuses == [500, 200]


def test_a_service_that_is_too_slow_is_cut_off_and_told_again(monkeypatch):
    monkeypatch.setattr(callbacks, "SECONDS", 0.02)

    async def work(world: World) -> None:
        async def slow_once(times: int) -> int:
            if times == 1:
                await asyncio.sleep(1)
            return 200

        world.plan = slow_once
        await world.fake.say("lisi", "好")
        assert len(world.heard) == 2
        assert "timeout" in world.wire.after()[0].summary

    running(work)


@promise
async def test_a_duplicate_is_delivered_after_success(world):
    world.chaos.order("wecom", "duplicate", 1)
    await world.fake.say("lisi", "好")
    first, second = world.heard
    assert first.event_key == second.event_key


@promise
async def test_a_reordered_event_arrives_after_the_next(world):
    world.chaos.order("wecom", "reorder", 1)
    await world.fake.say("lisi", "一")
    await world.fake.say("lisi", "二")
    assert [inbound.text for inbound in world.heard] == ["二", "一"]


@promise
async def test_the_console_accepts_a_service_that_echoes_the_bare_text(world):
    assert await world.fake.verify() == "ok"


def test_wechatpy_reads_what_the_fake_sends():
    async def work(world: World) -> None:
        await world.fake.say("lisi", "你好")
        exchange = world.wire.after()[-1]
        url, body = exchange.raw.split("\n", 1)
        query = httpx.URL(url).params
        crypto = kit.WeChatCrypto(kit.TOKEN, kit.AES_KEY, kit.CORP)
        plain = crypto.decrypt_message(
            body, query["msg_signature"], query["timestamp"], query["nonce"]
        )
        assert kit.parse_message(plain).content == "你好"
        assert abs(int(query["timestamp"]) - wall().timestamp()) < 30

    running(work)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (httpx.Response(404), "HTTP 404"),
        (httpx.Response(200, text='"123"'), "the body is not the bare echostr"),
        (httpx.ConnectError("refused"), "ConnectError"),
        ("slow", "no answer within 1 s"),
    ],
)
def test_the_console_names_what_is_wrong_with_a_callback_address(monkeypatch, answer, verdict):
    monkeypatch.setattr(callbacks, "ECHO_SECONDS", 0.02)

    async def handler(_: httpx.Request) -> httpx.Response:
        if answer == "slow":
            await asyncio.sleep(1)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def work(world: World) -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:
            world.fake._callbacks._http = http
            assert await world.fake.verify() == verdict

    running(work)


def authorise(world: World, back: str, phone: str | None = "lisi") -> httpx.Request:
    return world.http.build_request(
        "GET",
        "/connect/oauth2/authorize",
        params={"appid": kit.CORP, "redirect_uri": back, "state": "S1"},
        headers={"cookie": f"sim_phone={phone}"} if phone else {},
    )


@promise
async def test_a_phone_is_sent_back_with_a_code_that_names_it_once(world):
    reply = await world.http.send(authorise(world, "http://127.0.0.1:8787/h5/login/1?a=b"))
    back = httpx.URL(reply.headers["location"])
    assert (back.path, back.params["a"], back.params["state"]) == ("/h5/login/1", "b", "S1")
    assert await world.platform.user_of(back.params["code"]) == "lisi"
    token = (await world.gettoken())["access_token"]
    query = {"access_token": token, "code": back.params["code"]}
    again = await world.http.get("/cgi-bin/auth/getuserinfo", params=query)
    assert again.json()["errcode"] == 42022


@promise
async def test_a_code_dies_after_five_minutes(world):
    reply = await world.http.send(authorise(world, "http://localhost:8787/x"))
    world.clock.advance(minutes=5)
    token = (await world.gettoken())["access_token"]
    query = {
        "access_token": token,
        "code": httpx.URL(reply.headers["location"]).params["code"],
    }
    late = await world.http.get("/cgi-bin/auth/getuserinfo", params=query)
    assert late.json()["errcode"] == 40029


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/x",
        "http://127.0.0.1@evil.example/x",
        "//evil.example",
        "javascript:alert(1)",
        "http://127.0.0.1.evil.example/",
        "http://[::1",
        "",
    ],
)
def test_a_phone_is_never_sent_to_another_machine(back):
    async def work(world: World) -> None:
        reply = await world.http.send(authorise(world, back))
        assert (reply.status_code, "location" in reply.headers) == (403, False)

    running(work)


@promise
async def test_nobodys_phone_gets_no_code(world):
    for phone in (None, "stranger"):
        reply = await world.http.send(authorise(world, "http://127.0.0.1/x", phone))
        assert reply.status_code == 403


@promise
async def test_after_a_reset_the_past_is_forgotten(world):
    await world.send(template("T1"))
    world.fake.clear()
    world.phones.clear()
    assert (await world.send(template("T1")))["errcode"] == 0
