"""The fake takes what WeCom documents, and refuses the rest with WeCom's code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.rules import check_card
from tests.wecom.fake_kit import card

LONG = "k" * 1025
OPTIONS = [{"id": str(n), "text": f"选{n}"} for n in range(21)]
LINK = {"type": 1, "url": "https://a.example/x"}


def notice(**changes):
    usual = {"card_type": "text_notice", "button_list": None, "card_action": LINK, "task_id": None}
    return card(**{**usual, **changes})


def pick(**changes):
    return card(
        **{
            "card_type": "multiple_interaction",
            "button_list": None,
            "select_list": [{"question_key": "q", "option_list": OPTIONS[:10]}],
            "submit_button": {"text": "确定", "key": "s"},
            **changes,
        }
    )


def picking(options, **changes):
    """A pick list whose one drop-down has these options."""
    return pick(select_list=[{"question_key": "q", "option_list": options, **changes}])


def vote(**changes):
    return card(
        **{
            "card_type": "vote_interaction",
            "button_list": None,
            "checkbox": {"question_key": "q", "mode": 1, "option_list": OPTIONS[:20]},
            "submit_button": {"text": "确定", "key": "s"},
            **changes,
        }
    )


def news(**changes):
    return notice(
        **{"card_type": "news_notice", "card_image": {"url": "https://a.example/i"}, **changes}
    )


def rows(count: int, **more: object) -> list[dict]:
    return [{"keyname": "来源", "value": "展会", **more} for _ in range(count)]


def buttons(count: int, **more: object) -> list[dict]:
    return [{"text": "好", "key": str(n), **more} for n in range(count)]


LEGAL = [
    card(),
    card(button_list=buttons(6)),
    card(button_list=[{"text": "开", "type": 1, "url": "https://a.example/x"}]),
    card(task_id="aZ0_-@" + "x" * 122),
    card(horizontal_content_list=rows(6)),
    card(horizontal_content_list=rows(1, type=3, userid="lisi")),
    card(button_selection={"question_key": "q", "option_list": OPTIONS[:10], "selected_id": "3"}),
    card(quote_area={"type": 1, "url": "https://a.example/x", "quote_text": "q"}),
    card(main_title={"title": "长" * 100}),  # lengths in characters are advice
    card(card_action={"type": 0}),
    notice(),
    notice(main_title=None, sub_title_text="只有副标题"),
    notice(jump_list=[{"title": "看"}] * 3),
    notice(action_menu={"action_list": [{"text": "x", "key": "k"}]}, task_id="T2"),
    news(vertical_content_list=[{"title": "x"}] * 4),
    news(card_image={"url": "https://a.example/i", "aspect_ratio": 2.2}),
    news(card_image=None, image_text_area={"image_url": "https://a.example/i", "title": "图"}),
    vote(checkbox={"question_key": "q", "mode": 1, "option_list": OPTIONS[:20]}),
    pick(),
    vote(),
]


@pytest.mark.parametrize("whole", LEGAL)
def test_a_documented_card_is_taken(whole):
    check_card(whole, update=False)


ILLEGAL = [
    (42031, card(card_type="poster")),
    (42031, card(card_type=None)),
    (42033, card(main_title=None)),
    (42033, card(main_title={"title": ""})),
    (42033, notice(main_title={"desc": "x"})),
    (42014, card(task_id=None)),
    (42014, card(task_id="a.b")),
    (42014, card(task_id="任务")),
    (42014, card(task_id="x" * 129)),
    (42014, notice(action_menu={"action_list": [{"text": "x", "key": "k"}]})),
    (42035, card(horizontal_content_list=rows(7))),
    (42027, card(horizontal_content_list=[{"value": "x"}])),
    (42028, card(horizontal_content_list=rows(1, type=1))),
    (42029, card(horizontal_content_list=rows(1, type=2))),
    (42050, card(horizontal_content_list=rows(1, type=3))),
    (42036, news(vertical_content_list=[{"title": "x"}] * 5)),
    (42033, news(vertical_content_list=[{"desc": "x"}])),
    (42044, news(card_image=None)),
    (42044, news(card_image={"url": "ftp://x"})),
    (40058, news(card_image={"url": "https://a.example/i", "aspect_ratio": 2.25})),
    (40058, news(card_image={"url": "https://a.example/i", "aspect_ratio": 1})),
    (40058, news(card_image={"url": "https://a.example/i", "aspect_ratio": "2"})),
    (42044, news(card_image=None, image_text_area={"title": "图"})),
    (42028, news(image_text_area={"image_url": "https://a.example/i", "type": 1})),
    (42042, notice(jump_list=[{"title": "看"}] * 4)),
    (42033, notice(jump_list=[{"type": 0}])),
    (42030, notice(jump_list=[{"title": "看", "type": 2}])),
    (42045, notice(card_action=None)),
    (42045, notice(card_action={"type": 0, "url": "https://a.example"})),
    (42028, notice(card_action={"type": 1, "url": "a.example"})),
    (42030, notice(card_action={"type": 2})),
    (42051, notice(task_id="T", action_menu={"action_list": [{"text": "x", "key": "k"}] * 2})),
    (42051, notice(task_id="T", action_menu={"action_list": []})),
    (40058, card(button_list=None)),
    (40058, card(button_list=[])),
    (40058, card(button_list=buttons(7))),
    (40058, card(button_list={"text": "x"})),
    (40058, card(button_list=["x"])),
    (42038, card(button_list=[{"key": "k"}])),
    (42039, card(button_list=[{"text": "x"}])),
    (42039, card(button_list=[{"text": "x", "key": LONG}])),
    (42039, card(button_list=[{"text": "x", "key": "k"}, {"text": "y", "key": "k"}])),
    (42028, card(button_list=[{"text": "x", "type": 1}])),
    (40058, card(button_list=[{"text": "x", "type": 2, "key": "k"}])),
    (40058, card(button_list=[{"text": "x", "type": True, "key": "k"}])),
    (42037, card(button_selection={"question_key": "q", "option_list": OPTIONS[:11]})),
    (42043, card(button_selection={"option_list": OPTIONS[:2]})),
    (42047, pick(select_list=None)),
    (42047, pick(select_list=[{}] * 4)),
    (42043, pick(select_list=[{"question_key": "q", "option_list": OPTIONS[:1]}] * 2)),
    (42037, picking(OPTIONS[:11])),
    (42037, picking([])),
    (42040, picking([OPTIONS[0]] * 2)),
    (42040, picking([{"id": "x" * 129, "text": "x"}])),
    (42041, picking([{"id": "x"}])),
    (42040, picking(OPTIONS[:2], selected_id="9")),
    (42049, pick(submit_button={"key": "s"})),
    (42046, pick(submit_button={"text": "s"})),
    (42037, vote(checkbox={"question_key": "q", "option_list": OPTIONS})),
    (42043, vote(checkbox=None)),
    (40058, vote(checkbox={"question_key": "q", "mode": 2, "option_list": OPTIONS[:2]})),
    (40058, vote(checkbox={"question_key": "q", "disable": True, "option_list": OPTIONS[:2]})),
    (40058, vote(checkbox={"question_key": "q",
                           "option_list": [{**OPTIONS[0], "is_checked": 1}]})),
    (40058, pick(horizontal_content_list=rows(1))),
    (40058, card(replace_text="已处理")),
    (40058, card(source={"desc_color": 4})),
    (40058, card(main_title="线索")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "whole"), ILLEGAL)
def test_a_broken_rule_has_its_documented_code(code, whole):
    with pytest.raises(Refused) as refused:
        check_card(whole, update=False)
    assert refused.value.errcode == code


def test_an_update_may_go_without_task_and_submit_and_may_be_grey():
    check_card(card(None, replace_text="已处理"), update=True)
    check_card(pick(task_id=None, submit_button=None, replace_text="已投"), update=True)
    closed = {"question_key": "q", "disable": True, "option_list": OPTIONS[:2]}
    check_card(vote(task_id=None, checkbox=closed, replace_text="已投"), update=True)
    with pytest.raises(Refused):
        check_card(notice(replace_text="已处理"), update=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=8,
)


@given(st.sampled_from(LEGAL), st.data())
def test_the_validator_never_stumbles_over_a_shape(whole, data):
    broken = json.loads(json.dumps(whole))
    part = broken
    while True:
        inside = list(part) if isinstance(part, dict) else list(range(len(part)))
        step = data.draw(st.sampled_from(inside))
        if not isinstance(part[step], dict | list) or not part[step] or data.draw(st.booleans()):
            part[step] = data.draw(JSON)
            break
        part = part[step]
    try:
        check_card(broken, update=data.draw(st.booleans()))
    except Refused as refused:
        assert refused.errcode > 40000  # noqa: PT017 - taken or refused, nothing else
