"""What a DingTalk phone gets: strings only, nothing acts as markup, nothing too large."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.dingtalk.checks import _REQUIRED
from cards.model import Button, Card, Choice, Field, Figure, Form, Link, Menu, Picture, Text
from cards.render.dingtalk import card_params, render
from cards.render.slot import Slot
from tests.dingtalk.kit import APPROVAL, FORM

SLOT = Slot("01JABC_d", 3)

WORDS = st.text(max_size=400)
SHORT = st.text(max_size=60)
IDS = st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True)
BUTTONS = st.lists(st.builds(Button, SHORT, st.just("a")), max_size=12).map(tuple)
FIELDS = st.lists(
    st.builds(
        Field,
        IDS,
        SHORT,
        st.sampled_from(["select", "multi", "text"]),
        st.lists(st.builds(Choice, IDS, SHORT), max_size=60).map(tuple),
        SHORT,
    ),
    max_size=3,
).map(tuple)
URLS = st.integers(1, 490).map(lambda n: f"https://e.com/{'p' * n}")
CARDS = st.builds(
    Card,
    title=WORDS,
    subtitle=WORDS,
    figure=st.none() | st.builds(Figure, SHORT, WORDS),
    picture=st.none() | st.builds(Picture, WORDS, url=URLS) | st.builds(Picture, WORDS, media=IDS),
    links=st.lists(st.builds(Link, SHORT, URLS), max_size=5).map(tuple),
    menu=st.none() | st.builds(Menu, WORDS, st.just("x")),
    facts=st.lists(st.tuples(SHORT, WORDS), max_size=12).map(tuple),
    quote=WORDS,
    buttons=BUTTONS,
    form=st.none() | st.builds(Form, st.just("f"), FIELDS),
    tone=st.sampled_from(["plain", "good", "warning", "bad"]),
    done=st.just("") | SHORT,
)
UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*[\[\]()*_~`<>#@]")


def card(content: Card, slot: Slot = SLOT) -> dict[str, str]:
    params: dict[str, str] = render(content, slot, template=True)["card"]["cardParamMap"]
    return params


def message(content: Card | Text, slot: Slot = SLOT) -> dict[str, Any]:
    return render(content, slot, template=False)


def said(url: str) -> str:
    return parse_qs(urlsplit(url).query)["content"][0]


def test_a_card_fills_every_variable_with_a_string():
    params = card(APPROVAL)
    assert params["markdown"] == "客户：北方泵业  \n  金额：128000 元"
    assert json.loads(params["buttons"]) == [
        {"text": "同意", "key": "3.0", "style": "primary", "disabled": False},
        {"text": "驳回", "key": "3.1", "style": "danger", "disabled": False},
    ]
    assert (params["form"], params["form_status"], params["done"]) == ("{}", "disabled", "")


def test_a_form_carries_its_fields_and_a_hidden_key():
    form = json.loads(card(FORM)["form"])
    customer, note, key = form["fields"]
    assert customer["type"] == "SELECT"
    assert customer["options"][1] == {"value": "c_2", "text": "乙泵业"}
    assert (note["type"], note["placeholder"]) == ("TEXT", "一句话")
    assert (key["name"], key["hidden"], key["defaultValue"]) == ("_key", True, "3.form")
    assert card(FORM)["form_status"] == "normal"


def test_a_field_of_several_is_a_multi_select():
    tags = Field("tags", "标签", "multi", (Choice("a", "阀门"), Choice("b", "泵")))
    shown = Card("筛选", form=Form("f", (tags,)))
    assert json.loads(card(shown)["form"])["fields"][0]["type"] == "MULTI_SELECT"
    assert "用逗号隔开" in message(shown)["msgParam"]["text"]


def test_figure_picture_and_pages_are_markdown_of_their_own():
    shown = Card(
        "本周回款", figure=Figure("128.5 万", "目标完成 64%"), facts=(("周", "48"),),
        picture=Picture("走势图", url="https://bot.example.com/p.png"),
        links=(Link("看 [明细]", "https://bot.example.com/x"),),
    )  # fmt: skip
    params = card(shown)
    assert params["markdown"] == "### 128.5 万\n\n目标完成 64%\n\n周：48"
    assert params["picture"] == "![走势图](https://bot.example.com/p.png)  \n  走势图"
    assert params["links"] == r"[看 \[明细\]](https://bot.example.com/x)"
    text = message(shown)["msgParam"]["text"]
    assert all(params[name] in text for name in ("markdown", "picture", "links"))


def test_an_uploaded_picture_is_its_media_id_and_said_if_it_is_not_there():
    shown = Card("走势", picture=Picture("走势图", media="chart"))
    assert "(@lAL123)" in card(shown, Slot("r", 3, picture="@lAL123"))["picture"]
    assert card(shown)["picture"] == "图片：走势图"


def test_the_menu_is_the_last_row_and_the_last_buttons_of_an_action_card():
    shown = Card("提醒", buttons=(Button("好", "a"),), menu=Menu("您是负责人", "x"))
    assert [e["key"] for e in json.loads(card(shown)["menu"])] == ["3.later", "3.mute", "3.why"]
    sent = message(shown)
    assert sent["msgKey"] == "sampleActionCard4"
    assert said(sent["msgParam"]["actionURL4"]) == "/卡 01JABC_d 3.why"
    assert card(Card("提醒", menu=shown.menu, done="好了"))["menu"] == "[]"


def test_a_card_that_asks_offers_that_button_and_the_way_back_only():
    delete = Button("删除", "a", style="danger", confirm="删了找不回。")
    shown = Card("资料", buttons=(Button("好", "b"), delete), form=FORM.form,
                 menu=Menu("您是负责人", "x"), asking=1)  # fmt: skip
    params = card(shown)
    buttons = json.loads(params["buttons"])
    assert [(b["text"], b["key"], b["style"]) for b in buttons] == [
        ("确定删除", "3.1", "danger"), ("返回", "3.back", "normal"),
    ]  # fmt: skip
    assert params["markdown"].startswith("**删了找不回。**")
    assert (params["form"], params["menu"]) == ("{}", "[]")
    assert message(shown)["msgKey"] == "sampleActionCard2"


def test_a_locked_card_offers_nothing_to_press():
    params = card(Card("报价", buttons=APPROVAL.buttons, form=FORM.form, done="已同意"))
    assert (params["buttons"], params["form"], params["done"]) == ("[]", "{}", "已同意")
    assert params["form_status"] == "disabled"
    text = message(Card("报价", buttons=APPROVAL.buttons, form=FORM.form, done="已同意"))
    assert text["msgKey"] == "sampleMarkdown"
    assert "已同意" in text["msgParam"]["text"]
    assert "/卡" not in text["msgParam"]["text"]


def test_a_drop_down_offers_fifty_options_and_says_how_many_there_are():
    many = tuple(Choice(f"c{n}", f"客户{n}") for n in range(80))
    form = json.loads(
        card(Card("x", form=Form("f", (Field("c", "客户", "select", many),))))["form"]
    )
    assert len(form["fields"][0]["options"]) == 50
    assert "80" in form["fields"][0]["placeholder"]


@pytest.mark.parametrize(
    "name",
    ["[点我](https://evil)", "**已批准**", "# 系统通知", "> 引用", "@all", "`x`", "~~x~~",
     "<font color=red>x</font>", "a_b_c", "\\[x\\]"],
)  # fmt: skip
def test_a_name_that_looks_like_markup_is_shown_as_it_is(name):
    shown = card(Card("x", facts=(("客户", name),), quote=name))["markdown"]
    fact, quote = shown.split("\n\n> ")
    for part in (fact, quote):
        assert not UNESCAPED.search(part)
    assert re.sub(r"\\(.)", r"\1", fact) == f"客户：{name}"
    assert card(Card(name))["title"] == name


def test_a_newline_in_a_name_cannot_start_a_line_of_its_own():
    shown = card(Card("x", facts=(("客户", "甲\n\n# 系统通知\r\n已批准"),)))["markdown"]
    assert "\n" not in shown


@given(CARDS)
def test_every_card_is_strings_of_bounded_size(content):
    params = card(content)
    assert all(isinstance(value, str) for value in params.values())
    assert sum(len(value.encode()) for value in params.values()) < 100 * 1024
    for name in params.keys() - {"form", "buttons", "menu"}:
        assert len(params[name].encode()) <= 1024
    assert isinstance(json.loads(params["buttons"]), list)
    assert isinstance(json.loads(params["form"]), dict)
    assert params.keys() == card(Card("x")).keys()
    assert card_params(content, SLOT) == params


@given(CARDS, st.sampled_from(["", "https://example.com/h5/form/1"]))
def test_every_card_without_a_template_is_a_message_the_platform_takes(content, form_url):
    sent = message(content, Slot("r" * 100, 12, form_url))
    assert len(json.dumps(sent["msgParam"], ensure_ascii=False).encode()) <= 15_000
    assert set(_REQUIRED[sent["msgKey"]]) <= sent["msgParam"].keys()


@given(st.text(max_size=9000))
def test_every_text_is_a_message_the_platform_takes(text):
    sent = message(Text(text))
    assert sent["msgKey"] == "sampleText"
    assert len(json.dumps(sent["msgParam"], ensure_ascii=False).encode()) <= 15_000


def test_a_text_keeps_its_lines_and_is_not_escaped():
    assert message(Text("第一行 *\n第二行"))["msgParam"] == {"content": "第一行 *\n第二行"}


@pytest.mark.parametrize(
    ("count", "key"), [(0, "sampleMarkdown"), (1, "sampleActionCard"), (5, "sampleActionCard5")]
)
def test_buttons_become_an_action_card_that_says_the_press(count, key):
    buttons = tuple(Button(f"按钮{n}", "a") for n in range(count))
    sent = message(Card("报价", buttons=buttons))
    assert sent["msgKey"] == key
    urls = [v for k, v in sent["msgParam"].items() if k.endswith("URL") or "URL" in k]
    assert [said(url) for url in urls] == [f"/卡 01JABC_d 3.{n}" for n in range(count)]


def test_buttons_beyond_the_fifth_are_spelled_out():
    sent = message(Card("报价", buttons=tuple(Button(f"按钮{n}", "a") for n in range(7))))
    assert sent["msgKey"] == "sampleActionCard5"
    text = sent["msgParam"]["text"].replace("\\", "")
    assert "按钮5：/卡 01JABC_d 3.5" in text
    assert "按钮6：/卡 01JABC_d 3.6" in text


def test_a_form_without_a_template_spells_its_one_line_and_links_its_page():
    sent = message(FORM, Slot("01JABC", 3, "https://example.com/h5/form/1"))
    assert sent["msgKey"] == "sampleMarkdown"
    text = sent["msgParam"]["text"]
    assert "/卡 01JABC 3.form customer=… note=…" in text
    assert r"c\_1 = 甲阀门" in text
    assert "](https://example.com/h5/form/1)" in text
