"""Masking: whatever hides a number from a machine hides it from nobody, and ours stay (D30)."""

from __future__ import annotations

import string
import timeit
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from engine import masking
from engine.ids import ulid
from engine.masking import harmless, holds_number, mask, mask_all, plain_digits, shortened
from engine.types import EPOCH, MICROSECOND

SEPARATORS = [
    "",
    " ",
    "-",
    ".",
    "·",
    " - ",
    "\u200b",
    "\u00ad",
    "\u3000",
    "－",
    "\u2060\u200d",
    "_",
]
SCRIPTS = ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "⓪①②③④⑤⑥⑦⑧⑨", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"]
AROUND = ["", "电话", "tel", "电话：", "王工", "\n", "（", "+86", "+86 ", "0086-", "86 "]
AFTER = ["", "。", "abc", "王工", "\n", "）", "，13 件"]
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


def identity(seventeen):
    total = sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(seventeen))
    return seventeen + "10X98765432"[total % 11]


def bank_card(body):
    doubled = (sum(divmod(2 * int(c), 10)) for c in body[-1::-2])
    return body + str(-(sum(doubled) + sum(map(int, body[-2::-2]))) % 10)


@st.composite
def disguised(draw, numbers):
    """A number as people write it who do not want it found, and what it is."""
    number = draw(numbers)
    gaps = draw(st.lists(st.sampled_from(SEPARATORS), min_size=18, max_size=18))
    digits = draw(st.sampled_from(SCRIPTS))
    shown = [digits[int(c)] if c.isdecimal() else c for c in number]
    return number, shown[0] + "".join(gap + c for gap, c in zip(gaps, shown[1:], strict=False))


@given(disguised(mobiles), st.sampled_from(AROUND), st.sampled_from(AFTER))
def test_no_disguise_shows_a_mobile_number(found, before, after):
    number, text = found
    assert mask(before + text + after) == f"{before}{number[:3]}****{number[-4:]}{after}"
    assert holds_number(before + text + after)


@given(disguised(mobiles), st.text())
def test_whatever_stands_around_it_a_mobile_number_alone_on_a_line_is_masked(found, words):
    number, text = found
    shown = mask(f"{words}，{text}，{words}")
    assert number not in plain_digits(shown).replace(plain_digits(mask(words)), "")


@given(
    disguised(
        st.builds(
            lambda region, day, serial: identity(f"{region}{day:%Y%m%d}{serial:03}"),
            st.integers(110101, 820000),
            st.dates(date(1930, 1, 1), date(2026, 1, 1)),
            st.integers(0, 999),
        )
    )
)
def test_an_identity_card_is_known_by_its_check_character(found):
    number, text = found
    assert mask(f"身份证{text}。") == f"身份证{number[:3]}****{number[-4:]}。"
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    assert mask(wrong) == wrong or masking._is_bank_card(wrong)


@given(
    disguised(
        st.from_regex(r"(62|4[0-9]|5[1-5]|35|95)[0-9]{13,16}", fullmatch=True)
        .map(bank_card)
        .filter(lambda n: not masking._is_identity_card(n[:18]))
        .filter(lambda n: len(n) < 18 or masking._is_no_credit_code(n[:18]))
    )
)
def test_a_bank_card_is_known_by_its_check_digit(found):
    number, text = found
    assert mask(f"卡号 {text}") == f"卡号 {number[:3]}****{number[-4:]}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("021-55667788", "021****7788"),
        ("(010) 6666 7777", "(010****7777"),
        ("0571 8765432", "057****5432"),
        ("+1 415 555 2671 in California", "+141****2671 in California"),
        ("+4930123456789", "+493****6789"),
        ("zhang.san@example.com", "z***@example.com"),
        ("邮箱ｚhang＠example．com。", "邮***@example．com。"),
        ("li @ mail.example.com.cn", "l***@mail.example.com.cn"),
        ("李四@公司.中国", "李***@公司.中国"),
        ("13800138000 13900139000", "138****8000 139****9000"),
        ("5 13800138000", "5 138****8000"),
        ("6222 13800138000 9", "6222 138****8000 9"),
        ("013800138000", "0138****8000"),
        ("1795113800138000", "17951138****8000"),
    ],
)
def test_land_lines_foreign_numbers_and_addresses_are_masked(text, shown):
    assert mask(text) == shown
    assert mask(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "", "某阀门制造", "OPP-20261123-0001", "LD-20261121-0007 已联系",
        "HT-20261121-0001,AP-20261121-0002", "OPP-20261123-10000", "LD-20261121-123456 已联系",
        "2026-11-13 2026-11-14 10:00:05 123 件", "2026-11-23T10:15:03.123456+08:00",
        "91330106MA2AXXXX13", "913301067384217384", "12330000470009123F",
        "¥13,800,138,000.00", "¥499,999.99", "预算 12 万", "1234567890123456",
        "7405938403823402312",
        "1790000000000000", "E42", "192.168.100.20:8787", "139.139.139.13",
        "550e8400-e29b-41d4-a716-13800138000a", "第 13、14、15、16、17、1 行", "13,14,15,16,17,1",
        "0.3512345678", "3.3333333333333333", "+15%", "@张三 请看", "12:30-13:15", "138001380001",
        "PN1.6 DN200 IS80-65-160", "20261123-1000.backup", "2026/11/13 17:30", "a+b=13800 138",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)  # fmt: skip
