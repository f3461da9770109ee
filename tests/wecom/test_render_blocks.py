"""Every block of a card on WeCom: in its own place, or said in words; the fake's rules judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.simulator.wecom.rules import check_card
from cards.model import Button, Card, Choice, Field, Figure, Form, Link, Menu, Picture
from cards.render.slot import Slot
from cards.render.text import watched
from cards.render.wecom import render, render_update

SLOT = Slot("01JD8Q0000DELIVERY", 3)
PAGE = replace(SLOT, form_url="https://bot.example.com/h5/form/1")
BUTTON = Button("好", "a")
LINKS = tuple(Link(f"第{n}页", f"https://bot.example.com/{n}") for n in range(1, 5))
CHART = Picture("本周回款走势", url="https://bot.example.com/chart.png")
FIGURE = Figure("128.5 万", "目标完成 64%")
MENU = Menu("您是负责人", "receipts")
REGION = Field("region", "区域", "select", (Choice("e", "华东"), Choice("s", "华南")))
SORT = Field("sort", "类型", "select", (Choice("a", "制造"), Choice("b", "医疗")))
TAGS = Field("tags", "标签", "multi", tuple(Choice(f"t{n}", f"标签{n}") for n in range(12)))


def drawn(card: Card, slot: Slot = SLOT) -> dict:
    """The card as it is sent, legal and without loss; its update is legal too."""
    with watched() as losses:
        message = render(card, slot)
        update = render_update(card, slot)
    assert losses == []
    check_card(update, update=True)
    if message["msgtype"] == "text":
        return message["text"]
    check_card(message["template_card"], update=False)
    return message["template_card"]


def ways(*fields: Field, **parts) -> Card:
    return Card("筛选", form=Form("a", fields), **parts)


@pytest.mark.parametrize(
    ("card", "slot", "kind"),
    [
        (Card("回款", buttons=(BUTTON,)), SLOT, "button_interaction"),
        (Card("回款", links=LINKS[:1]), SLOT, "text_notice"),
        (Card("回款", picture=CHART, links=LINKS[:1]), SLOT, "news_notice"),
        (Card("回款", picture=CHART), SLOT, "news_notice"),
        (Card("回款", picture=CHART, buttons=(BUTTON,)), SLOT, "button_interaction"),
        (Card("回款", menu=MENU), SLOT, "button_interaction"),
        (Card("回款", menu=MENU, links=LINKS[:1]), SLOT, "text_notice"),
        (ways(REGION), SLOT, "button_interaction"),
        (ways(REGION, buttons=(BUTTON,)), SLOT, "button_interaction"),
        (ways(REGION, SORT), SLOT, "multiple_interaction"),
        (ways(REGION, SORT, buttons=(BUTTON,)), PAGE, "button_interaction"),
        (ways(TAGS), SLOT, "vote_interaction"),
        (ways(replace(TAGS, kind="select")), SLOT, "vote_interaction"),
        (ways(TAGS, SORT), PAGE, "button_interaction"),
    ],
)
def test_the_template_follows_the_content(card, slot, kind):
    assert drawn(card, slot)["card_type"] == kind


def test_a_figure_stands_large_on_a_notice_and_as_a_line_above_buttons():
    notice = drawn(Card("本周回款", figure=FIGURE, links=LINKS[:1]))
    assert notice["emphasis_content"] == {"title": "128.5 万", "desc": "目标完成 64%"}
    buttons = drawn(Card("本周回款", figure=FIGURE, buttons=(BUTTON,)))
    assert buttons["sub_title_text"] == "目标完成 64%：128.5 万"
    news = drawn(Card("本周回款", figure=FIGURE, picture=CHART))
    assert news["vertical_content_list"][0] == {"title": "128.5 万", "desc": "目标完成 64%"}


def test_a_figure_too_long_to_stand_large_is_said_and_never_cut():
    long = Figure("123,456,789,012.34 元", "累计")
    notice = drawn(Card("累计", figure=long, links=LINKS[:1]))
    assert "emphasis_content" not in notice
    assert notice["sub_title_text"] == "累计：123,456,789,012.34 元"


def test_a_picture_is_shown_with_its_words_and_opens_the_first_page():
    news = drawn(Card("走势", picture=CHART, links=LINKS[:2]))
    assert news["card_image"] == {"url": CHART.url}
    assert news["vertical_content_list"] == [{"title": "说明", "desc": "本周回款走势"}]
    assert news["card_action"] == {"type": 1, "url": LINKS[0].url}
    assert [row["title"] for row in news["jump_list"]] == ["第1页", "第2页"]


def test_an_uploaded_picture_is_drawn_from_what_delivery_knows_and_said_if_it_does_not():
    card = Card("走势", picture=Picture("走势图", media="chart"), links=LINKS[:1])
    uploaded = replace(SLOT, picture="https://wework.example.com/p.png")
    assert drawn(card, uploaded)["card_image"]["url"] == uploaded.picture
    without = drawn(card)
    assert (without["card_type"], without["sub_title_text"]) == ("text_notice", "图片：走势图")


def test_beside_buttons_a_picture_and_pages_are_rows_that_open():
    card = drawn(Card("走势", facts=(("周", "48"),), picture=CHART, links=LINKS[:1],
                      buttons=(BUTTON,)))  # fmt: skip
    fact, picture, page = card["horizontal_content_list"]
    assert fact == {"keyname": "周", "value": "48"}
    assert picture == {"keyname": "图片", "value": CHART.alt, "type": 1, "url": CHART.url}
    assert page == {"keyname": "打开", "value": "第1页", "type": 1, "url": LINKS[0].url}


def test_a_fourth_page_of_a_notice_is_spelled_out():
    notice = drawn(Card("周报", links=LINKS))
    assert len(notice["jump_list"]) == 3
    assert notice["sub_title_text"] == f"第4页：{LINKS[3].url}"


def test_two_drop_downs_start_unchosen_and_come_back_with_the_forms_key():
    card = drawn(ways(REGION, SORT))
    assert [s["question_key"] for s in card["select_list"]] == ["region", "sort"]
    assert all(s["option_list"][0]["id"] == "not-chosen" for s in card["select_list"])
    assert card["submit_button"] == {"text": "提交", "key": "3.form"}


def test_one_drop_down_keeps_its_rows_and_its_buttons():
    card = drawn(ways(REGION, facts=(("周", "48"),), buttons=(BUTTON,)))
    assert card["button_selection"]["question_key"] == "region"
    assert [b["key"] for b in card["button_list"]] == ["3.form", "3.0"]
    assert card["horizontal_content_list"] == [{"keyname": "周", "value": "48"}]


def test_boxes_take_several_or_one():
    assert drawn(ways(TAGS))["checkbox"]["mode"] == 1
    assert drawn(ways(replace(TAGS, kind="select")))["checkbox"]["mode"] == 0


def test_a_selection_with_more_than_it_lists_opens_its_page_where_there_is_one():
    more = replace(REGION, more=True)
    assert drawn(ways(more), PAGE)["button_list"][0]["url"] == PAGE.form_url
    assert drawn(ways(more))["button_selection"]["question_key"] == "region"


def test_the_menu_stands_behind_the_dots_and_as_buttons_where_nothing_else_can_be_tapped():
    card = drawn(Card("提醒", buttons=(BUTTON,), menu=MENU))
    entries = card["action_menu"]["action_list"]
    assert [(e["text"], e["key"]) for e in entries] == [
        ("稍后", "3.later"), ("今天不再提醒", "3.mute"), ("为什么找我", "3.why"),
    ]  # fmt: skip
    alone = drawn(Card("提醒", menu=MENU))
    assert "action_menu" not in alone
    assert [b["key"] for b in alone["button_list"]] == ["3.later", "3.mute", "3.why"]


def test_a_notice_with_a_menu_has_a_task_id_and_one_without_has_none():
    assert drawn(Card("提醒", links=LINKS[:1], menu=MENU))["task_id"] == SLOT.ref
    assert "task_id" not in drawn(Card("提醒", links=LINKS[:1]))


def test_where_there_is_no_menu_the_reason_is_said():
    card = drawn(ways(REGION, SORT, menu=MENU))
    assert "为什么找您：您是负责人" in card["main_title"]["desc"]


def test_a_locked_card_has_no_menu_and_no_reason():
    locked = Card("提醒", buttons=(BUTTON,), menu=MENU, done="已办")
    assert "action_menu" not in render_update(locked, SLOT)
    assert drawn(locked) == {"content": "提醒\n状态：已办"}


def test_a_card_that_asks_offers_that_button_and_the_way_back_only():
    delete = Button("删除", "b", style="danger", confirm="删了找不回。")
    card = Card("死信", buttons=(BUTTON, delete), menu=MENU, asking=1)
    shown = drawn(card)
    assert shown["sub_title_text"] == "删了找不回。"
    assert [(b["text"], b["key"], b["style"]) for b in shown["button_list"]] == [
        ("确定删除", "3.1", 2), ("返回", "3.back", 4),
    ]  # fmt: skip
    assert "action_menu" not in shown


def test_a_card_in_words_leaves_nothing_out():
    card = Card("提醒", figure=FIGURE, picture=Picture("走势图", media="chart"), done="已读",
                quote="原话")  # fmt: skip
    assert drawn(card)["content"] == (
        "提醒\n目标完成 64%：128.5 万\n原话\n图片：走势图\n状态：已读"
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "https://", "https://a b", "https://例.cn", "ftp://a/b",
        "https://a/)[点](https://evil", "https://a/\n", 'https://a/"', f"https://a/{'x' * 600}",
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_could_end_a_link_is_refused(url):
    with pytest.raises(ValueError, match="web address"):
        Link("页面", url)
    with pytest.raises(ValueError, match="web address"):
        Picture("图", url=url)
