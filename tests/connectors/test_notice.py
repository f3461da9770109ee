"""The notice of the State Council is read as published, and a slip in it is found."""

import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import holidays
from connectors.notice import NoticeError, parse
from tests.connectors.notices import FESTIVALS, notice


def worked(days, year):
    return {day for day, it in days.items() if it.is_workday and day.year == year}


@pytest.mark.parametrize("year", [2017, 2023, 2025, 2026])
def test_a_published_notice_and_the_package_agree_on_every_day_of_the_year(year):
    read, packaged = parse(notice(year)).days, holidays.days(year)
    assert len([day for day in read if day.year == year]) == 365
    assert worked(read, year) == worked(packaged, year)


def test_2026_has_33_days_off_6_adjusted_workdays_and_248_workdays():
    read = parse(notice(2026))
    off = [day for day, it in read.named.items() if not it.is_workday]
    adjusted = sorted(day for day, it in read.named.items() if it.is_workday)
    assert len(off) == 33
    assert [f"{day:%m-%d}" for day in adjusted] == [
        "01-04", "02-14", "02-28", "05-09", "09-20", "10-10",
    ]  # fmt: skip
    assert len(worked(read.days, 2026)) == len(worked(holidays.days(2026), 2026)) == 248
    assert read.named == {
        day: it for day, it in holidays.days(2026).items() if it.name
    }  # name by name


def test_the_next_notice_has_the_last_word_on_december():
    read = parse(notice(2018)).days | parse(notice(2019)).days
    assert worked(read, 2018) == worked(holidays.days(2018), 2018)
    assert worked(parse(notice(2018)).days, 2018) != worked(holidays.days(2018), 2018)


def test_2019_differs_by_nothing_but_what_was_changed_for_labour_day_afterwards():
    read, packaged = parse(notice(2019)).days, holidays.days(2019)
    differing = worked(read, 2019) ^ worked(packaged, 2019)
    assert differing == {date(2019, 4, 28), date(2019, 5, 2), date(2019, 5, 3), date(2019, 5, 5)}


def test_a_new_year_holiday_begins_in_the_december_before_said_or_not():
    said = parse(notice(2019)).named
    unsaid = parse(notice(2019).replace("2018年12", "12").replace("2019年1月", "1月")).named
    assert said == unsaid
    assert said[date(2018, 12, 29)].is_workday
    assert not said[date(2018, 12, 31)].is_workday


def test_a_package_that_does_not_know_a_year_says_so():
    assert holidays.days(2027) == {}


def test_half_width_spaces_and_lost_line_ends_change_nothing():
    text, expected = notice(2026), parse(notice(2026))
    assert parse(unicodedata.normalize("NFKC", text)) == expected
    assert parse(text.replace("1", "１").replace("周", "星期")) == expected
    assert parse(text.replace("\n", "\r\n").replace("月", " 月\u3000")) == expected
    assert parse(text.replace("\n", "")) == expected
    assert parse(text.replace("日（", "日\n（").replace("，", "，\n")) == expected
    assert parse(text.replace("。\n", "\n")) == expected
    assert parse(text.replace("（周四）", "周四").replace("至", "—")) == expected


def test_words_around_the_notice_and_a_wish_are_no_arrangement():
    wish = "上班。鼓励各单位安排职工在除夕（2月16日）休息。"
    text = notice(2026).replace("上班。", wish, 1)
    before = "国庆节自10月1日起放假调休7天（如逢周三则只在当日放假）。\n新华社11月4日电\n"
    assert parse(before + text + "[责编：张倩] 来源：新华网2025-11-04\n") == parse(notice(2026))


def test_without_its_title_somebody_has_to_say_the_year():
    assert parse(FESTIVALS[2026], 2026) == parse(notice(2026))
    with pytest.raises(NoticeError, match="--year"):
        parse(FESTIVALS[2026])
    with pytest.raises(NoticeError, match=r"2026年，--year 是 2027"):
        parse(notice(2026), 2027)


def test_a_text_that_is_no_notice_is_refused_with_an_example():
    with pytest.raises(NoticeError, match="元旦：1月1日"):
        parse("2027年放假安排", 2027)


def test_a_part_of_a_notice_settles_what_it_names_and_says_what_is_missing():
    whole = notice(2026)
    part = parse(whole[: whole.index("六、")])
    assert part.missing == ("中秋节", "国庆节")
    assert part.days == part.named
    assert date(2026, 3, 3) not in part.days


SLIPS = {
    "weekday": ("5月1日（周五）", "5月1日（周六）", "第 10 行 劳动节：5月1日是周五，写的是周六"),
    "count": ("共9天", "共8天", "第 8 行 春节：写的是8天，日期数下来是 9 天"),
    "weekday worked": ("5月9日（周六）上班", "5月7日上班", "5月7日是周四不是周末"),
    "no such day": ("19日（周五）至21日", "19日至31日", "没有6月31日这一天"),
    "month lost": ("10月1日（周四）至", "0月1日至", "没有0月1日这一天"),
    "month missing": ("4月4日（周六）", "4日（周六）", "「4日」前面没有写月份"),
    "too long": ("1日（周五）至5日（周二）放假调休，共5天", "1日至6月5日放假", "不像一个假期"),
    "backwards": ("25日（周五）至27日（周日）", "25日至23日", "不像一个假期"),
    "other year": ("5月9日", "2027年5月9日", "2027年5月9日不在2026年的安排里"),
    "other december": ("5月9日", "2025年12月9日", "2025年12月9日不在2026年"),
    "no joint": ("4月4日（周六）至6", "4月4日（周六）6", "之间应写「至」或「、」"),
    "no verb": (
        "5月9日（周六）上班",
        "放假。5月9日（周六）放假、5月10日",
        "「、5月10日」后面没有写",
    ),
    "both": ("5月9日（周六）上班", "5月3日上班", "5月3日是周日又放假又上班"),
    "without its day": ("1日（周五）至5日（周二）放假调休，共5天", "2日放假", "里没有5月1日"),
    "nothing off": ("4月4日（周六）至6日（周一）放假，共3天", "待定", "清明节：没有写哪几天放假"),
}


@pytest.mark.parametrize(("right", "wrong", "complaint"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named_with_its_line(right, wrong, complaint):
    text = notice(2026)
    assert right in text
    with pytest.raises(NoticeError) as found:
        parse(text.replace(right, wrong))
    [line] = str(found.value).splitlines()
    assert complaint in line
    assert line.startswith("第 ")


def test_all_slips_come_at_once():
    text = notice(2026).replace("共9天", "共8天").replace("共7天", "共6天")
    with pytest.raises(NoticeError) as found:
        parse(text)
    assert [line[:9] for line in str(found.value).splitlines()] == [
        "第 8 行 春节：",
        "第 13 行 国庆",
    ]


@given(st.text("元旦春节国庆：:0123456789年月日（）周六至、。，放假上班补休共天\n", max_size=80))
def test_any_text_is_read_or_refused_in_words(text):
    with suppress(NoticeError):
        read = parse(f"元旦：{text}", 2027)
        assert all(day.weekday() >= 5 for day, it in read.days.items() if it.is_workday)
