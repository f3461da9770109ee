"""What a person sees is read from the wire, and only from it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.page.as_json import as_json
from bot.simulator.page.face import Face, FaceButton, FaceField, Option, face
from bot.simulator.page.looks import message_html
from bot.simulator.phones import PlatformName
from tests.simulator.samples import (
    CUSTOMERS,
    DINGTALK_ACTION,
    DINGTALK_APPROVAL,
    DINGTALK_FORM,
    ORIGIN,
    SAMPLES,
    WECOM_LINKS,
    WECOM_OVERDUE,
    WECOM_PICK,
    sample,
)

INBOX_KEYS = ["id", "at", "platform", "kind", "title", "text"]
INBOX_KEYS += ["fields", "buttons", "menu", "inputs", "file", "state", "trouble", "raw"]


def wecom(wire: dict[str, Any]) -> Face:
    return face(sample("wecom", "template_card", wire))


def dingtalk(wire: dict[str, Any], kind: str = "card") -> Face:
    return face(sample("dingtalk", kind, wire))


def test_a_wecom_card_gives_its_title_facts_and_buttons():
    seen = wecom(WECOM_OVERDUE)

    assert (seen.title, seen.subtitle) == ("线索超 72 小时未联系", "海河医疗 · 王工")
    assert seen.fields[0] == FaceField("来源", "官网表单")
    assert seen.buttons == (
        FaceButton("3.0", "已联系", "primary"),
        FaceButton("3.1", "转给他人", "danger"),
    )
    assert seen.state == "open"


@pytest.mark.parametrize("key", ["replace_text", "replace_name"])
def test_a_locked_wecom_card_shows_one_grey_button_and_takes_no_input(key: str):
    seen = wecom(WECOM_PICK | {key: "已选 某阀门制造"})

    assert seen.actions == (FaceButton("", "已选 某阀门制造", enabled=False),)
    assert not seen.inputs[0].enabled
    assert seen.state == "done"


def test_a_wecom_drop_down_always_has_a_value():
    (drop_down,) = wecom(WECOM_PICK).inputs
    assert drop_down.chosen == "-"

    chosen = replace(sample("wecom", "template_card", WECOM_PICK), chosen={"choice": "c-317"})
    assert face(chosen).inputs[0].chosen == "c-317"


def test_wecom_links_are_buttons_named_by_their_address():
    seen = wecom(WECOM_LINKS)

    page = f"{ORIGIN}/h5/receipts"
    assert {(b.action, b.text, b.url) for b in seen.actions} == {
        (page, "看明细", page),
        (page, "打开", page),
    }
    assert seen.urls == {page}


def test_a_wecom_button_may_open_a_page_instead():
    button = {"text": "填写", "type": 1, "url": f"{ORIGIN}/h5/form"}
    seen = wecom(WECOM_OVERDUE | {"button_list": [button]})
    assert seen.buttons[0].url == seen.buttons[0].action == f"{ORIGIN}/h5/form"


def test_a_wecom_checkbox_starts_with_what_is_ticked():
    options = [{"id": "a", "text": "甲", "is_checked": True}, {"id": "b", "text": "乙"}]
    box = {"question_key": "q", "mode": 1, "option_list": options}
    (one,) = wecom(WECOM_PICK | {"select_list": [], "checkbox": box}).inputs
    assert (one.kind, one.chosen, one.many) == ("checkbox", "a", True)


def test_a_dingtalk_card_reads_its_facts_from_its_lines():
    seen = dingtalk(DINGTALK_APPROVAL)

    assert seen.fields[0] == FaceField("金额", "49.99 万元")
    assert seen.text == "金额：49.99 万元\n折扣：8.5 折\n毛利率：31.2%"
    assert [(b.action, b.style) for b in seen.buttons] == [("2.0", "danger"), ("2.1", "primary")]


def test_a_done_dingtalk_card_shows_one_disabled_button():
    seen = dingtalk(DINGTALK_FORM | {"done": "已登记"})

    assert seen.actions == (FaceButton("", "已登记", enabled=False),)
    assert not any(one.enabled for one in seen.inputs)
    assert seen.state == "done"


def test_a_dingtalk_form_submits_with_its_hidden_key():
    seen = dingtalk(DINGTALK_FORM)

    assert seen.submit == FaceButton("1.form", "提交", "primary")
    assert [one.name for one in seen.inputs] == ["referrer", "name"]
    assert seen.inputs[0].options == tuple(Option(i, t) for i, t in CUSTOMERS)
    assert all(one.required for one in seen.inputs)


def test_a_disabled_dingtalk_form_cannot_be_submitted():
    seen = dingtalk(DINGTALK_FORM | {"form_status": "disabled"})
    assert seen.submit
    assert not seen.submit.enabled
    assert seen.state == "shown"


def test_an_action_card_presses_with_the_key_its_link_would_say():
    seen = dingtalk(DINGTALK_ACTION, "actionCard")
    assert [(b.action, b.text) for b in seen.buttons] == [("3.0", "已联系"), ("3.1", "转给他人")]


def test_an_action_card_opens_the_page_inside_a_dingtalk_link():
    link = (
        "dingtalk://dingtalkclient/page/link?url=http%3A%2F%2F127.0.0.1%3A8787%2Fh5&pc_slide=true"
    )
    wire = {"title": "周报", "text": "看", "singleTitle": "打开", "singleURL": link}
    assert dingtalk(wire, "actionCard").buttons[0].url == f"{ORIGIN}/h5"


def test_what_no_phone_can_draw_says_so_in_words():
    assert "buttons" in dingtalk(DINGTALK_APPROVAL | {"buttons": "[{"}).text
    assert "form" in dingtalk(DINGTALK_FORM | {"form": "[1]"}).text
    assert "不支持" in face(sample("wecom", "voice", {"media_id": "x"})).text


def test_a_recalled_message_is_gone():
    message = replace(sample("wecom", "text", {"content": "错了"}), state="recalled")
    assert face(message).text == "消息已撤回"


def test_the_inbox_shape_is_the_documented_one():
    given_json = as_json(sample("wecom", "template_card", WECOM_OVERDUE))

    assert list(given_json) == INBOX_KEYS
    assert given_json["at"] == "2026-11-23T10:00:00+08:00"
    assert given_json["buttons"][0] == {"action": "3.0", "text": "已联系", "enabled": True}
    assert "海河医疗" in given_json["text"]
    assert "来源：官网表单" in given_json["text"]
    assert given_json["raw"] == WECOM_OVERDUE


def test_a_fact_stands_in_the_inbox_text_once():
    for message in (SAMPLES["审批"]["钉钉 新"], SAMPLES["超时提醒"]["企业微信 新"]):
        shown = as_json(message)
        for one in shown["fields"]:
            assert shown["text"].count(f"{one['name']}：{one['value']}") == 1


def test_a_form_is_open_to_scripts_with_inputs_and_submit():
    given_json = as_json(sample("dingtalk", "card", DINGTALK_FORM))

    assert given_json["buttons"] == [{"action": "1.form", "text": "提交", "enabled": True}]
    assert given_json["inputs"][0]["options"][0] == {"id": "c-102", "text": "某阀门制造"}
    assert given_json["inputs"][1] == {"name": "name", "kind": "text", "options": []}


def test_every_sample_has_words_for_a_person():
    for states in SAMPLES.values():
        for message in states.values():
            assert as_json(message)["text"]


def test_names_are_shown_not_run():
    evil = '<img src=x onerror="alert(1)">{{7*7}}'
    html = message_html(
        sample("wecom", "template_card", WECOM_OVERDUE | {"main_title": {"title": evil}})
    )
    assert "<img src=x" not in html
    assert "{{7*7}}" in html


WORDS = st.text(alphabet="甲a1[]{}\"':/\\<>*`#-. \n", max_size=12)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
KEYS = sorted({*WECOM_PICK, *WECOM_LINKS, *WECOM_OVERDUE, *DINGTALK_FORM, *DINGTALK_ACTION})


@given(
    st.sampled_from(["wecom", "dingtalk"]),
    st.sampled_from(["template_card", "card", "actionCard", "markdown", "text"]),
    st.dictionaries(st.sampled_from(KEYS), JUNK | JUNK.map(json.dumps), max_size=8),
)
def test_any_wire_is_drawn_without_a_crash(platform: PlatformName, kind: str, wire: dict[str, Any]):
    message = sample(platform, kind, wire)
    assert as_json(message)["text"]
    assert message_html(message)
