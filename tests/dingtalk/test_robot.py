"""HTTP mode: who signed it, how fresh it is, and what we answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from bot.platforms.api import Answer, BadCallback
from bot.platforms.codec import Codec
from bot.platforms.dingtalk.answers import card_answer
from bot.platforms.dingtalk.crypto import card_sign, robot_sign
from bot.platforms.dingtalk.robot import MAX_BODY, Robot
from cards.model import Card, Text
from tests.dingtalk.kit import AES_KEY, NOW, press, robot_message, settings

ROBOT = Robot(settings())
BODY = json.dumps(robot_message()).encode()


def at(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def robot_headers(moment: datetime = NOW) -> dict[str, str]:
    return {"Timestamp": at(moment), "Sign": robot_sign("app-secret", at(moment))}


def card_headers(moment: datetime = NOW, secret: str = "callbacktoken") -> dict[str, str]:
    return {
        "x-ddpaas-signature-timestamp": at(moment),
        "x-ddpaas-signature": card_sign(secret, at(moment)),
    }


def event_request(event: dict[str, str], moment: datetime = NOW) -> tuple[dict[str, str], bytes]:
    box = Codec("callbacktoken", AES_KEY, "dingclient")
    sealed = box.encrypt(json.dumps(event).encode(), "n1", at(moment))
    query = {"timestamp": at(moment), "nonce": "n1", "msg_signature": sealed.signature}
    return query, json.dumps({"encrypt": sealed.encrypted}).encode()


def refused(call, *args) -> tuple[str, int]:
    with pytest.raises(BadCallback) as bad:
        call(*args)
    return bad.value.reason, bad.value.status


def test_a_signed_message_is_read():
    assert ROBOT.read_robot(robot_headers(), BODY, NOW).text == "/帮助"


def test_a_callback_signed_by_a_stranger_is_refused():
    forged = robot_headers() | {"Sign": robot_sign("guess", at(NOW))}
    assert refused(ROBOT.read_robot, forged, BODY, NOW) == ("signature", 401)
    assert refused(ROBOT.read_robot, {}, BODY, NOW) == ("signature", 401)
    forged = card_headers(secret="guess")
    assert refused(ROBOT.read_card, forged, b"{}", NOW) == ("signature", 401)


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
def test_a_right_signature_that_is_stale_is_refused(seconds):
    moment = NOW + timedelta(seconds=seconds)
    assert refused(ROBOT.read_robot, robot_headers(moment), BODY, NOW) == ("stale", 401)
    assert refused(ROBOT.read_card, card_headers(moment), b"{}", NOW) == ("stale", 401)
    assert refused(ROBOT.read_event, *event_request({"EventType": "x"}, moment), NOW) == (
        "stale",
        401,
    )


@pytest.mark.parametrize("stamp", ["soon", "", "1e13", "-1"])
def test_d04_a_right_signature_over_no_moment_is_stale(stamp):
    headers = {"Timestamp": stamp, "Sign": robot_sign("app-secret", stamp)}
    assert refused(ROBOT.read_robot, headers, BODY, NOW) == ("stale", 401)


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_clock_that_is_nearly_right_is_good_enough(seconds):
    moment = NOW + timedelta(seconds=seconds)
    assert ROBOT.read_robot(robot_headers(moment), BODY, NOW).text == "/帮助"


def test_a_captured_signature_does_not_make_another_organisations_body_ours():
    body = json.dumps(robot_message(robotCode="dingother")).encode()
    assert refused(ROBOT.read_robot, robot_headers(), body, NOW) == ("receiver", 403)


def test_a_card_press_is_read():
    event = ROBOT.read_card(card_headers(), json.dumps(press({"key": "1.0"})).encode(), NOW)
    assert (event.kind, event.key) == ("press", "1.0")


def test_the_same_press_at_once_is_a_repetition_and_a_minute_later_a_new_tap():
    body = json.dumps(press({"key": "1.0"})).encode()
    later = NOW + timedelta(minutes=1)
    first, again = (ROBOT.read_card(card_headers(), body, NOW) for _ in range(2))
    tapped = ROBOT.read_card(card_headers(later), body, later)
    assert first.event_key == again.event_key != tapped.event_key


def test_without_a_token_no_card_press_and_no_event_can_be_forged_with_an_empty_key():
    bare = Robot(settings(token="", aes_key=""))
    assert refused(bare.read_card, card_headers(secret=""), b"{}", NOW) == ("signature", 401)
    assert refused(bare.read_event, *event_request({"EventType": "x"}), NOW) == ("config", 403)


def test_a_body_beyond_the_limit_is_refused():
    body = b" " * (MAX_BODY + 1)
    assert refused(ROBOT.read_robot, robot_headers(), body, NOW) == ("size", 413)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", "你好".encode("gbk"), b"\xff\xfe{\0}\0"])
def test_a_body_that_is_no_json_object_is_refused(body):
    assert refused(ROBOT.read_robot, robot_headers(), body, NOW) == ("json", 400)


def test_the_consoles_address_check_is_no_event_but_is_answered():
    assert ROBOT.read_event(*event_request({"EventType": "check_url"}), NOW) is None
    answer = ROBOT.event_answer(NOW)
    box = Codec("callbacktoken", AES_KEY, "dingclient")
    parts = (answer["timeStamp"], answer["nonce"], answer["encrypt"])
    assert box.verify_and_decrypt(answer["msg_signature"], *parts) == b"success"


def test_an_event_over_http_is_read_with_its_own_moment():
    event = {"EventType": "user_leave_org", "TimeStamp": at(NOW - timedelta(hours=1))}
    read = ROBOT.read_event(*event_request(event), NOW)
    assert read is not None
    assert (read.text, read.at) == ("user_leave_org", NOW - timedelta(hours=1))


def test_an_event_signed_with_seconds_is_fresh_too():
    query, body = event_request({"EventType": "check_url"})
    query["timestamp"] = query["timestamp"][:10]
    box = Codec("callbacktoken", AES_KEY, "dingclient")
    query["signature"] = box.sign(query["timestamp"], "n1", json.loads(body)["encrypt"])
    del query["msg_signature"]
    assert ROBOT.read_event(query, body, NOW) is None


def test_the_answer_to_a_press_is_the_new_face_for_everybody_and_by_key():
    answer = card_answer(Answer(Card("报价", done="已同意"), 3))
    assert answer["cardUpdateOptions"] == {
        "updateCardDataByKey": True,
        "updatePrivateDataByKey": True,
    }
    assert answer["cardData"]["cardParamMap"]["done"] == "已同意"
    assert answer["userPrivateData"] == {"cardParamMap": {}}


@pytest.mark.parametrize("answer", [Answer(), Answer(Text("好的")), Answer(Card("别的"), 0)])
def test_without_a_new_face_the_answer_changes_nothing(answer):
    assert card_answer(answer) == {}
