"""Who is known for an invalid lead only is erased when the time is over (PIPL art. 47)."""

from __future__ import annotations

import pytest

from tests.chat.test_leads import lead, new

PHONE = "13800138111"
A = "LD-20261123-0001"


@pytest.fixture(name="judged")
def _judged(office):
    """A lead with a contact that is no lead; 30 days are kept."""
    new(office, f"/线索 新建 长江精密 华东 医疗 预算12万 王总 {PHONE}", "陈总")
    office.says("冯运营", "/规则 改 保留天数 无效线索 30")
    office.says("冯运营", "/规则 发布 保留天数 试一试")
    office.says("陈总", f"/线索 转交 {A} 张三")
    office.says("张三", f"/线索 无效 {A} 空号")
    assert lead(office)["state"] == "invalid"
    return office


def erased(office):
    return office.rows("audit", action="contact.erased")


def test_after_its_days_the_contact_is_erased_and_the_lead_stays(judged):
    judged.wait("29d")
    assert erased(judged) == []
    judged.wait("3d")
    [row] = erased(judged)
    assert row["subject_id"] == lead(judged)["contact_id"]
    assert row["detail"]["basis"] == "period"
    [card] = judged.says("陈总", f"/线索 详情 {A}")
    assert "空号" not in card["text"], "somebody's own words go with them"
    assert "138" not in card["text"]
    assert lead(judged)["company"] == "长江精密"
    assert "留痕完整" in judged.says("周合规", "/验链")[0]["text"]
    judged.wait("3d")
    assert len(erased(judged)) == 1


def test_the_same_person_at_a_lead_that_is_worked_on_is_still_known_there(judged):
    new(judged, f"/线索 新建 扬子精工 华东 教育 李总 {PHONE}", "陈总")
    judged.wait("32d")
    [row] = erased(judged)
    first, second = judged.rows("lead")
    assert row["subject_id"] == first["contact_id"] != second["contact_id"]
    [card] = judged.says("陈总", f"/线索 详情 {second['number']}")
    assert "李*" in card["text"]


def test_who_is_frozen_stays(judged):
    judged.says("周合规", f"/隐私 冻结 {PHONE}")
    judged.wait("33d")
    assert erased(judged) == []