def test_our_own_numbers_are_never_harmed(text):
    assert mask(text) == text
    assert not holds_number(text)


@given(
    st.integers(0, 4 * 10**15),
    st.integers(1, 999_999),
    st.integers(0, 10**13),
)
def test_numbers_dates_and_amounts_as_we_write_them_stay(microseconds, serial, fen):
    moment = EPOCH + microseconds * MICROSECOND
    text = (
        f"OPP-{moment:%Y%m%d}-{serial:04} {moment:%Y-%m-%d %H:%M:%S} ¥{fen // 100:,}.{fen % 100:02}"
    )
    assert mask(text) == text


@given(st.integers(0, 2**47))
def test_ulids_stay(microseconds):
    text = f"客户 {ulid(EPOCH + microseconds * MICROSECOND)}"
    assert mask(text) == text


CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@given(st.text("0123456789", min_size=17, max_size=17).filter(lambda code: code[0] != "0"))
def test_credit_codes_stay_even_of_digits_alone(seventeen):
    total = sum(int(c) * pow(3, i, 31) for i, c in enumerate(seventeen))
    code = seventeen + CODE[-total % 31]
    assert mask(code) == code or masking._is_identity_card(code)


@given(st.text(), st.text(string.digits + " -.@+Xx", max_size=60))
def test_masking_twice_is_masking_once_and_never_fails(words, digits):
    for text in (words, digits, words + digits):
        once = mask(text)
        assert mask(once) == once
        assert once == text or not harmless(text)


@pytest.mark.parametrize("serial", ["0001", "9999", "10000", "123456"])
@pytest.mark.parametrize("around", ["{}", "商机 {} 已登记", "{}。", "{} 的"])
def test_our_own_numbers_need_no_second_look_however_many_a_day_has(serial, around):
    assert harmless(around.format(f"OPP-20261123-{serial}"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A-86138123-45678", "A-86138****5678"),
        ("OPP-20261123-0001 13800138000", "OPP-20261123-0001 138****8000"),
        ("OPP-20261123-10000 13800138000", "OPP-20261123-10000 138****8000"),
        ("OPP-20261123-13800138000", "OPP-20261123-138****8000"),
        ("OPP-86138001-38000", "OPP-86138****8000"),
        ("HT-03511234-5678", "HT-035****5678"),
    ],
)
def test_a_persons_number_does_not_pass_for_one_of_ours(text, shown):
    assert not harmless(text)
    assert mask(text) == shown


def test_values_are_masked_however_deep_and_keep_their_shape():
    value = {"args": ["13800138000", {"n": 13800138000, "who": ("a@b.cn", None)}], "ok": True}
    shown = {"args": ["138****8000", {"n": 13800138000, "who": ["a***@b.cn", None]}], "ok": True}
    assert mask_all(value) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [("138 0013 8000", "138****8000"), ("8001", "8****"), ("110", "1****"), ("转总机", "****")],
)
def test_a_known_number_is_shortened_whatever_it_looks_like(number, shown):
    assert shortened(number) == shown


def test_what_cannot_be_seen_does_not_count():
    assert masking.plain_text("Ｗáng\u200b@EX.com") == "wáng@ex.com".replace("á", "á")


@pytest.mark.parametrize("between", ["", "\n", "\t", " ", "\u200b"])
def test_json_is_masked_text_by_text_whatever_an_escape_hides(between):
    written = to_json({"n": 1, "at": f'"138{between}0013{between}8000"'}).decode()
    assert from_json(masking.masked_json(written)) == {"n": 1, "at": '"138****8000"'}
    harmless = '{"name":"某阀门制造","number":"OPP-20261123-0001"}'
    assert masking.masked_json(harmless) is harmless


@pytest.mark.parametrize(
    "word",
    ["9", "a", "a.", "字", "1-", "11a", "+1", "a@", "@", "a@a.", "1 ", "_", "\u200b1", "x@y.z "],
)
def test_an_endless_word_takes_no_longer_than_its_length(word):
    def seconds(length):
        text = word * (length // len(word))
        return min(timeit.repeat(lambda: mask(text), number=1, repeat=3))

    assert seconds(40_000) < 16 * max(seconds(10_000), 0.002)
