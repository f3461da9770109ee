"""Every block a platform carries is drawn, can be tapped, and comes back in its own shape."""

from __future__ import annotations

import json

import pytest

from bot.simulator.dingtalk.wires import form_params
from bot.simulator.page.as_json import as_json
from bot.simulator.page.face import face
from bot.simulator.page.lint import findings
from bot.simulator.page.looks import message_html
from bot.simulator.page.model import FaceField, Picture
from bot.simulator.showcase import samples
from bot.simulator.wecom.rules import check_card
from tests.simulator import families
from tests.simulator.families import FAMILIES, PAGE, PICTURE
from tests.simulator.samples import sample

WIRES = [message for states in FAMILIES.values() for message in states.values()]


def wecom(wire):
    return face(sample("wecom", "template_card", wire))


def dingtalk(wire, kind="card"):
    return face(sample("dingtalk", kind, wire))


@pytest.mark.parametrize("message", [m for m in WIRES if m.platform == "wecom"])
def test_the_samples_are_what_wecom_takes(message):
    check_card(message.wire, update=False)
    assert findings(message) == ()


def test_a_notice_gives_its_figure_quote_links_and_menu():
    seen = wecom(families.WECOM_NOTICE)

    assert seen.emphasis == ("128.5 万", "目标完成 64.2%")
    assert (seen.quote[0], seen.quote_link) == ("王经理", PAGE)
    assert seen.fields[1] == FaceField("明细", "打开表格", linked=True, url=PAGE)
    assert [field.linked for field in seen.fields] == [False, True, True, True]
    assert [jump.text for jump in seen.jumps] == ["看明细", "上周的回款"]
    assert (seen.menu[0].action, seen.menu[0].text) == ("1.why", "为什么找我")
    assert seen.urls == {PAGE}


def test_a_news_card_gives_its_pictures_and_sections():
    seen = wecom(families.WECOM_NEWS)

    assert seen.pictures == (
        Picture(PICTURE, 1.6),
        Picture(PICTURE, 1, "停了 14 天以上", "谈判 2 个", PAGE),
    )
    assert seen.sections[1] == ("报价", "4 个")
    assert (
        "停了 14 天以上" in as_json(sample("wecom", "template_card", families.WECOM_NEWS))["text"]
    )


def test_several_selectors_and_check_boxes_are_inputs_of_their_own():
    names = {one.name: one.chosen for one in wecom(families.WECOM_SELECTORS).inputs}
    assert names == {"industry": "o0", "region": "o1", "size": "o0"}
    (vote,) = wecom(families.WECOM_VOTE).inputs
    (choice,) = wecom(families.WECOM_CHOICE).inputs
    assert (vote.many, vote.chosen, choice.many, choice.chosen) == (True, "o1", False, "")


def test_a_locked_vote_takes_no_tick():
    seen = wecom(families.WECOM_VOTE | {"replace_text": "已投票"})
    assert not seen.inputs[0].enabled
    assert [b.text for b in seen.actions] == ["已投票"]


def test_a_dingtalk_button_may_ask_before_it_acts():
    refuse, agree, _ = dingtalk(families.DINGTALK_ASK).buttons
    assert (refuse.confirm, agree.confirm) == ("拒绝后要重新提交。确定拒绝？", "")
    assert 'data-confirm="拒绝后' in message_html(sample("dingtalk", "card", families.DINGTALK_ASK))


def test_a_dingtalk_card_has_its_menu_in_the_last_row_until_it_is_done():
    seen = dingtalk(families.DINGTALK_ASK)
    assert [(one.action, one.text) for one in seen.menu][1] == ("2.later", "稍后")
    assert seen.urls == {PAGE}
    assert seen.lines[0].spans[0].picture == PICTURE
    assert dingtalk(families.DINGTALK_ASK | {"done": "已同意"}).menu == ()


