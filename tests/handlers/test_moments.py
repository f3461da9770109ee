"""When something happened, as people write it (B3), and how many days to look back."""

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Refusal
from handlers.moments import LONGEST, NoDays, NoMoment, days, past

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("", "2026-11-23 10:00:30"),
        ("刚才", "2026-11-23 10:00:30"),
        ("今天", "2026-11-23 10:00:30"),
        ("11-23", "2026-11-23 10:00:30"),
        ("昨天 15:00", "2026-11-22 15:00:00"),
        ("昨天 15：00", "2026-11-22 15:00:00"),
        ("前天", "2026-11-21 23:59:59"),
        ("11-20", "2026-11-20 23:59:59"),
        ("11月20日 9:30", "2026-11-20 09:30:00"),
        ("2026-11-20 09:30:15", "2026-11-20 09:30:15"),
        ("09:15", "2026-11-23 09:15:00"),
        ("2小时前", "2026-11-23 08:00:30"),
        ("两个小时前", "2026-11-23 08:00:30"),
        ("半小时前", "2026-11-23 09:30:30"),
        ("30 分钟前", "2026-11-23 09:30:30"),
        ("3天前", "2026-11-20 10:00:30"),
        ("明天", "2026-11-24 23:59:59"),
        ("11-25", "2026-11-25 23:59:59"),
    ],
)
def test_what_is_meant(words, meant):
    assert f"{past(words, NOW, ZONE).astimezone(ZONE):%Y-%m-%d %H:%M:%S}" == meant


def test_in_january_a_day_of_december_was_last_year():
    january = datetime(2027, 1, 3, 2, tzinfo=UTC)
    assert past("12-30 10:00", january, ZONE).astimezone(ZONE).year == 2026
    assert past("2027-12-30 10:00", january, ZONE).astimezone(ZONE).year == 2027


@pytest.mark.parametrize(
    "words", ["上回", "13-40", "25:00", "0x1小时前", "２小时前吧", "昨天 99:99"]
)
def test_what_is_no_moment(words):
    with pytest.raises(NoMoment):
        past(words, NOW, ZONE)


@given(st.integers(0, 9999), st.sampled_from(["分钟", "小时", "天"]))
def test_so_long_ago_is_never_still_to_come(count, unit):
    assert past(f"{count}{unit}前", NOW, ZONE) <= NOW


@given(st.text(max_size=20) | st.from_regex(r"[0-9:年月日\- 前天昨小时分钟]{0,16}", fullmatch=True))
def test_any_words_are_a_moment_or_refused(words):
    with contextlib.suppress(Refusal):
        assert past(words, NOW, ZONE) - NOW < timedelta(days=366 * 10_000)


@pytest.mark.parametrize(
    ("words", "count"), [("30天", 30), ("1", 1), (" 7 天 ", 7), ("366天", LONGEST)]
)
def test_days_to_look_back(words, count):
    assert days(words, "/x") == count


@pytest.mark.parametrize("words", ["", "0天", "367", "去年", "-3天", "3天半", "三天"])
def test_what_is_no_number_of_days_says_how_to_write_one(words):
    with pytest.raises(NoDays, match="如 /线索 超时 30天"):
        days(words, "/线索 超时 30天")
