"""Company names: the same, near, another; whatever is typed, nothing breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales import names, stems

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


def near(one, other):
    asked, stored = names.forms(one).stem, names.forms(other).stem
    return bool(names.keys(asked) & names.keys(stored)) and names.near(asked, stored)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("浙江恒信阀门有限公司", "恒信阀门"),
        ("浙江省杭州市恒信阀门", "恒信阀门"),
        ("恒信阀门（上海）有限公司", "恒信阀门"),
        ("恒信（上海）阀门有限公司", "恒信阀门"),
        ("华东泵业上海分公司", "华东泵业"),
        ("华东泵业销售有限公司", "华东泵业"),
        ("恒星阀门", "恒信阀门"),
        ("恒新阀门", "恒信阀门"),
        ("华冬泵业", "华东泵业"),
        ("华东泵", "华东泵业"),
        ("华东泵业业", "华东泵业"),
        ("智云科技", "杭州智云科技有限公司"),
    ],
)
def test_a_place_a_branch_a_general_word_or_one_slip_leaves_the_names_near(one, other):
    assert near(one, other)
    assert near(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("北方泵业", "华东泵业"),
        ("南方泵业", "北方泵业"),
        ("东海泵业", "华东泵业"),
        ("华东泵业二期", "华东泵业"),
        ("华东泵业2", "华东泵业"),
        ("东方阀业", "南粤阀业"),
        ("批量客户001号", "批量客户002号"),
        ("新客户甲", "新客户乙"),
        ("新客户一", "新客户乙"),
        ("测试01甲", "测试02甲"),
        ("上海泵业", "山东泵业"),
        ("上海电子科技", "上海信息技术"),
        ("上海阀门一厂", "北京阀门一厂"),
        ("阀门恒信", "恒阀门信"),
        ("恒信阀门", "信阀门控"),
    ],
)
def test_a_serial_mark_or_another_name_makes_another_company(one, other):
    assert not near(one, other)
    assert not near(other, one)


@given(COMPANIES, COMPANIES)
def test_nearness_goes_both_ways(one, other):
    assert near(one, other) == near(other, one)


@given(COMPANIES)
def test_a_stem_is_part_of_its_name_and_its_own_stem(name):
    stem = names.forms(name).stem
    assert stems.of(stem) == stem
    assert near(name, stem)


@given(st.text(max_size=80))
def test_any_text_has_forms_and_is_shown_without_invisible_characters(text):
    forms = names.forms(text)
    assert forms.name == names.clean(text)
    assert not any(ord(c) < 32 or c in "\u200b\u202e\ufeff" for c in forms.name)


@given(COMPANIES)
def test_the_core_of_a_core_is_itself(name):
    core = names.forms(name).core
    assert names.forms(core).core == core
