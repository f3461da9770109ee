"""Every card becomes something WeCom takes; the fake's own rules are the judge."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.wecom.rules import check_card
from cards.model import Button, Card, Choice, Field, Figure, Form, Link, Menu, Picture, Text
from cards.render.slot import Slot
from cards.render.text import cut, cut_bytes, one_line
from cards.render.wecom import render, render_update

SLOT = Slot("01JD8Q0000DELIVERY", 3)
PAGE = Slot("01JD8Q0000DELIVERY", 3, "https://bot.example.com/h5/form/1")
FORM = Form("referral.submit", (Field("name", "新客户叫啥", "text"),), submit="提交")


def buttons(count: int) -> tuple[Button, ...]:
    return tuple(Button(f"选项{n}", "lead.pick", {"n": n}) for n in range(count))


def card_of(content: Card, slot: Slot = SLOT) -> dict:
    message = render(content, slot)
    assert message["msgtype"] == "template_card"
    return message["template_card"]


def legal(content: Card, slot: Slot) -> None:
    """Refuse, as WeCom would, what is not legal to send or to update."""
    message = render(content, slot)
    json.dumps(message, ensure_ascii=False).encode()
    if message["msgtype"] == "template_card":
        check_card(message["template_card"], update=False)
    else:
        assert 0 < len(message["text"]["content"].encode()) <= 2048
    update = render_update(content, slot)
    json.dumps(update, ensure_ascii=False).encode()
    check_card(update, update=True)


FULL = Card(
    "线索超72小时未联系",
    subtitle="张江阀门 · 王工",
    facts=(("来源", "展会"), ("超时", "5小时")),
    quote="客户问:能不能周五前报价?",
    buttons=(
        Button("已联系", "lead.contacted", style="primary"),
        Button("退回", "lead.drop", style="danger"),
        Button("转给他人", "lead.hand_over"),
    ),
    tone="warning",
)


def test_a_card_as_a_colleague_would_write_it():
    assert render(FULL, SLOT) == {
        "msgtype": "template_card",
        "template_card": {
            "card_type": "button_interaction",
            "source": {"desc": "建流", "desc_color": 2},
            "main_title": {"title": "线索超72小时未联系", "desc": "张江阀门 · 王工"},
            "horizontal_content_list": [
                {"keyname": "来源", "value": "展会"},
                {"keyname": "超时", "value": "5小时"},
            ],
            "quote_area": {"type": 0, "quote_text": "客户问:能不能周五前报价?"},
            "button_list": [
                {"text": "已联系", "style": 1, "key": "3.0"},
                {"text": "退回", "style": 2, "key": "3.1"},
                {"text": "转给他人", "style": 4, "key": "3.2"},
            ],
            "task_id": "01JD8Q0000DELIVERY",
        },
    }


def test_an_update_is_the_same_face_without_a_task_id():
    sent = card_of(FULL)
    assert render_update(FULL, SLOT) == {k: v for k, v in sent.items() if k != "task_id"}


def test_a_locked_card_is_updated_to_one_grey_word():
    update = render_update(Card("报价单", buttons=buttons(2), done="已通过", tone="good"), SLOT)
    assert update["replace_text"] == "已通过"
    assert [b["text"] for b in update["button_list"]] == ["已通过"]
    assert update["source"]["desc_color"] == 3


def test_a_locked_card_is_sent_as_a_notice_that_opens_its_page():
    notice = card_of(Card("报价单", buttons=buttons(2), done="已通过"), PAGE)
    assert notice["card_type"] == "text_notice"
    assert notice["card_action"] == {"type": 1, "url": PAGE.form_url}
    assert notice["sub_title_text"] == "状态：已通过"
    assert "task_id" not in notice


def test_without_a_page_a_card_with_nothing_to_press_is_a_text():
    content = Card("周报", subtitle="第48周", facts=(("新线索", "12"),), quote="保持", done="已读")
    assert render(content, SLOT) == {
        "msgtype": "text",
        "text": {"content": "周报\n第48周\n新线索：12\n保持\n状态：已读"},
    }


@pytest.mark.parametrize("count", [7, 9])
def test_a_pick_list_starts_unchosen(count):
    card = card_of(Card("找到几位客户", subtitle="选一位", buttons=buttons(count)))
    assert card["card_type"] == "multiple_interaction"
    (selector,) = card["select_list"]
    assert selector["question_key"] == "choice"
    assert selector["option_list"][0]["id"] == "not-chosen"
    assert selector["option_list"][-1] == {"id": f"3.{count - 1}", "text": f"选项{count - 1}"}
    assert card["submit_button"]["key"] == "3.form"
    assert card["main_title"]["desc"] == "选一位"


@pytest.mark.parametrize("count", [10, 20])
def test_a_pick_list_too_long_for_a_drop_down_is_a_list_of_boxes_none_of_them_ticked(count):
    card = card_of(Card("找到几位客户", subtitle="选一位", buttons=buttons(count)))
    assert card["card_type"] == "vote_interaction"
    assert card["checkbox"]["mode"] == 0
    options = card["checkbox"]["option_list"]
    assert [o["id"] for o in options] == [f"3.{n}" for n in range(count)]
    assert not any(o.get("is_checked") for o in options)
    assert card["main_title"] == {"title": "找到几位客户", "desc": "选一位"}


def test_what_a_pick_list_cannot_hold_is_said():
    card = card_of(Card("找到几位客户", buttons=buttons(24)))
    assert len(card["checkbox"]["option_list"]) == 20
    assert "另有 4 项" in card["main_title"]["desc"]


def test_a_title_too_long_for_boxes_is_said_whole_below():
    card = card_of(Card("一个比十六个字还要长得多的标题", buttons=buttons(12)))
    assert card["main_title"]["title"] == "一个比十六个字还要长得多的标题"
    card = card_of(Card("一个比十六个字还要长得多得多的标题", buttons=buttons(12)))
    assert card["main_title"]["title"] == "请选一项"
    assert card["main_title"]["desc"] == "一个比十六个字还要长得多得多的标题"


def test_six_buttons_stay_buttons():
    assert len(card_of(Card("选", buttons=buttons(6)))["button_list"]) == 6


def test_a_form_is_a_button_that_opens_its_page():
    card = card_of(Card("转介绍", form=FORM, buttons=buttons(1)), PAGE)
    assert card["button_list"] == [
        {"text": "打开填写", "style": 1, "type": 1, "url": PAGE.form_url},
        {"text": "选项0", "style": 4, "key": "3.0"},
    ]


def test_a_form_among_many_buttons_keeps_its_place_and_says_what_is_missing():
    card = card_of(Card("转介绍", form=FORM, buttons=buttons(8)), PAGE)
    assert [b["text"] for b in card["button_list"]] == ["打开填写", *(f"选项{n}" for n in range(5))]
    assert "另有 3 项" in card["sub_title_text"]


def test_a_form_whose_page_cannot_be_reached_says_so():
    assert (
        "填写页面暂不可用"
        in card_of(Card("转介绍", form=FORM, buttons=buttons(1)))["sub_title_text"]
    )
    assert "填写页面暂不可用" in render(Card("转介绍", form=FORM), SLOT)["text"]["content"]


def test_facts_that_do_not_fit_a_row_become_lines():
    facts = (
        ("来源", "展会"),
        ("预计成交金额", "49万"),
        ("备注", "很长" * 20),
        ("", "没有名字"),
        *((f"第{n}", str(n)) for n in range(7)),
    )
    card = card_of(Card("线索", facts=facts, buttons=buttons(1)))
    assert len(card["horizontal_content_list"]) == 6
    lines = card["sub_title_text"].split("\n")
    assert lines[0] == "预计成交金额：49万"
    assert lines[2:] == ["没有名字", "第5：5", "第6：6"]


def test_a_long_subtitle_moves_below_and_a_longer_one_ends_in_dots():
    card = card_of(Card("线索", subtitle="字" * 400, buttons=buttons(1)))
    assert "desc" not in card["main_title"]
    assert card["sub_title_text"] == "字" * 159 + "…"


@pytest.mark.parametrize("text", ["", "   ", "\0\x0b", "\ud800", "\u202e"])
def test_a_title_or_button_of_nothing_visible_is_still_legal(text):
    legal(Card(text, buttons=(Button(text, "a"),)), SLOT)
    legal(Card(text), SLOT)
    assert render(Text(text), SLOT)["text"]["content"] == "(空)"


def test_a_text_is_cut_at_2048_bytes_between_characters():
    content = render(Text("线" * 700), SLOT)["text"]["content"]
    assert content == "线" * 681 + "…"


def test_nobody_can_hide_a_link_in_a_text():
    content = render(Text('<a href="https://evil">点我</a> 1 < a'), SLOT)["text"]["content"]
    assert "<a" not in content
    assert "< a" not in content
    assert "</a" not in content


FAMILY = "👨‍👩‍👧"


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("张江阀门", 4, "张江阀门"),
        ("张江阀门", 3, "张江…"),
        (f"好{FAMILY}", 5, "好…"),
        ("好👍🏽吗", 3, "好…"),
        ("a🇨🇳🇨🇳b", 5, "a🇨🇳…"),
        ("a🇨🇳🇨🇳b", 4, "a🇨🇳…"),
        ("cafe\u0301s", 5, "caf…"),
        ("❤\ufe0f❤\ufe0f", 2, "❤…"[:0] + "❤…"),
        ("a" + "\u0301" * 50, 10, "a" + "\u0301" * 8 + "…"),
    ],
)
def test_a_cut_never_splits_what_a_reader_sees_as_one(text, limit, kept):
    assert cut(text, limit) == kept


@given(st.text(max_size=80), st.integers(2, 60))
def test_a_cut_keeps_within_its_limit(text, limit):
    assert len(cut(text, limit)) <= limit
    clean = one_line(text)
    assert len(cut_bytes(clean, limit + 4).encode()) <= limit + 4


WORDS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("线索客户\n\t\0\x1f👍🏽🇨🇳\u200d\ufe0f\u202e\u0301<>&"),
    ),
    max_size=60,
) | st.sampled_from(["字" * 500, FAMILY * 60, "\u0301" * 300])
FIELDS = st.lists(
    st.builds(
        Field,
        st.sampled_from(["q", "r", "s", "t"]),
        WORDS,
        st.sampled_from(["select", "multi", "text"]),
        st.integers(0, 24).map(lambda n: tuple(Choice(f"c{i}", f"第{i}") for i in range(n))),
        more=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.name,
).map(tuple)
CARDS = st.builds(
    Card,
    title=WORDS,
    subtitle=WORDS,
    figure=st.none() | st.builds(Figure, WORDS, WORDS),
    facts=st.lists(st.tuples(WORDS, WORDS), max_size=9).map(tuple),
    quote=WORDS,
    picture=st.none()
    | st.builds(Picture, WORDS, url=st.just("https://bot.example.com/p.png"))
    | st.builds(Picture, WORDS, media=st.just("chart")),
    links=st.lists(st.builds(Link, WORDS, st.just("https://bot.example.com/x")), max_size=8).map(
        tuple
    ),
    buttons=st.lists(
        st.builds(
            Button, WORDS, st.just("a"), style=st.sampled_from(["primary", "normal", "danger"])
        ),
        max_size=24,
    ).map(tuple),
    form=st.none() | st.builds(Form, st.just("a"), FIELDS, WORDS),
    tone=st.sampled_from(["plain", "good", "warning", "bad"]),
    done=st.just("") | WORDS,
    menu=st.none() | st.builds(Menu, WORDS, st.just("x")),
)


@given(CARDS, st.sampled_from([SLOT, PAGE]))
def test_any_card_whatsoever_is_legal(content, slot):
    legal(content, slot)
    if content.buttons:
        legal(replace(content, asking=0), slot)


@given(CARDS, st.sampled_from([SLOT, PAGE]))
def test_the_same_card_gives_the_same_bytes(content, slot):
    assert json.dumps(render(content, slot)) == json.dumps(render(content, slot))
