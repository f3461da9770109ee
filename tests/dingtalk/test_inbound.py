"""Reading what people said and pressed; nothing but BadCallback ever escapes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.api import BadCallback, Inbound
from bot.platforms.dingtalk import frames, inbound
from bot.platforms.dingtalk.fields import loads
from cards.model import Button, Card
from cards.render.dingtalk_message import card_message
from cards.render.slot import Slot
from engine.files import Attachment
from tests.dingtalk.kit import FORM, NOW, press, robot_message, settings

OURS = settings()


def said(**changes: object) -> Inbound:
    return inbound.robot_message(robot_message(**changes), OURS, NOW)


def pressed(body: object, message_id: str = "") -> Inbound:
    return inbound.card_press(body, OURS, NOW, message_id=message_id)


def test_a_text_message_is_a_person_a_moment_and_words():
    event = said(text={"content": " /线索 恒信阀门 "})
    assert event == Inbound(
        platform="dingtalk",
        tenant="dingcorp",
        event_key="msgABC==",
        account="user1",
        at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        kind="text",
        text="/线索 恒信阀门",
    )


def test_rich_text_is_its_words_joined():
    parts = [{"text": "/客户 "}, {"type": "picture", "downloadCode": "x"}, {"text": "恒信阀门"}]
    event = said(msgtype="richText", text=None, content={"richText": parts})
    assert (event.kind, event.text) == ("text", "/客户 恒信阀门")
    assert event.attachments == (Attachment("picture", "x"),)


def test_speech_counts_as_what_was_recognised():
    event = said(msgtype="audio", text=None, content={"duration": 4000, "recognition": "帮助"})
    assert (event.kind, event.text) == ("text", "帮助")


@pytest.mark.parametrize(
    ("sort", "content"),
    [
        ("picture", {}),
        ("file", {"fileName": "报价.xlsx"}),
        ("richText", {"richText": [{"type": "picture"}]}),
        ("audio", {}),
        ("chatRecord", None),
    ],
)
def test_anything_without_words_is_named_for_a_polite_line(sort, content):
    event = said(msgtype=sort, text=None, content=content)
    assert (event.kind, event.text) == ("other", sort)


def test_a_picture_or_a_file_is_something_to_fetch():
    event = said(msgtype="picture", text=None, content={"downloadCode": "p"})
    assert (event.kind, event.attachments) == ("file", (Attachment("picture", "p"),))
    sheet = {"downloadCode": "f", "fileName": "客户\u200b.xlsx", "spaceId": "1", "fileId": "2"}
    event = said(msgtype="file", text=None, content=sheet)
    assert event.attachments == (Attachment("sheet", "f", "客户.xlsx"),)
    pictures = [{"type": "picture", "downloadCode": code} for code in ("a", "", "b" * 3000, "c")]
    event = said(msgtype="richText", text=None, content={"richText": pictures})
    assert [one.ref for one in event.attachments] == ["a", "c"]


@pytest.mark.parametrize("code", [{"errorCode": 20001}, {"errCode": "20001"}])
def test_a_push_beyond_the_months_quota_is_no_crash_but_an_alarm(code):
    event = said(text=None, **code)
    assert (event.kind, event.text, event.account) == ("event", "over_quota", "user1")


@pytest.mark.parametrize("staff_id", [None, ""])
def test_before_the_app_is_published_nobody_knows_who_spoke(staff_id):
    event = said(senderStaffId=staff_id)
    assert (event.kind, event.text, event.account) == ("event", "not_published", "")


@pytest.mark.parametrize("change", [{"robotCode": "dingother"}, {"chatbotCorpId": "dingother"}])
def test_a_message_to_another_robot_or_organisation_is_refused(change):
    with pytest.raises(BadCallback) as refused:
        said(**change)
    assert (refused.value.reason, refused.value.status) == ("receiver", 403)


def test_a_message_without_an_id_still_has_one_identity():
    first, again, other = said(msgId=None), said(msgId=None), said(msgId=None, createAt=1)
    assert first.event_key == again.event_key != other.event_key


def test_a_message_without_a_moment_arrived_now():
    assert said(createAt=None).at == said(createAt=True).at == said(createAt=10**30).at == NOW


def test_a_tapped_action_card_button_is_a_press_although_the_phone_says_it():
    card = Card("报价", buttons=(Button("同意", "approve"), Button("驳回", "reject")))
    message = card_message(card, Slot("01JABC_d", 4))["msgParam"]
    line = inbound.text(message["actionURL2"]).split("content=")[1]
    event = said(
        text={"content": line.replace("+", " ").replace("%2F", "/").replace("%E5%8D%A1", "卡")}
    )
    assert (event.kind, event.ref, event.key) == ("press", "01JABC_d", "4.1")


def test_a_form_can_be_filled_in_one_line():
    event = said(text={"content": "/卡 card-1 2.form customer=c_1 note=已发 报价＝两份"})
    assert (event.kind, event.key) == ("press", "2.form")
    assert event.values == {"customer": "c_1", "note": "已发 报价＝两份"}
    assert event.text == ""


@pytest.mark.parametrize("part", ["later", "mute", "why", "back"])
def test_a_tap_on_the_menu_of_an_action_card_is_a_press(part):
    event = said(text={"content": f"/卡 card-1 2.{part}"})
    assert (event.kind, event.ref, event.key) == ("press", "card-1", f"2.{part}")


@pytest.mark.parametrize("words", ["/卡", "/卡 card-1", "/卡 card-1 agree", "/卡片 card-1 1.0"])
def test_what_only_looks_like_a_press_stays_text(words):
    assert said(text={"content": words}).kind == "text"


@pytest.mark.parametrize("place", ["content", "value"])
@pytest.mark.parametrize("as_text", [True, False])
def test_a_press_is_read_from_either_place_and_shape(place, as_text):
    body = press({"key": "3.1"})
    content = body.pop("content")
    body[place] = content if as_text else json.loads(content)
    event = pressed(body)
    assert (event.kind, event.ref, event.key, event.account) == ("press", "card-1", "3.1", "user1")


def test_a_button_without_a_key_parameter_is_known_by_its_action_id():
    assert pressed(press({}, ["3.0"])).key == "3.0"


def test_a_submitted_form_gives_its_hidden_key_and_plain_values():
    form = {"customer": {"index": 1, "value": "c_317"}, "note": "可以", "_key": "2.form"}
    event = pressed(press({"form": form}, ["form"]))
    assert event.key == "2.form"
    assert event.values == {"customer": "c_317", "note": "可以"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (3, "3"), (None, ""), ({"value": ["a", "b"]}, "a,b"), ("a\0b", "ab")],
)
def test_every_input_becomes_text(value, text):
    event = pressed(press({"form": {"x": value, "_key": "1.form"}}, ["form"]))
    assert event.values == {"x": text}


def test_a_user_id_inside_the_parameters_is_never_trusted():
    assert pressed(press({"key": "1.0", "userId": "boss"})).account == "user1"


@pytest.mark.parametrize("missing", ["outTrackId", "userId", "content"])
def test_a_press_that_names_no_card_no_person_or_no_key_is_refused(missing):
    body = press({"key": "1.0"}, [""])
    body[missing] = ""
    with pytest.raises(BadCallback, match="fields"):
        pressed(body)


def test_a_press_from_another_organisation_is_refused():
    with pytest.raises(BadCallback, match="receiver"):
        pressed(press({"key": "1.0"}, corpId="dingother"))


def test_a_redelivered_frame_is_the_same_press_and_a_second_tap_another():
    body = press({"key": "1.0"})
    assert pressed(body, "frame1").event_key == pressed(body, "frame1").event_key
    assert pressed(body, "frame1").event_key != pressed(body, "frame2").event_key


def test_without_a_frame_equal_presses_are_one_and_different_ones_are_not():
    first, again = pressed(press({"key": "1.0"})), pressed(press({"key": "1.0"}))
    new_face = pressed(press({"key": "2.0"}))
    someone_else = pressed(press({"key": "1.0"}, userId="boss"))
    assert first.event_key == again.event_key
    assert len({e.event_key for e in (first, new_face, someone_else)}) == 3


def test_a_change_in_the_organisation_keeps_its_facts():
    headers = {"eventType": "user_leave_org", "eventId": "e1", "eventBornTime": "1795424400000"}
    event = inbound.event({"userId": ["u1", "u2"]}, headers, OURS, NOW)
    assert (event.kind, event.text, event.event_key) == ("event", "user_leave_org", "e1")
    assert (event.account, event.values["userId"]) == ("u1", "u1,u2")
    assert event.at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_nesting_without_end_is_refused():
    with pytest.raises(BadCallback, match="json"):
        loads("[" * 100_000)
    deep = "{}"
    for _ in range(300):
        deep = json.dumps({"a": json.loads(deep)})
    body = press({"key": "1.0", "x": json.loads(deep)})
    assert pressed(body).key == "1.0"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ROBOT_FIELDS = [
    "msgtype", "msgId", "createAt", "senderStaffId", "robotCode", "chatbotCorpId",
    "text", "content", "errorCode",
]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(ROBOT_FIELDS), JSON),
    st.sampled_from(["text", "audio", "richText"]),
)
def test_any_robot_json_is_read_or_refused(fields, sort):
    for body in (fields, fields | {"msgtype": sort}):
        try:
            event = inbound.robot_message(body, OURS, NOW)
        except BadCallback:
            continue
        assert "\0" not in event.text
        event.text.encode()


CARD_FIELDS = ["outTrackId", "corpId", "userId", "content", "value"]


@given(st.dictionaries(st.sampled_from(CARD_FIELDS), JSON), JSON, JSON)
def test_any_card_json_is_read_or_refused(fields, params, form):
    inner = {"actionIds": ["x"], "params": {"form": form, "key": params}}
    for body in (fields, press(inner["params"]), fields | {"content": {"cardPrivateData": inner}}):
        try:
            event = pressed(body)
        except BadCallback:
            continue
        assert event.ref
        assert event.account


@given(JSON, JSON, st.binary())
def test_any_frame_is_read_or_refused(headers, data, junk):
    wire = json.dumps({"type": "CALLBACK", "headers": headers, "data": data})
    for raw in (wire, wire.replace("headers", "header"), junk):
        try:
            frames.read(raw)
        except BadCallback:
            continue


def test_the_form_of_the_fallback_asks_for_exactly_what_the_reader_takes():
    text = card_message(FORM, Slot("card-1", 2))["msgParam"]["text"].replace("\\", "")
    line = next(line.strip() for line in text.splitlines() if "2.form" in line)
    event = said(text={"content": line.replace("=…", "=c_1", 1)})
    assert set(event.values) == {"customer", "note"}
