"""D12, D22: what a person writes is made harmless once, at the door, and stays readable."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.import_columns import CUSTOMERS
from bot.platforms.api import Inbound
from connectors.sheets import read
from engine.text import MOST, clean

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HARM = {
    "NUL": "\0",
    "bell": "\x07",
    "C1 control": "\x9b",
    "lone surrogate": "\ud800",
    "turn around": "\u202e",
    "isolate": "\u2066",
    "left-to-right mark": "\u200e",
    "zero-width space": "\u200b",
    "zero-width non-joiner": "\u200c",
    "joiner of letters": "\u200d",
    "byte-order mark": "\ufeff",
    "word joiner": "\u2060",
    "soft hyphen": "\xad",
    "blank letter": "\u3164",
    "tag": "\U000e0041",
    "selector": "\ufe0f",
    "further selector": "\U000e0100",
    "annotation": "\ufff9",
    "noncharacter": "\uffff",
}
EMOJI = ("👨‍👩‍👧‍👦", "❤️‍🔥", "🧑🏽‍🚀", "👍🏽", "1️⃣", "🇨🇳", "㊙️", "☺︎", "🏳️‍🌈")


def heard(text, **values):
    return Inbound("wecom", "ww", "1", "zhangsan", NOW, "text", text, values=values)


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_d12_what_nobody_sees_does_not_get_in(harm):
    said = heard(f"/商机 恒{harm}信 北方{harm}", name=f"恒{harm}信")
    assert said.text == "/商机 恒信 北方"
    assert said.values == {"name": "恒信"}


@pytest.mark.parametrize("emoji", EMOJI)
def test_d12_an_emoji_stays_whole(emoji):
    assert heard(f"好{emoji}的").text == f"好{emoji}的"


def test_d12_a_flag_made_of_tags_becomes_a_plain_flag():
    assert clean("🏴\U000e0067\U000e0062\U000e007f") == "🏴"


def test_d12_line_ends_are_one_sort_and_accents_one_form():
    assert clean("a\r\nb\rc\u2028d\x85e\tf") == "a\nb\nc\nd\ne\tf"
    assert clean("Cafe\u0301") == "Caf\u00e9"


@given(st.text(st.characters(), max_size=60))
def test_d12_cleaning_twice_is_cleaning_once_and_leaves_what_a_database_takes(text):
    done = clean(text)
    assert clean(done) == done
    assert unicodedata.is_normalized("NFC", done)
    assert done.encode().decode() == done
    assert not [c for c in done if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]


def test_d12_two_names_that_look_alike_are_one_customer(office):
    office.says("张三", "/商机 某阀门\u200b制造 北方\u202e泵业")
    [made] = office.rows("opportunity")
    assert "\u202e" not in str(made)
    assert "北方泵业" in str(office.rows("customer"))


def typed(office, text):
    """What 张三 is answered to a line too long for the page of phones."""
    [zhang] = [p for p in office.http.get("/sim/api/people").json() if p["name"] == "张三"]
    before = len(office.sees("张三"))
    office.finger(office.demo.dingtalk.say(zhang["accounts"]["dingtalk"], text))
    return office.sees("张三")[before:]


def test_d12_a_message_too_long_is_told_so_and_never_cut_silently(office):
    [answer] = typed(office, "/商机 某阀门制造 " + "长" * MOST)
    assert "太长" in answer["text"]
    assert office.rows("opportunity") == []
    assert max(len(str(row)) for row in office.rows("job")) < 4 * MOST


def test_d12_ten_thousand_invisible_characters_hide_nothing(office):
    answer = typed(office, "/帮助" + "\u200b" * 10_000)[-1]
    assert "可以这样用" in answer["title"]


def test_d12_imported_cells_pass_the_same_door():
    book = Workbook()
    book.active.append(["客户名称", "负责人"])
    book.active.append(["恒\u200b信\u202e阀门", "张\ufeff三"])
    file = BytesIO()
    book.save(file)
    for data, name in (
        (file.getvalue(), "a.xlsx"),
        ("客户名称,负责人\n恒\u200b信\u202e阀门,张\ufeff三\n".encode(), "a.csv"),
    ):
        [row] = read(data, name, CUSTOMERS).rows
        assert (row.values["name"], row.values["owner"]) == ("恒信阀门", "张三")
