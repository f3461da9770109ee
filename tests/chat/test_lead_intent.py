"""A customer who has just downloaded something is called within two working hours (B86)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

LINE = "/线索 新建 长江精密 华东 医疗 白皮书下载 王总 13800138111"


def owner_of(office):
    names = {row["id"]: row["name"] for row in office.rows("person")}
    return names[office.rows("lead")[0]["owner_id"]]


def news(office, person, begins):
    return [m for m in office.sees(person) if m["title"].startswith(begins)]


def due(office):
    [clock] = [row for row in office.rows("deadline") if row["kind"] == "lead_intent"]
    due_at = datetime.fromisoformat(clock["due_at"]).astimezone(ZoneInfo("Asia/Shanghai"))
    return f"{due_at:%H:%M}", clock["state"]


def test_downloaded_at_five_past_two_means_a_call_by_five_past_four(office):
    office.wait("245m")
    office.says("郑市场", LINE, "dingtalk")
    [card] = news(office, owner_of(office), "新线索：长江精密")
    assert card["at"][11:16] == "14:05"
    assert "请在 11-23 16:05 前打电话" in card["text"]
    assert "话术" in str(card["buttons"])
    assert due(office) == ("16:05", "pending")
    [number] = office.presses(owner_of(office), card, "查看号码")
    assert "13800138111" in number["text"], "one press from the card to the number"


def test_in_the_evening_it_means_the_next_morning(office):
    office.wait("10h")
    office.says("郑市场", LINE, "dingtalk")
    assert due(office)[0] == "11:00"


def test_who_has_not_called_in_time_is_reminded_once_and_the_manager_hears_of_it(office):
    office.says("郑市场", LINE, "dingtalk")
    owner = owner_of(office)
    office.wait("4h")
    assert len(news(office, owner, "线索还没有联系：长江精密")) >= 1
    assert len(news(office, "王经理", f"{owner} 的线索还没有联系：长江精密")) >= 1


def test_who_has_called_is_left_alone(office):
    office.says("郑市场", LINE, "dingtalk")
    owner = owner_of(office)
    office.presses(owner, news(office, owner, "新线索")[0], "已联系")
    office.wait("24h")
    assert due(office)[1] == "met"
    assert news(office, owner, "线索还没有联系") == []


def test_the_same_download_on_the_same_day_is_no_second_lead_and_no_second_card(office):
    office.says("郑市场", LINE, "dingtalk")
    owner = owner_of(office)
    office.wait("1h")
    office.says("郑市场", LINE, "dingtalk")
    assert len(office.rows("lead")) == 1
    assert len(news(office, owner, "新线索")) == 1
    assert len(office.rows("audit", action="lead.repeated")) == 1


def test_a_list_of_last_weeks_downloads_hurries_nobody(office):
    sheet = "公司,来源,行业,区域\n长江精密,白皮书下载,医疗,华东\n太湖光电,白皮书下载,医疗,华东\n"
    looked = office.sends("郑市场", "线索.csv", sheet.encode(), "dingtalk")[-1]
    office.presses("郑市场", looked, "导入")
    assert {row["state"] for row in office.rows("lead")} == {"assigned"}
    assert {row["kind"] for row in office.rows("deadline")} == {"lead_unopened", "lead_idle"}
