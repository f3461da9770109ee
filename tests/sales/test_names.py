"""Company names: the same, near, another; whatever is typed, nothing breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales import names

COMPANIES = st.text(alphabet="华东北方泵业阀门制造科技有限公司集团厂二期2Ａa （）-", max_size=20)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("华东泵业", "华东泵业有限公司"),
        ("华东泵业", "华东泵业（集团）有限公司"),
        ("华东泵业", " 华东 泵业 "),
        ("ABC泵业", "ａｂｃ泵业"),
        ("恒信阀门", "恒信阀门厂"),
    ],
)
def test_legal_form_space_and_width_make_no_other_company(one, other):
    assert names.forms(one).core == names.forms(other).core


def test_a_general_word_is_dropped_for_the_stem_only():
    short, long = names.forms("杭州智云"), names.forms("杭州智云科技有限公司")
    assert short.core != long.core
    assert short.stem == long.stem


def test_a_homophone_sounds_the_same():
    assert names.forms("恒信阀门").sound == names.forms("恒新伐门").sound


def test_a_serial_mark_is_never_a_slip():
    assert "华东泵业" not in names.one_less("华东泵业2")
    assert "华东泵业" not in names.one_less("华东泵业二")
    assert "华东泵业" in names.one_less("华东泵业业")


@given(st.text(max_size=80))
def test_any_text_has_forms_and_is_shown_without_invisible_characters(text):
    forms = names.forms(text)
    assert forms.name == names.clean(text)
    assert not any(ord(c) < 32 or c in "\u200b\u202e\ufeff" for c in forms.name)


@given(COMPANIES)
def test_the_core_of_a_core_is_itself(name):
    core = names.forms(name).core
    assert names.forms(core).core == core
