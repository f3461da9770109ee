"""Sending: every refusal is typed by what to do next, tokens are fetched once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from bot.platforms.api import Receipt, Undelivered
from bot.platforms.dingtalk.client import DingTalkPlatform
from cards.model import Text
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, NOW, settings

API = "https://api.dingtalk.com"
TOKEN = f"{API}/v1.0/oauth2/accessToken"
CARD = f"{API}/v1.0/card/instances/createAndDeliver"
UPDATE = f"{API}/v1.0/card/instances"
MESSAGE = f"{API}/v1.0/robot/oToMessages/batchSend"
DELIVERED = {"success": True, "result": {"deliverResults": [{"spaceId": "user1", "success": True}]}}
SENT = {"processQueryKey": "pqk", "invalidStaffIdList": [], "flowControlledStaffIdList": []}
SLOT = Slot("card-1", 1)


def token(name: str = "token-1", life: int = 7200) -> httpx.Response:
    return httpx.Response(200, json={"accessToken": name, "expireIn": life})


def run(
    use: Callable[[DingTalkPlatform], Any],
    now: Callable[[], datetime] = lambda: NOW,
    **changes: Any,
) -> Any:
    async def main() -> Any:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await use(DingTalkPlatform(settings(**changes), http, now))

    return asyncio.run(main())


async def send_card(platform: DingTalkPlatform) -> Receipt:
    return await platform.send("user1", platform.render(APPROVAL, SLOT))


async def send_text(platform: DingTalkPlatform) -> Receipt:
    return await platform.send("user1", platform.render(Text("好的"), SLOT))


async def update_card(platform: DingTalkPlatform) -> Receipt:
    return await platform.update("user1", Receipt("card-1"), platform.render(APPROVAL, SLOT))


def failure(use: Callable[[DingTalkPlatform], Any], **changes: Any) -> Undelivered:
    with pytest.raises(Undelivered) as undelivered:
        run(use, **changes)
    return undelivered.value


@respx.mock
def test_a_card_is_one_call_that_names_its_own_id():
    respx.post(TOKEN).mock(token())
    route = respx.post(CARD).mock(httpx.Response(200, json=DELIVERED))
    assert run(send_card) == Receipt("card-1")

    call = route.calls.last.request
    body = json.loads(call.content)
    assert call.headers["x-acs-dingtalk-access-token"] == "token-1"
    assert body["outTrackId"] == "card-1"
    assert body["callbackType"] == "STREAM"
    assert body["openSpaceId"] == "dtv1.card//IM_ROBOT.user1"
    assert body["imRobotOpenDeliverModel"] == {"spaceType": "IM_ROBOT", "robotCode": "dingrobot"}
    assert body["imRobotOpenSpaceModel"]["lastMessageI18n"] == {"ZH_CN": "报价审批"}
    assert all(isinstance(v, str) for v in body["cardData"]["cardParamMap"].values())


@respx.mock
def test_in_http_mode_presses_are_routed_to_our_address():
    respx.post(TOKEN).mock(token())
    route = respx.post(CARD).mock(httpx.Response(200, json=DELIVERED))
    run(send_card, mode="http")
    body = json.loads(route.calls.last.request.content)
    assert (body["callbackType"], body["callbackRouteKey"]) == ("HTTP", "jianliu")


@respx.mock
def test_an_update_names_its_variables_one_by_one():
    respx.post(TOKEN).mock(token())
    route = respx.put(UPDATE).mock(httpx.Response(200, json={"success": True, "result": True}))
    assert run(update_card) == Receipt("card-1")
    body = json.loads(route.calls.last.request.content)
    assert body["cardUpdateOptions"] == {
        "updateCardDataByKey": True,
        "updatePrivateDataByKey": True,
    }


@respx.mock
def test_a_text_goes_out_as_json_inside_json():
    respx.post(TOKEN).mock(token())
    route = respx.post(MESSAGE).mock(httpx.Response(200, json=SENT))
    assert run(send_text) == Receipt("pqk")
    body = json.loads(route.calls.last.request.content)
    assert (body["userIds"], body["msgKey"]) == (["user1"], "sampleText")
    assert json.loads(body["msgParam"]) == {"content": "好的"}


@respx.mock
def test_a_card_that_exists_already_was_delivered_by_an_attempt_before():
    respx.post(TOKEN).mock(token())
    respx.post(CARD).mock(httpx.Response(400, json={"code": "param.cardAlreadyExist"}))
    assert run(send_card) == Receipt("card-1")


@respx.mock
def test_many_senders_at_once_fetch_one_token():
    route = respx.post(TOKEN).mock(token())
    respx.post(CARD).mock(httpx.Response(200, json=DELIVERED))

    async def many(platform: DingTalkPlatform) -> None:
        await asyncio.gather(*(send_card(platform) for _ in range(20)))

    run(many)
    assert route.call_count == 1


@respx.mock
def test_a_token_is_renewed_ten_minutes_before_it_ends():
    route = respx.post(TOKEN).mock(side_effect=[token("token-1"), token("token-2")])
    cards = respx.post(CARD).mock(httpx.Response(200, json=DELIVERED))
    clock = [NOW]

    async def later(platform: DingTalkPlatform) -> None:
        for minutes in (0, 109, 2):
            clock[0] += timedelta(minutes=minutes)
            await send_card(platform)

    run(later, now=lambda: clock[0])
    assert route.call_count == 2
    used = [c.request.headers["x-acs-dingtalk-access-token"] for c in cards.calls]
    assert used == ["token-1", "token-1", "token-2"]


@respx.mock
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": "InvalidAuthentication"}),
        (200, {"errcode": 40014}),
        (200, {"errcode": 42001}),
        (200, {"errcode": 88, "sub_code": "40014"}),
    ],
)
def test_a_refused_token_is_renewed_and_the_call_repeated_exactly_once(status, body):
    tokens = respx.post(TOKEN).mock(side_effect=[token("old"), token("new")])
    bad = httpx.Response(status, json=body)
    cards = respx.post(CARD).mock(side_effect=[bad, httpx.Response(200, json=DELIVERED)])
    assert run(send_card) == Receipt("card-1")
    assert (tokens.call_count, cards.call_count) == (2, 2)
    assert cards.calls.last.request.headers["x-acs-dingtalk-access-token"] == "new"


@respx.mock
def test_a_token_that_is_refused_for_ever_does_not_make_us_loop():
    respx.post(TOKEN).mock(token())
    cards = respx.post(CARD).mock(httpx.Response(400, json={"code": "InvalidAuthentication"}))
    undelivered = failure(send_card)
    assert (undelivered.reason, cards.call_count) == ("channel_down", 2)


@respx.mock
def test_wrong_credentials_are_a_matter_for_the_admin():
    body = {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
    respx.post(TOKEN).mock(httpx.Response(400, json=body))
    undelivered = failure(send_card)
    assert (undelivered.reason, undelivered.ambiguous) == ("config", False)
    assert "app-secret" not in str(undelivered)


CASES = [
    # status, code, reason, comes back, counts as an attempt, may have arrived
    (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "rate_limited", True, False, False),
    (403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", "rate_limited", True, False, False),
    (403, "Forbidden.AccessDenied.QpsLimitForApi", "rate_limited", True, False, False),
    (400, "send.too.fast", "rate_limited", True, False, False),
    (400, "too.many.people", "rate_limited", True, False, False),
    (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", "quota_exhausted", True, False, False),
    (403, "Forbidden.AccessDenied.IpNotInWhiteList", "config", True, True, False),
    (400, "param.templateUnpublished", "config", True, True, False),
    (400, "invalidParameter.robotCode.notExsit", "config", True, True, False),
    (400, "chatbotId.notAllow.sendOTO", "config", True, True, False),
    (400, "staffId.notExisted", "user_left", False, True, False),
    (400, "param.userIdNotExist", "user_left", False, True, False),
    (400, "param.contentUnsafe", "card_invalid", False, True, False),
    (400, "miss.param.contentOfText", "card_invalid", False, True, False),
    (400, "contain.notAllowed.text", "card_invalid", False, True, False),
    (400, "something.new", "card_invalid", False, True, False),
    (400, "param.cardNotExist", "not_updatable", False, True, False),
    (500, "system.busy", "channel_down", True, True, True),
    (504, "whatever", "channel_down", True, True, True),
]


@respx.mock
@pytest.mark.parametrize(("status", "code", "reason", "again", "spent", "ambiguous"), CASES)
def test_a_refusal_says_what_to_do_next(status, code, reason, again, spent, ambiguous):  # noqa: PLR0917 - one column each
    respx.post(TOKEN).mock(token())
    respx.post(CARD).mock(httpx.Response(status, json={"code": code, "requestid": "R1"}))
    undelivered = failure(send_card)
    assert undelivered.reason == reason
    assert (undelivered.retry_after is not None) is again
    assert (undelivered.spent, undelivered.ambiguous) == (spent, ambiguous)
    assert undelivered.detail == f"{code} requestid=R1"


@respx.mock
def test_a_missing_permission_names_the_scope_to_grant():
    body = {
        "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
        "accessdenieddetail": {"requiredScopes": ["Card.Instance.Write"]},
    }
    respx.post(TOKEN).mock(token())
    respx.post(CARD).mock(httpx.Response(403, json=body))
    undelivered = failure(send_card)
    assert undelivered.reason == "permission"
    assert "Card.Instance.Write" in undelivered.detail


@respx.mock
@pytest.mark.parametrize(
    ("problem", "ambiguous"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.ReadTimeout, True),
        (httpx.RemoteProtocolError, True),
    ],
)
def test_no_answer_is_ambiguous_once_a_connection_stood(problem, ambiguous):
    respx.post(TOKEN).mock(token())
    respx.post(MESSAGE).mock(side_effect=problem("gone"))
    undelivered = failure(send_text)
    assert (undelivered.reason, undelivered.ambiguous) == ("channel_down", ambiguous)
    assert undelivered.retry_after


@respx.mock
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>denied</html>"),
        httpx.Response(200, json={"status": 1111, "wait": 5, "punish": "deny"}),
        httpx.Response(400, text="no"),
    ],
)
def test_a_guard_that_speaks_no_json_means_too_many_calls_from_our_address(answer):
    respx.post(TOKEN).mock(token())
    respx.post(CARD).mock(answer)
    undelivered = failure(send_card)
    assert (undelivered.reason, undelivered.spent) == ("rate_limited", False)
    assert undelivered.retry_after == timedelta(minutes=5)


@respx.mock
@pytest.mark.parametrize("status", [502, 503])
def test_a_broken_gateway_that_speaks_html_is_a_channel_that_is_down(status):
    respx.post(TOKEN).mock(token())
    respx.post(CARD).mock(httpx.Response(status, html="<h1>bad gateway</h1>"))
    undelivered = failure(send_card)
    assert (undelivered.reason, undelivered.ambiguous) == ("channel_down", True)


@respx.mock
@pytest.mark.parametrize(
    ("held", "reason", "again"),
    [
        ({"invalidStaffIdList": ["user1"]}, "user_left", False),
        ({"flowControlledStaffIdList": ["user1"]}, "rate_limited", True),
        ({"filteredStaffIdList": ["user1"]}, "config", True),
    ],
)
def test_http_200_can_mean_that_nobody_got_it(held, reason, again):
    respx.post(TOKEN).mock(token())
    respx.post(MESSAGE).mock(httpx.Response(200, json=SENT | held))
    undelivered = failure(send_text)
    assert (undelivered.reason, undelivered.retry_after is not None) == (reason, again)


@respx.mock
def test_a_card_that_was_made_but_not_delivered_is_never_repeated():
    results = [{"spaceId": "user1", "success": False, "errorMsg": "param.userIdNotExist"}]
    respx.post(TOKEN).mock(token())
    respx.post(CARD).mock(
        httpx.Response(200, json={"success": True, "result": {"deliverResults": results}})
    )
    undelivered = failure(send_card)
    assert (undelivered.reason, undelivered.retry_after) == ("user_left", None)


@respx.mock
@pytest.mark.parametrize("use", [send_card, update_card])
def test_success_false_is_no_success(use):
    respx.post(TOKEN).mock(token())
    respx.route().mock(httpx.Response(200, json={"success": False}))
    respx.post(TOKEN).mock(token())
    assert failure(use).reason == "card_invalid"


def test_a_message_can_never_be_updated():
    async def update_text(platform: DingTalkPlatform) -> Receipt:
        return await platform.update("user1", Receipt("pqk"), platform.render(Text("x"), SLOT))

    assert failure(update_text).reason == "not_updatable"


def test_a_card_whose_template_left_the_configuration_waits_for_the_admin():
    async def send_stored(platform: DingTalkPlatform) -> Receipt:
        return await platform.send("user1", stored)

    stored = run(lambda platform: asyncio.sleep(0, platform.render(APPROVAL, SLOT)))
    with respx.mock:
        respx.post(TOKEN).mock(token())
        undelivered = failure(send_stored, templates={})
    assert undelivered.reason == "config"
    assert "templates.card" in undelivered.detail


def test_the_tenant_is_the_organisation_or_else_the_app():
    assert run(lambda p: asyncio.sleep(0, p.tenant)) == "dingcorp"
    assert run(lambda p: asyncio.sleep(0, p.tenant), corp_id="") == "dingclient"
