"""`/线索 时效`: how fast leads get an owner, each number with what it counts (B7, B8)."""

from __future__ import annotations

import pytest

from tests.chat.lead_kit import NUMBER, opened, say
from tests.chat.test_leads import new, publish


def facts(office, person="王经理", days=""):
    card = office.says(person, f"/线索 时效 {days}")[0]
    return card, {one["name"]: one["value"] for one in card["fields"]}


def test_given_out_at_once_is_within_the_target(office):
    new(office, "/线索 新建 长江精密 华东 医疗 官网表单")
    card, told = facts(office)
    assert card["title"] == "最近 30 天的线索时效"
    assert "进来 1 条，分出去 1 条" in card["text"]
    assert "目标 23 分钟以内" in told["平均分配"]
    assert told["超时未分"] == "0.0%（0/1）"
    assert told["超时联系"] == "没有可算的"


def test_one_that_waited_makes_the_mean_and_names_its_source(office):
    """492 minutes against 23: the mean says so, and which source it was."""
    publish(office, "来源白名单 展会扫码")
    new(office, "/线索 新建 长江精密 华东 医疗 官网表单")
    office.wait("492m")
    office.says("王经理", f"/线索 转交 {NUMBER} 张三")
    card, told = facts(office)
    assert card["title"] == "最近 30 天的线索时效：分配慢了"
    assert told["平均分配"].startswith("8 小时（目标")
    assert told["慢在哪里"] == "官网表单 8 小时"


def test_what_nobody_had_in_time_and_who_was_called_too_late_are_shares(office):
    opened(office)
    publish(office, "来源白名单 展会扫码")
    new(office, "/线索 新建 黄河精密 华东 医疗 官网表单")
    office.wait("73h")
    say(office, "已联系")
    _, told = facts(office)
    assert told["超时未分"] == "50.0%（1/2）"
    assert told["超时联系"] == "100.0%（1/1）"
    _, recent = facts(office, days="1天")
    assert recent["超时未分"] == "没有可算的"


@pytest.mark.parametrize("words", ["很久", "0天", "999"])
def test_what_is_no_number_of_days_is_said(office, words):
    answer = office.says("王经理", f"/线索 时效 {words}")[0]
    assert "不是天数" in answer["title"] + answer["text"]


def test_everybody_counts_what_they_may_see(office):
    new(office, "/线索 新建 南海动力 华南 制造 官网表单", "陈总")
    _, told = facts(office, "张三")
    assert told["平均分配"] == "还没有分出去的"
