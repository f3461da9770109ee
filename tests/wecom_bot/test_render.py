"""Every card becomes something WeCom takes from a bot; the fake's own rules are the judge."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.showcase import samples
from bot.simulator.wecom_bot.rules import check_card
from cards.model import Button, Card, Choice, Field, Form, Media, Text
from cards.render.slot import Slot
from cards.render.wecom_bot import fit, literal, render, render_update

SLOT = Slot("01JD8Q0000DELIVERY", 3)
PAGE = replace(SLOT, form_url="https://bot.example.com/h5/form/1")
WORDS = st.text(max_size=60)
FORM = Form("note", (Field("name", "新客户叫啥", "text"), Field("c", "谁", "select",
            (Choice("1", "甲"),))))  # fmt: skip
CARDS = st.builds(
    Card,
    title=WORDS,
    subtitle=WORDS,
    facts=st.lists(st.tuples(WORDS, WORDS), max_size=9).map(tuple),
    quote=WORDS,
    buttons=st.lists(st.builds(Button, WORDS, st.just("help")), max_size=14).map(tuple),
    form=st.sampled_from((None, FORM)),
    done=st.sampled_from(("", "已通过")),
)


@given(CARDS, st.sampled_from((SLOT, PAGE)))
def test_any_card_is_legal_to_send_and_to_update(card, slot):
    message, update = render(card, slot), render_update(card, slot)
    json.dumps([message, update], ensure_ascii=False).encode()
    if message["msgtype"] == "template_card":
        check_card(message["template_card"])
        assert message["template_card"]["task_id"] == slot.ref
        fits(message["template_card"])
    else:
        assert 0 < len(message["markdown"]["content"].encode()) <= 20480
    check_card(update)
    assert update["task_id"] == slot.ref
    fits(update)


def fits(card: dict) -> None:
    many = card["card_type"] in {"vote_interaction", "multiple_interaction"}
    assert len(card["main_title"]["title"]) <= 26
    assert len(card["main_title"].get("desc", "")) <= (112 if many else 30)
    assert len(card.get("sub_title_text", "")) <= 112
    assert all(len(row["value"]) <= 26 for row in card.get("horizontal_content_list", ()))
    options = [o for s in card.get("select_list", ()) for o in s["option_list"]]
    assert all(len(option["text"]) <= 10 for option in options)


def test_the_products_own_cards_are_legal():
    kept = [m for one in samples().values() for m in one.values() if m.platform == "wecom"]
    cards = [m.wire for m in kept if m.kind == "template_card"]
    assert len(cards) > 10
    for card in cards:
        check_card({**fit(card), "task_id": SLOT.ref})


def test_a_button_that_opens_a_page_becomes_the_tap_on_the_card():
    card = Card("登记", form=FORM, buttons=(Button("不填了", "help"),))
    sent = render(card, PAGE)["template_card"]
    assert sent["card_action"] == {"type": 1, "url": PAGE.form_url}
    assert [b["text"] for b in sent["button_list"]] == ["不填了"]
    assert sent["sub_title_text"].startswith("点这张卡片")
    only = render(replace(card, buttons=()), PAGE)["template_card"]
    assert (only["card_type"], "button_list" in only) == ("text_notice", False)


def test_without_a_page_a_form_says_what_to_type():
    message = render(Card("登记", form=FORM), SLOT)
    assert message["msgtype"] == "markdown"
    assert "请直接发送命令" in message["markdown"]["content"]


def test_a_locked_card_has_no_grey_word_but_a_last_button():
    update = render_update(Card("报价单", done="已通过"), SLOT)
    assert "replace_text" not in update
    assert [b["text"] for b in update["button_list"]] == ["已通过"]


def test_a_fact_too_long_for_a_row_becomes_a_line():
    value = "一二三四五六七八九十" * 2 + "一二三四五六七"
    card = render(Card("客户", facts=(("名称", value),), buttons=(Button("看", "help"),)), SLOT)
    assert "horizontal_content_list" not in card["template_card"]
    assert f"名称：{value}" in card["template_card"]["sub_title_text"]


def test_a_text_means_only_itself():
    assert literal("**粗** `码` [点](https://e.cn) <@all> <font color='info'>") == (
        "＊＊粗＊＊ ｀码｀ ［点］(https://e.cn) ＜@all> ＜font color='info'>"
    )
    assert literal("# 题\n> 引\n--- \n  - 项\n===") == "＃ 题\n＞ 引\n－-- \n  － 项\n＝＝＝"
    assert literal("sunli_hengxin _斜_ ~~删~~") == "sunli_hengxin ＿斜＿ ～～删～～"
    assert literal("1 | 2 \\# 3") == "1 ｜ 2 ＼# 3"


def test_an_empty_text_is_not_refused_and_a_long_one_is_cut_between_characters():
    assert render(Text(""), SLOT)["markdown"]["content"] == "（空）"
    long = render(Text("字" * 9000), SLOT)["markdown"]["content"]
    assert len(long.encode()) <= 20480
    assert long.endswith("字…")


@pytest.mark.parametrize(("sort", "as_told"), [("file", "file"), ("picture", "image")])
def test_a_file_names_what_is_uploaded_for_it(sort, as_told):
    message = render(Media("错误明细.xlsx", sort, "b1"), SLOT)
    assert message["msgtype"] == as_told
    assert message["media"] == {"name": "错误明细.xlsx", "sort": sort, "blob": "b1"}
