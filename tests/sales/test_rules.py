"""Rules as models: complete with any body, right by default, typed as people type."""

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cards.render.wecom_limits import BUTTON_TEXT, FACT_NAME
from sales.rules import since
from sales.rules.all import KINDS
from sales.rules.assigning_checks import ASSIGNING
from sales.rules.limits import LIMITS
from sales.rules.since import BadDate
from sales.rules.unfinished import UNFINISHED, UnfinishedTimes
from sales.rules.values import Count, Sentence, Unreadable, WorkingTime, fill

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 10, tzinfo=CHINA)
EVERY = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
VALUES = (Count("条", 1, 9, "少了不行"), WorkingTime(15, 450), Sentence(20, {"line": "/商几"}))
LINE = "{line}"


@EVERY
def test_what_the_product_brings_can_be_published(kind):
    assert kind.faults(kind.defaults) == []
    assert kind.read({}).model_dump() == kind.defaults


@EVERY
def test_titles_fit_their_places_and_name_one_thing(kind):
    titles = [item.title for item in kind.items.values()]
    assert len(set(titles)) == len(titles)
    assert all(len(title) <= FACT_NAME for title in (kind.title, *titles))
    assert all(" " not in title and len(title) <= BUTTON_TEXT for title in (kind.title, *titles))


@EVERY
def test_an_items_example_can_be_typed(kind):
    for item in kind.items.values():
        if not isinstance(item.value, Sentence):
            item.value.read(item.value.example)


def test_a_body_of_another_version_is_complete():
    """0010: an item it lacks has its default; one nobody knows here is left out."""
    read = UNFINISHED.read({"first_after_minutes": 60, "third_after_minutes": 5})
    assert (read.first_after_minutes, read.last_after_minutes) == (60, 450)
    assert UNFINISHED.read({"first_after_minutes": "soon", "last_after_minutes": 90}) == (
        UnfinishedTimes(last_after_minutes=90)
    )


def test_a_model_is_closed_and_strict():
    for wrong in ({"third": 1}, {"first_after_minutes": "120"}):
        with pytest.raises(ValidationError):
            UnfinishedTimes(**wrong)
        assert UNFINISHED.faults(wrong)
    told = UNFINISHED.faults({"third": 1, "last_after_minutes": "90"})
    assert "再次提醒的值不对，要写 2 小时" in told
    assert "没有「third」这一项，有：首次提醒、再次提醒" in told


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        (UNFINISHED, {"first_after_minutes": 2250, "last_after_minutes": 4500}, "10 个工作日"),
        (LIMITS, {"commands_per_minute": 10, "commands_at_once": 20}, "一口气能发的不能多于"),
    ],
)
def test_items_that_are_right_alone_may_be_wrong_together(kind, body, reason):
    [fault] = kind.faults(body)
    assert reason in fault


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("2", 120), ("2小时", 120), ("１．５ 小时", 90), ("90分钟", 90), ("2 h", 120), ("0.5", 30)],
)
def test_working_time_is_typed_as_people_say_it(words, minutes):
    assert WorkingTime(15, 450).read(words) == minutes


@given(st.integers(1, 9999))
def test_working_time_and_counts_read_back_what_they_say(number):
    for value in VALUES[:2]:
        assert value.read(value.words(number)) == number


@given(st.text())
def test_whatever_is_typed_is_a_value_or_unreadable(words):
    for value in VALUES:
        with suppress(Unreadable):
            list(value.faults(value.read(words)))


@given(st.text(alphabet="ab{}%$._[]0line "), st.text())
def test_a_sentence_without_faults_has_its_fact_and_nothing_else_is_touched(words, fact):
    value = VALUES[2]
    sentence = value.read(f"{words}{LINE}")
    if list(value.faults(sentence)):
        return
    assert fill(sentence, {"line": fact}) == sentence.replace(LINE, fact)


@pytest.mark.parametrize(
    ("words", "reason", "moment"),
    [
        ("新规施行 从 2026-12-01 起", "新规施行", "2026-12-01T00:00"),
        ("从2026年12月1日起，新规施行", "新规施行", "2026-12-01T00:00"),
        ("旺季，从 2026/12/1 09:30 起生效", "旺季", "2026-12-01T09:30"),
        ("新规施行 从12月1号起", "新规施行", "2026-12-01T00:00"),
        ("新规施行 从 2026-12-01 9点起", "新规施行", "2026-12-01T09:00"),
        ("新规施行 从12月1日下午3点半起", "新规施行", "2026-12-01T15:30"),
        ("新规施行，自2026-12-01起", "新规施行", "2026-12-01T00:00"),
        ("新规施行 2026-12-01起生效", "新规施行", "2026-12-01T00:00"),
        ("新规施行 从 2026-12-01 生效", "新规施行", "2026-12-01T00:00"),
        ("新规施行 从 ２０２６－１２－０１ ０９：３０ 起", "新规施行", "2026-12-01T09:30"),
        ("新规施行 从明天起", "新规施行", "2026-11-24T00:00"),
        ("后天早上 8 点起，先放宽", "先放宽", "2026-11-25T08:00"),
        ("旺季过了 从3月1日起", "旺季过了", "2027-03-01T00:00"),
        ("从今天起 客户等太久", "客户等太久", "2026-11-23T10:00"),
        ("从11月23日起 客户等太久", "客户等太久", "2026-11-23T10:00"),
        ("从客户反馈起就该改", "从客户反馈起就该改", None),
        ("从 1.5 小时改成 2 小时", "从 1.5 小时改成 2 小时", None),
        ("11月3日和客户一起定的", "11月3日和客户一起定的", None),
        ("客户等太久", "客户等太久", None),
    ],
)
def test_a_reason_may_say_from_when(words, reason, moment):
    """B81; it is Monday 2026-11-23 10:00."""
    then = None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=CHINA)
    assert since.split(words, CHINA, NOW) == (reason, then)


@pytest.mark.parametrize(
    "words",
    [
        "从 2026-02-30 起", "从 12-01 起", "从 2026-12-01 25:00 起", "从2月30日起",
        "从 2026-12-01", "从20261201起", "从下周一起", "从十二月一号起", "下个月1号生效",
        "从明年1月1日起", "从明晚8点起", "9点起", "12.1 起生效", "26年12月1日起", "从元旦起",
        "从 2026-12-01 起 到 12月5日生效", "客户要求月底开始",
    ],
)  # fmt: skip
def test_what_may_be_a_date_is_never_taken_for_a_reason(words):
    """B81: rather asked again than in effect at once."""
    with pytest.raises(BadDate, match="看不懂"):
        since.split(f"新规施行 {words}", CHINA, NOW)


@given(st.text())
def test_any_reason_is_read_or_refused(words):
    try:
        reason, _ = since.split(f"因为{words}", CHINA, NOW)
    except BadDate:
        return
    assert reason.startswith("因为")


def test_a_body_that_is_wrong_in_several_ways_says_all_of_them():
    """Also beside an empty list and a line nobody can read, which other checks go by."""
    body = ASSIGNING.defaults | {"sources": [], "lines": "没有箭头", "cases": "行业=教育 → 甲"}
    found = ASSIGNING.faults(body)
    assert [fault[:3] for fault in found] == ["规则：", "来源白", "用例「"]
