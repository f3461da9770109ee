"""`/线索 时效` and the time of a contact: B3, B7, B8, told in chat."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from tests.chat.lead_kit import PLATFORMS, opened, say, trail
from tests.chat.test_leads import lead, new, publish

LINE = "/线索 新建 {} 华东 医疗 官网表单"


def told(message):
    """Everything the card says, on either platform."""
    rows = "\n".join(f"{one['name']}：{one['value']}" for one in message["fields"])
    return f"{message['title']}\n{message['text']}\n{rows}"


def ask(office, person, span="30天", platform="wecom"):
    return told(office.says(person, f"/线索 时效 {span}", platform)[0])


@PLATFORMS
def test_leads_that_find_an_owner_at_once_are_in_time(office, platform):
    publish(office, "规则 华东：全部 → 区域=华东")
    for company in ("长江精密", "渤海精工", "太湖泵业"):
        new(office, LINE.format(company))
    words = ask(office, "王经理", platform=platform)
    assert "最近 30 天进来 3 条线索" in words
    assert "没有超过目标 23 分钟" in words
    assert "平均分配用时：0 分钟（3 条）" in words
    assert "一直没人接手：0/3 条，0%" in words
    assert "联系晚了：还没有" in words


def test_a_mean_beyond_23_minutes_warns_and_names_the_source(office):
    publish(office, "来源白名单 展会扫码")
    for company in ("长江精密", "渤海精工"):
        new(office, LINE.format(company))
    office.wait("80h")
    number = lead(office)["number"]
    office.says("张三", f"/线索 认领 {number}")
    new(office, LINE.format("太湖泵业"))
    words = ask(office, "冯运营")
    assert "平均超过目标 23 分钟" in words
    assert "拉高平均的：" in words
    assert "来源 官网表单 1 条平均 3 天 8 小时" in words
    assert "一直没人接手：2/3 条，66.7%" in words
    assert "72 小时没分出：2/2 条，100%" in words


def slow_ones(office, person):
    return [m for m in office.sees(person) if m["title"].startswith("线索分得慢")]


def test_who_looks_after_the_rules_hears_in_the_morning_that_leads_wait_too_long(office):
    """B8: the breach of 23 minutes is told, once a week, with what pulls the mean up."""
    publish(office, "来源白名单 展会扫码")
    new(office, LINE.format("长江精密"))
    office.wait("7h")
    office.says("张三", f"/线索 认领 {lead(office)['number']}")
    office.wait("48h")
    [card] = slow_ones(office, "冯运营")
    assert card["at"][:13] in {"2026-11-24T08", "2026-11-24T09"}
    words = told(card)
    assert "平均 7 小时 0 分钟（1 条）" in words
    assert "目标 23 分钟" in words
    assert "来源 官网表单：1 条平均 7 小时 0 分钟" in words
    [figures] = office.presses("冯运营", card, "看时效")
    assert "最近 7 天进来 1 条线索" in told(figures)
    assert slow_ones(office, "张三") == []


def test_nobody_hears_of_leads_that_find_an_owner_in_time(office):
    new(office, LINE.format("长江精密"))
    office.wait("24h")
    assert slow_ones(office, "冯运营") == []


def test_a_contact_written_down_later_says_when_it_happened(office):
    opened(office)
    office.wait("50h")
    card = say(office, "已联系", "2026-11-23 12:00")
    assert "联系于：11-23 12:00" in told(card)
    row = lead(office)
    assert row["contact_happened_at"].startswith("2026-11-23T04:00")
    [noted] = trail(office, "lead.contacted")
    assert noted["contact_happened_at"].startswith("2026-11-23T04:00")
    words = ask(office, "张三")
    assert "记录滞后：1/1 次，100%" in words


def test_the_list_to_take_away_has_when_the_contact_happened(office):
    opened(office)
    office.wait("50h")
    say(office, "已联系", "2026-11-23 12:00")
    [file] = [m for m in office.says("王经理", "/线索 导出 全部 周会") if m.get("file")]
    sheet = load_workbook(io.BytesIO(office.downloads(file))).active
    _, headings, row = sheet.iter_rows(values_only=True)
    assert dict(zip(headings, row, strict=True))["联系上"].startswith("2026-11-23T12:00:00")


def test_an_hour_ago_is_not_late_to_write_down(office):
    opened(office)
    office.wait("50h")
    say(office, "已联系", "2小时前")
    words = ask(office, "张三")
    assert "记录滞后：0/1 次，0%" in words


def test_what_was_written_down_stays_counted_when_the_lead_changes_hands(office):
    opened(office)
    office.wait("80h")
    say(office, "已联系", "11-23 12:00")
    say(office, "转交", "李四", person="王经理")
    assert lead(office)["contact_happened_at"] is None
    words = ask(office, "王经理")
    assert "联系晚了：1/1 次，100%" in words
    assert "记录滞后：1/1 次，100%" in words


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("明天", "还没有到"),
        ("2026-11-25 09:00", "还没有到"),
        ("昨天 15:00", "早于线索进来的时间 11-23 10:"),
        ("3小时前", "早于线索进来的时间"),
        ("上回", "看不懂时间"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_its_reason(office, when, why):
    opened(office)
    assert why in say(office, "已联系", when)["text"]
    assert lead(office)["contacted_at"] is None


def test_somebody_elses_leads_are_not_in_the_figures(office):
    opened(office)
    assert "最近 30 天进来 1 条" in ask(office, "张三")
    assert "没有您看得到的线索" in str(office.says("赵六", "/线索 时效", "dingtalk")[0]["text"])


@pytest.mark.parametrize(
    ("person", "line", "why"),
    [
        ("王经理", "/线索 时效 去年", "不是天数"),
        ("王经理", "/lead times 400", "1 到 366 天，如 /线索 时效 30天"),
        ("周合规", "/线索 时效", "权限"),
    ],
)
def test_why_there_are_no_figures(office, person, line, why):
    assert why in str(office.says(person, line)[0]["text"])
