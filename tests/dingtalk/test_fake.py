"""The fake is as strict as the documents: limits, codes, overlays, faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.platforms.api import Undelivered
from bot.simulator.chaos import OUTAGE
from bot.simulator.dingtalk import cards
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, TEMPLATE, Lab, desk

CARD = "/v1.0/card/instances/createAndDeliver"
UPDATE = "/v1.0/card/instances"
MESSAGE = "/v1.0/robot/oToMessages/batchSend"
OPEN = "/v1.0/gateway/connections/open"


def play(use: Callable[[Lab], Awaitable[None]], **changes: Any) -> None:
    async def main() -> None:
        async with desk(**changes) as here:
            await use(here)

    asyncio.run(main())


async def token(here: Lab) -> str:
    body = {"appKey": "dingclient", "appSecret": "app-secret"}
    url = f"{here.settings.api_base}/v1.0/oauth2/accessToken"
    return str((await here.http.post(url, json=body)).json()["accessToken"])


async def call(here: Lab, path: str, body: Any, method: str = "POST") -> tuple[int, Any]:
    headers = {"x-acs-dingtalk-access-token": await token(here)}
    url = f"{here.settings.api_base}{path}"
    response = await here.http.request(method, url, json=body, headers=headers)
    return response.status_code, response.json()


def message(**changes: Any) -> dict[str, Any]:
    return {
        "robotCode": "dingrobot",
        "userIds": ["user1"],
        "msgKey": "sampleText",
        "msgParam": '{"content":"好的"}',
    } | changes


def card(ref: str = "card-1", **changes: Any) -> dict[str, Any]:
    return {
        "cardTemplateId": TEMPLATE,
        "outTrackId": ref,
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "报价", "done": ""}},
        "openSpaceId": "dtv1.card//IM_ROBOT.user1",
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "dingrobot"},
    } | changes


def test_a_token_stays_the_same_while_it_is_valid_and_ends_by_the_simulated_clock():
    async def use(here: Lab) -> None:
        first = await token(here)
        here.wait(timedelta(hours=1, minutes=59))
        assert await token(here) == first
        here.wait(timedelta(hours=1, minutes=59))
        assert await token(here) == first  # renewed by the call before
        here.wait(timedelta(hours=3))
        assert await token(here) != first

    play(use)


def test_the_old_and_the_new_way_give_one_token():
    async def use(here: Lab) -> None:
        query = {"appkey": "dingclient", "appsecret": "app-secret"}
        url = f"{here.settings.api_base}/gettoken"
        old = (await here.http.get(url, params=query)).json()
        assert (old["errcode"], old["access_token"]) == (0, await token(here))
        wrong = (await here.http.get(url, params={"appkey": "x"})).json()
        assert wrong["errcode"] != 0

    play(use)


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "Missingbody"), ({"appKey": "dingclient"}, "invalidClientIdOrSecret")],
)
def test_wrong_credentials_get_the_documented_code(body, code):
    async def use(here: Lab) -> None:
        url = f"{here.settings.api_base}/v1.0/oauth2/accessToken"
        response = await here.http.post(url, json=body)
        assert (response.status_code, response.json()["code"]) == (400, code)

    play(use)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"robotCode": ""}, "invalidParameter.robotCode.empty"),
        ({"robotCode": "x"}, "invalidParameter.robotCode.notExsit"),
        ({"userIds": []}, "invalidParameter.userIds.empty"),
        ({"userIds": [f"u{n}" for n in range(21)]}, "invalidParameter.userIds.overMax"),
        ({"msgKey": "text"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": {"content": "an object"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": '{"content":1}'}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": '{"content":""}'}, "miss.param.content"),
        ({"msgParam": json.dumps({"content": "x" * 15_000})}, "invalidParameter.msgParam.tooLong"),
        ({"msgKey": "sampleActionCard2", "msgParam": '{"title":"a","text":"b"}'},
         "miss.param.actionTitle1"),
    ],
)  # fmt: skip
def test_a_message_that_breaks_a_rule_is_refused(change, code):
    async def use(here: Lab) -> None:
        assert (await call(here, MESSAGE, message(**change)))[1]["code"] == code
        assert here.of("user1") == []

    play(use)


def test_who_is_unknown_or_held_back_is_listed_although_the_answer_is_200():
    async def use(here: Lab) -> None:
        here.fake.org.flow_controlled.add("boss")
        body = message(userIds=["user1", "boss", "gone"])
        status, answer = await call(here, MESSAGE, body)
        assert status == 200
        assert answer["invalidStaffIdList"] == ["gone"]
        assert answer["flowControlledStaffIdList"] == ["boss"]
        assert [m.kind for m in here.of("user1")] == ["text"]
        assert here.of("boss") == []

    play(use)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outTrackId": ""}, "param.outTrackIdEmpty"),
        ({"outTrackId": "x" * 101}, "param.outTrackIdEmpty"),
        ({"cardTemplateId": ""}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "other.schema"}, "param.templateNotExist"),
        ({"cardData": {}}, "param.cardPublicDataEmpty"),
        ({"cardData": {"cardParamMap": {"title": 1}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"title": "x" * 102_401}}}, "param.invalid"),
        ({"openSpaceId": ""}, "param.openSpaceIdEmpty"),
        ({"openSpaceId": "dtv1.card//NOWHERE.x"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//IM_ROBOT.gone"}, "param.userIdNotExist"),
        ({"imRobotOpenDeliverModel": None}, "param.openDeliverModelEmpty"),
        ({"imRobotOpenDeliverModel": {"robotCode": "x"}}, "param.openDeliverModelError"),
        ({"callbackType": "HTTP"}, "param.callbackRouteKeyNotExist"),
    ],
)
def test_a_card_that_breaks_a_rule_is_refused(change, code):
    async def use(here: Lab) -> None:
        assert (await call(here, CARD, card(**change)))[1]["code"] == code
        assert here.of("user1") == []

    play(use)


def test_an_unpublished_template_and_a_used_id_are_refused():
    async def use(here: Lab) -> None:
        here.fake.org.unpublished.add(TEMPLATE)
        assert (await call(here, CARD, card()))[1]["code"] == "param.templateUnpublished"
        here.fake.org.unpublished.clear()
        status, answer = await call(here, CARD, card())
        assert (status, answer["result"]["deliverResults"][0]["success"]) == (200, True)
        assert (await call(here, CARD, card()))[1]["code"] == "param.cardAlreadyExist"
        assert len(here.of("user1")) == 1

    play(use)


def test_an_update_without_flags_overwrites_everything():
    async def use(here: Lab) -> None:
        await call(here, CARD, card())
        new = {"cardParamMap": {"done": "已同意"}}
        by_key = {"updateCardDataByKey": True}
        update = {"outTrackId": "card-1", "cardData": new, "cardUpdateOptions": by_key}
        await call(here, UPDATE, update, "PUT")
        assert here.of("user1")[0].wire == {"title": "报价", "done": "已同意"}
        await call(here, UPDATE, {"outTrackId": "card-1", "cardData": new}, "PUT")
        assert here.of("user1")[0].wire == {"done": "已同意"}

    play(use)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"cardData": {"cardParamMap": {"a": "b"}}}, "param.outTrackIdEmpty"),
        ({"outTrackId": "card-1"}, "param.cardDataAndPrivateDataBothEmpty"),
        ({"outTrackId": "no", "cardData": {"cardParamMap": {"a": "b"}}}, "param.cardNotExist"),
    ],
)
def test_an_update_that_breaks_a_rule_is_refused(body, code):
    async def use(here: Lab) -> None:
        assert (await call(here, UPDATE, body, "PUT"))[1]["code"] == code

    play(use)


def test_private_data_lies_over_the_public_for_its_reader_only():
    async def use(here: Lab) -> None:
        spaces = "dtv1.card//IM_ROBOT.user1;dtv1.card//IM_ROBOT.boss"
        private = {"boss": {"cardParamMap": {"done": "等您审批"}}}
        await call(here, CARD, card(openSpaceId=spaces, privateData=private))
        assert here.of("user1")[0].wire["done"] == ""
        assert here.of("boss")[0].wire["done"] == "等您审批"

    play(use)


def test_a_response_changes_the_pressers_phone_and_an_update_everybodys():
    instance = cards.Instance("r", "STREAM", "", {"a": "1", "b": "1"})
    instance.answer(
        "user1",
        {
            "cardUpdateOptions": {"updateCardDataByKey": True},
            "cardData": {"cardParamMap": {"a": "2"}},
        },
    )
    assert instance.seen_by("user1") == {"a": "2", "b": "1"}
    assert instance.seen_by("boss") == {"a": "1", "b": "1"}
    instance.update({"a": "3"}, {}, {"updateCardDataByKey": True})
    assert instance.seen_by("user1") == instance.seen_by("boss") == {"a": "3", "b": "1"}


def test_the_twenty_first_call_in_a_second_is_refused():
    async def use(here: Lab) -> None:
        headers = {"x-acs-dingtalk-access-token": await token(here)}
        url = f"{here.settings.api_base}{MESSAGE}"
        calls = [here.http.post(url, json=message(), headers=headers) for _ in range(25)]
        answers = await asyncio.gather(*calls)
        refused = [r for r in answers if r.status_code == 403]
        assert 1 <= len(refused) <= 5
        assert refused[0].json()["code"].endswith("QpsLimitForAppkeyAndApi")

    play(use)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("5xx", "channel_down"),
        ("429", "rate_limited"),
        ("down", "channel_down"),
        ("over_quota", "quota_exhausted"),
        ("ip_denied", "config"),
    ],
)
def test_a_fault_meets_our_client_as_its_typed_failure_once(fault, reason):
    async def use(here: Lab) -> None:
        platform = here.platform
        await token(here)
        here.chaos.order("dingtalk", fault, 1)
        with pytest.raises(Undelivered) as undelivered:
            await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
        assert undelivered.value.reason == reason
        here.wait(OUTAGE)
        await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
        assert len(here.of("user1")) == 1

    play(use)


def test_an_expired_token_costs_nothing_but_a_renewal():
    async def use(here: Lab) -> None:
        platform = here.platform
        here.chaos.order("dingtalk", "token_expired", 1)
        await platform.send("user1", platform.render(APPROVAL, Slot("card-1", 1)))
        assert len(here.of("user1")) == 1

    play(use)
