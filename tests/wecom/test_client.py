"""Our client against a WeCom that answers whatever the test says (respx)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import respx

from bot.platforms.api import LoginRefused, Receipt, Undelivered
from bot.platforms.wecom.client import WeComPlatform
from cards.model import Button, Card, Text
from cards.render.slot import Slot
from tests.wecom import kit
from tests.wecom.client_kit import OK, REQUEST, TOKENS, answers, failure, send, using, wecom_api

CARD = Card("线索", buttons=(Button("已联系", "lead.contacted"),))


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with wecom_api() as router:
        yield router


def test_a_message_goes_to_one_member_and_asks_not_to_be_doubled(api):
    route = answers(api, {**OK, "response_code": "RC"})
    assert using(send) == Receipt("M1", "RC")
    request = route.calls.last.request
    assert request.url.params["access_token"] == TOKENS[0]
    assert json.loads(request.content) == {
        "touser": "lisi",
        "agentid": kit.AGENT,
        "msgtype": "text",
        "text": {"content": "好"},
        "duplicate_check_interval": 14000,
        "enable_id_trans": 0,
        "enable_duplicate_check": 1,
    }


def test_a_retry_repeats_the_same_bytes_even_if_the_stored_keys_moved(api):
    route = answers(api, httpx.ReadTimeout("slow"), OK)
    platform_request = {
        "msgtype": "text",
        "duplicate_check_interval": 14000,
        "text": {"content": "好"},
    }

    async def twice(platform: WeComPlatform) -> None:
        with pytest.raises(Undelivered):
            await platform.send("lisi", REQUEST)
        await platform.send("lisi", dict(reversed(platform_request.items())))

    using(twice)
    first, second = (call.request.content for call in route.calls)
    assert first == second


def test_two_equal_texts_are_two_requests(api):
    async def rendered(platform: WeComPlatform) -> list:
        return [platform.render(Text("没有待办"), Slot(ref, 1)) for ref in ("D1", "D2")]

    first, second = using(rendered)
    assert first != second


def test_a_card_is_rendered_with_the_body_that_updates_it(api):
    async def rendered(platform: WeComPlatform) -> dict:
        return platform.render(CARD, Slot("D1", 3))

    request = using(rendered)
    assert request["template_card"]["task_id"] == "D1"
    assert "task_id" not in request["update"]
    assert json.loads(json.dumps(request)) == request


def test_an_update_spends_the_response_code_on_one_member(api):
    route = answers(api, {**OK, "invaliduser": []}, path="message/update_template_card")

    async def update(platform: WeComPlatform) -> Receipt:
        request = platform.render(CARD, Slot("D1", 3))
        return await platform.update("lisi", Receipt("M1", "RC"), request)

    assert using(update) == Receipt("M1", "")
    body = json.loads(route.calls.last.request.content)
    assert (body["userids"], body["response_code"]) == (["lisi"], "RC")
    assert body["template_card"]["card_type"] == "button_interaction"


@pytest.mark.parametrize(
    ("receipt", "request_"),
    [(Receipt("M1"), {"update": {}}), (Receipt("M1", "RC"), REQUEST)],
    ids=["no token", "a text"],
)
def test_what_can_never_be_updated_is_not_tried(api, receipt, request_):
    problem = failure(lambda platform: platform.update("lisi", receipt, request_))
    assert (problem.reason, problem.retry_after) == ("not_updatable", None)
    assert not api.calls


CODES = [
    (45009, "rate_limited", True, False),
    (45033, "rate_limited", True, False),
    (45035, "rate_limited", True, False),
    (-1, "channel_down", True, True),
    (6000, "channel_down", True, True),
    (99999, "channel_down", True, True),
    *((code, "config", True, True) for code in (40013, 40091, 41001, 43012, 48002, 48006, 48011)),
    *((code, "config", True, True) for code in (60011, 60020, 301002)),
    *((code, "user_out_of_scope", False, True) for code in (50002, 60021, 81013)),
    *((code, "user_left", False, True) for code in (40003, 60111)),
    *((code, "card_invalid", False, True) for code in (40008, 40058, 40206)),
    *((code, "media_expired", True, True) for code in (40007, 40145)),
    (45001, "media_too_large", False, True),
    *((code, "card_invalid", False, True) for code in (41033, 44004, 45002, 45008)),
    *((code, "card_invalid", False, True) for code in (82001, 82002, 82003, 42014)),
    *((code, "card_invalid", False, True) for code in range(42027, 42052)),
    *((code, "not_updatable", False, True) for code in (42015, 42016, 60140)),
]


@pytest.mark.parametrize(("code", "reason", "again", "spent"), CODES)
def test_every_errcode_says_what_to_do_next(api, code, reason, again, spent):
    answers(api, {"errcode": code, "errmsg": "no"})
    problem = failure()
    assert (problem.reason, problem.spent) == (reason, spent)
    assert (problem.retry_after is not None, problem.ambiguous) == (again, False)
    assert problem.detail.startswith(str(code))


def test_a_refused_address_is_quoted_for_the_administrator(api):
    errmsg = "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info at …"
    answers(api, {"errcode": 60020, "errmsg": errmsg})
    assert failure().detail == "60020 from ip 203.0.113.7"


@pytest.mark.parametrize(
    ("reply", "reason", "ambiguous"),
    [
        (httpx.ReadTimeout("slow"), "channel_down", True),
        (httpx.RemoteProtocolError("cut"), "channel_down", True),
        (httpx.ConnectError("refused"), "channel_down", False),
        (httpx.ConnectTimeout("lost"), "channel_down", False),
        (httpx.Response(502, html="<h1>bad gateway</h1>"), "channel_down", True),
        (httpx.Response(404, text="?"), "channel_down", False),
        (httpx.Response(200, html="<h1>portal</h1>"), "channel_down", True),
        (httpx.Response(200, text='{"errcode":0,"msg'), "channel_down", True),
        (httpx.Response(200, content=b"\xff\xfe"), "channel_down", True),
        (httpx.Response(200, json=[]), "channel_down", True),
        (httpx.Response(200, json={"errcode": "0"}), "channel_down", False),
        (httpx.Response(429), "rate_limited", False),
    ],
)
def test_a_broken_line_is_told_apart_from_a_refusal(api, reply, reason, ambiguous):
    answers(api, reply)
    problem = failure()
    assert (problem.reason, problem.ambiguous) == (reason, ambiguous)
    assert problem.retry_after is not None


@pytest.mark.parametrize("field", ["invaliduser", "unlicenseduser"])
def test_a_success_that_reached_nobody_is_a_failure(api, field):
    answers(api, {**OK, field: "lisi"})
    problem = failure()
    assert (problem.reason, problem.retry_after) == ("user_out_of_scope", None)


def test_an_update_for_somebody_who_never_had_the_card_is_a_failure(api):
    answers(api, {**OK, "invaliduser": ["lisi"]}, path="message/update_template_card")
    problem = failure(lambda p: p.update("lisi", Receipt("M1", "RC"), {"update": {}}))
    assert problem.reason == "user_out_of_scope"


@pytest.mark.parametrize(
    "reply",
    [httpx.ReadTimeout("slow"), httpx.Response(500), {"errcode": 60020, "errmsg": "x"}],
)
def test_no_secret_reaches_a_log_or_an_exception(api, reply, caplog, capsys):
    logging.getLogger("httpx").setLevel(logging.WARNING)  # as the service's logging does
    caplog.set_level(logging.DEBUG)
    answers(api, reply)
    problem = failure()
    told = f"{problem!r} {problem.__cause__!r} {caplog.text} {capsys.readouterr()}"
    for secret in (*TOKENS, kit.SECRET, "access_token=", "corpsecret="):
        assert secret not in told


def test_the_login_address_brings_the_phone_back_with_a_code(api):
    async def address(platform: WeComPlatform) -> str:
        return platform.authorise_url("https://bot.example.com/h5/login/1?a=b", "S1")

    assert using(address) == (
        "http://127.0.0.1:9/connect/oauth2/authorize?appid=ww_corp"
        "&redirect_uri=https%3A%2F%2Fbot.example.com%2Fh5%2Flogin%2F1%3Fa%3Db"
        "&response_type=code&scope=snsapi_base&state=S1&agentid=1000002#wechat_redirect"
    )


@pytest.mark.parametrize("state", ["", "a-b", "a" * 129, "状态"])
def test_a_state_wecom_would_not_return_is_a_bug_of_the_caller(api, state):
    async def address(platform: WeComPlatform) -> str:
        return platform.authorise_url("https://bot.example.com/", state)

    with pytest.raises(ValueError, match="state"):
        using(address)


def test_a_login_code_names_the_member(api):
    route = answers(api, {"errcode": 0, "userid": "lisi"}, path="auth/getuserinfo")
    assert using(lambda p: p.user_of("C1")) == "lisi"
    assert route.calls.last.request.url.params["code"] == "C1"


@pytest.mark.parametrize(
    "reply", [{"errcode": 40029}, {"errcode": 42022}, {"errcode": 0, "openid": "o"}]
)
def test_a_bad_code_or_an_outsider_is_not_let_in(api, reply):
    answers(api, reply, path="auth/getuserinfo")
    with pytest.raises(LoginRefused):
        using(lambda p: p.user_of("C1"))


def test_a_login_that_could_not_be_asked_is_a_channel_problem(api):
    answers(api, httpx.Response(502), path="auth/getuserinfo")
    assert failure(lambda p: p.user_of("C1")).reason == "channel_down"


def test_the_menu_is_set_for_the_app(api):
    route = answers(api, OK, path="menu/create")
    using(lambda p: p.set_menu([("商机", "/商机"), ("帮助", "/帮助")]))
    assert route.calls.last.request.url.params["agentid"] == str(kit.AGENT)
    assert json.loads(route.calls.last.request.content)["button"][1] == {
        "type": "click",
        "name": "帮助",
        "key": "/帮助",
    }


def test_a_menu_wecom_does_not_take_is_a_config_error(api):
    answers(api, {"errcode": 40016}, path="menu/create")
    assert failure(lambda p: p.set_menu([("x", "y")] * 4)).reason == "config"


def test_waits_are_short_for_a_busy_line_and_long_for_a_repair(api):
    answers(api, {"errcode": -1}, {"errcode": 60020}, {"errcode": 40013})
    waits = [failure().retry_after for _ in range(3)]
    assert waits == [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10)]