def test_a_form_has_an_input_for_each_kind_of_field():
    seen = dingtalk(families.DINGTALK_LONG_FORM)
    kinds = {one.name: (one.kind, one.chosen, one.many) for one in seen.inputs}
    assert kinds == {
        "who": ("checkbox", "b", True),
        "mood": ("checkbox", "", False),
        "on": ("date", "2026-11-23", True),
        "km": ("number", "", True),
        "note": ("area", "", True),
        "again": ("switch", "", True),
    }


def test_a_form_is_submitted_in_the_shapes_dingtalk_uses():
    values = {"who": "a,b", "mood": "l", "km": "12", "again": "true"}
    form = form_params(families.DINGTALK_LONG_FORM, "1.form", values)["form"]
    assert form == {
        "who": {"index": [0, 1], "value": ["a", "b"]},
        "mood": {"index": 1, "value": "l"},
        "on": "2026-11-23",
        "km": "12",
        "note": "",
        "again": True,
        "_key": "1.form",
    }
    untouched = form_params(families.DINGTALK_LONG_FORM, "1.form", {"who": ""})["form"]
    assert untouched["who"] == {"index": [], "value": []}
    assert untouched["mood"] == {"index": -1, "value": ""}
    assert untouched["again"] is False


def test_action_cards_stand_in_a_column_or_in_a_row():
    for wire, texts, across in (
        (families.ACTION_SINGLE, ["打开周报"], False),
        (families.ACTION_COLUMN, ["已联系", "转给他人", "看明细"], False),
        (families.ACTION_ROW, ["已联系", "转给他人"], True),
    ):
        seen = dingtalk(wire, "actionCard")
        assert ([b.text for b in seen.buttons], seen.across) == (texts, across)
    assert [b.action for b in dingtalk(families.ACTION_ROW, "actionCard").buttons] == ["1.0", "1.1"]


def test_a_link_message_opens_its_page():
    seen = dingtalk(families.LINK, "link")
    assert (seen.link, seen.pictures[0].url, seen.text) == (PAGE, PICTURE, "某市自来水阀门采购")


def test_a_press_that_failed_is_said_under_the_card():
    message = sample("dingtalk", "card", families.DINGTALK_ASK, trouble="操作失败，请稍后重试")
    assert as_json(message)["trouble"] == "操作失败，请稍后重试"
    assert "操作失败，请稍后重试" in message_html(message)


@pytest.mark.parametrize(
    ("message", "level", "words"),
    [
        (sample("wecom", "template_card", families.WECOM_VOTE | {"task_id": "."}), "bad", "42014"),
        (sample("wecom", "template_card", families.WECOM_NOTICE | {"sub_title_text": "长" * 161}),
         "warn", "sub_title_text 161 > 160"),
        (sample("wecom", "template_card",
                families.WECOM_VOTE | {"main_title": {"title": "长" * 17}}),
         "warn", "main_title.title 17 > 16"),
        (sample("wecom", "text", {"content": "线" * 683}), "warn", "2048"),
        (sample("dingtalk", "card", {"title": "x", "colour": "red"}), "bad", "colour"),
        (sample("dingtalk", "card", {"markdown": "线" * 342}), "warn", "1024"),
        (sample("dingtalk", "markdown", {"text": "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |"}),
         "bad", "表格"),
        (sample("dingtalk", "actionCard", {"text": "x" * 15_000}), "bad", "msgParam"),
    ],
)  # fmt: skip
def test_a_badge_names_what_breaks_a_limit(message, level, words):
    (finding,) = findings(message)
    assert finding.level == level
    assert words in finding.words


def test_every_key_of_a_card_json_is_plain_json():
    for message in WIRES:
        json.dumps(as_json(message))


def test_no_card_of_the_product_would_be_refused():
    broken = [
        (name, label, finding.words)
        for name, shown in samples().items()
        for label, message in shown.items()
        for finding in findings(message)
        if finding.level == "bad"
    ]
    assert broken == []
