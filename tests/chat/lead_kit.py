"""A lead of 张三, who has both platforms, and what is said and seen of it."""

from __future__ import annotations

import pytest

from tests.chat.test_leads import lead, new, open_lead, publish

NUMBER = "LD-20261123-0001"
PHONE = "13800138111"
LINE = f"/线索 新建 长江精密 华东 医疗 预算12万 官网表单 王总 {PHONE}"
PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])


def his(office, line=LINE):
    """It is his, and nobody else's."""
    office.says("管理员", "/同事 改 李四 区域 华北")
    publish(office, "规则 华东：全部 → 区域=华东")
    new(office, line)


def opened(office):
    """He has opened it and has to call."""
    his(office)
    assert open_lead(office) == "张三"
    return office


def called(office):
    """He has called."""
    say(opened(office), "已联系")
    return office


def claims(office, line):
    """He takes a lead that was given to nobody, and calls; its number."""
    new(office, line)
    office.wait("11m")
    number = lead(office)["number"]
    office.says("张三", f"/线索 认领 {number}")
    office.says("张三", f"/线索 已联系 {number}")
    return number


def say(office, step, more="", person="张三", platform="wecom"):
    """The answer to a step with the lead."""
    return office.says(person, f"/线索 {step} {NUMBER} {more}", platform)[0]


def state(office):
    return lead(office)["state"]


def clocks(office):
    """What is waited for about leads."""
    pending = office.rows("deadline", state="pending")
    return {row["kind"]: row for row in pending if row["subject_type"] == "lead"}


def trail(office, action):
    return [row["detail"]["set"] for row in office.rows("audit", action=action)]


def live(message):
    """What can be pressed."""
    return [b["text"] for b in message["buttons"] if b["enabled"]]
