"""People from a phone: joining, changing, leaving, standing in (B79, domain.md §2)."""

from datetime import timedelta

import pytest

from cards import outbox
from cards.model import Text
from sales.people import Address


def shows(message, *words):
    return all(word in str(message["raw"]) for word in words)


def test_an_admin_brings_somebody_in_from_the_phone(office):
    [card] = office.says("管理员", "/同事 新建 周八 销售 王经理")
    assert shows(card, "周八 已加入", "/同事 绑定 周八")
    office.says("管理员", "/同事 绑定 周八 企业微信 ZhouBa")
    [card] = office.says("管理员", "/同事 看 周八")
    assert shows(card, "企业微信 zhouba", "王经理", "华东")
    assert [row["action"] for row in office.happened()][:2] == ["person.created", "person.bound"]


def test_a_role_counts_from_the_next_message_on(office):
    assert shows(office.says("李四", "/审计 张三")[0], "权限")
    office.says("管理员", "/同事 改 李四 角色 合规")
    assert shows(office.says("李四", "/审计 张三")[0], "留痕")


def test_a_card_pressed_after_a_right_was_taken_does_nothing(office):
    [card] = office.says("赵六", "/商机 南粤阀业 北方泵业", "dingtalk")
    [pick] = office.says("张三", "/商机 恒信 北方泵业")
    office.says("管理员", "/同事 改 张三 角色 财务")
    before = office.rows("opportunity")
    [answer] = office.presses("张三", pick, "1.")
    assert shows(answer, "权限")
    assert office.rows("opportunity") == before
    assert card


@pytest.mark.parametrize(
    ("person", "line", "why"),
    [
        ("管理员", "/同事 改 管理员 角色 销售", "不能改自己的角色"),
        ("陈总", "/同事 改 张三 角色 管理员", "只有管理员能给"),
        ("陈总", "/同事 改 管理员 角色 销售", "只有管理员能给"),
        ("陈总", "/同事 改 李四 角色 合规", "权限比您多"),
        ("陈总", "/同事 新建 周八 合规 陈总", "权限比您多"),
        ("陈总", "/同事 离职 管理员 张三", "只有管理员能给"),
        ("陈总", "/同事 改 周合规 角色 销售", "周合规的权限比您多"),
        ("陈总", "/同事 离职 周合规 张三", "周合规的权限比您多"),
        ("管理员", "/同事 改 陈总 上级 张三", "会成一个圈"),
        ("管理员", "/同事 改 张三 上级 张三", "会成一个圈"),
        ("管理员", "/同事 改 张三 角色 国王", "没有「国王」这个角色"),
        ("管理员", "/同事 改 张三 身高 180", "改不了"),
        ("管理员", "/同事 看 没有这人", "没有叫「没有这人」的同事"),
        ("管理员", "/同事 新建 张三 销售", "已经有一位「张三」"),
        ("管理员", "/同事 绑定 李四 企业微信 zhangsan", "已经绑定了 张三"),
        ("管理员", "/同事 绑定 李四 飞书 lisi", "能绑定的是"),
        ("管理员", "/同事 复职 张三", "现在是在职"),
        ("张三", "/同事 列表", "权限"),
        ("王经理", "/同事 离职 李四 张三", "权限"),
    ],
)
def test_what_cannot_be_done_says_why(office, person, line, why):
    trail = len(office.rows("person"))
    assert shows(office.says(person, line)[0], why)
    assert len(office.rows("person")) == trail


def test_a_manager_sees_the_people_below_and_no_others(office):
    assert shows(office.says("王经理", "/同事 看 张三")[0], "华东")
    assert shows(office.says("王经理", "/同事 看 赵六")[0], "没有叫「赵六」的同事")
    assert shows(office.says("王经理", "/同事 列表")[0], "张三", "李四")


def test_a_leaver_loses_everything_at_once_and_the_work_moves(office):
    [form] = office.says("李四", "/商机")
    office.says("李四", "/商机 恒信阀门 北方泵业")
    [sure] = office.says("管理员", "/同事 离职 李四 张三")
    assert shows(sure, "李四 离职，交给 张三")
    assert office.rows("person", name="李四")[0]["status"] == "active"
    [done] = office.presses("管理员", sure, "确认离职")
    assert shows(done, "李四 已离职")

    assert {row["owner_id"] for row in office.rows("customer")} & {"lisi"} == set()
    assert office.rows("opportunity")[0]["owner_id"] == "zhangsan"
    assert office.rows("deadline", owner="lisi", state="pending") == []
    assert shows(office.says("李四", "/客户 恒信阀门")[0], "已停用")
    assert office.rows("audit", action="customer.handed_over")
    page = office.http.get(f"/h5/form/{form['id']}")
    assert "提交" not in page.text
    office.says("管理员", "/同事 复职 李四")
    assert shows(office.says("李四", "/帮助")[0], "建流")


def test_nothing_more_is_sent_to_a_leaver(office):
    office.says("李四", "/商机")  # a reminder would come in two working hours
    [sure] = office.says("管理员", "/同事 离职 李四 张三")
    office.presses("管理员", sure, "确认离职")
    had = len(office.sees("李四"))
    office.wait("72h")
    assert len(office.sees("李四")) == had


def test_what_waits_to_be_sent_to_a_leaver_stays_unsent(office):
    now = office.demo.now()
    to = Address("lisi", "wecom", office.demo.service.settings.wecom.corp_id, "lisi")

    def post(db):
        outbox.post(db, Text("给李四的话"), [to], now=now, not_before=now + timedelta(hours=1))

    office.demo.service.database.writer.run(post)
    [sure] = office.says("管理员", "/同事 离职 李四 张三")
    office.presses("管理员", sure, "确认离职")
    office.wait("2h")
    assert "给李四的话" not in str(office.sees("李四"))
    assert {row["reason"] for row in office.rows("delivery", account="lisi")} == {"user_left"}


def test_a_stand_in_sees_and_registers_until_the_day_is_over(office):
    assert "南粤阀业" not in str(office.says("张三", "/客户 南粤阀业")[0]["fields"])
    [card] = office.says("赵六", "/委托 张三 11-25", "dingtalk")
    assert shows(card, "已委托 张三 代办")
    assert shows(office.sees("张三")[-1], "赵六 请您代办")
    assert office.says("张三", "/客户 南粤阀业")[0]["title"] == "南粤阀业"
    office.wait("72h")
    assert shows(office.says("张三", "/客户 南粤阀业")[0], "没有「南粤阀业」")


def test_a_delegation_can_be_taken_back_at_once(office):
    [card] = office.says("赵六", "/委托 张三 11-25", "dingtalk")
    office.presses("赵六", card, "提前收回")
    assert shows(office.says("张三", "/客户 南粤阀业")[0], "没有「南粤阀业」")


def test_a_stand_in_of_a_stand_in_may_and_a_third_may_not(office):
    office.says("赵六", "/委托 陈总 11-25", "dingtalk")
    office.says("陈总", "/委托 张三 11-25")
    assert office.says("张三", "/客户 南粤阀业")[0]["title"] == "南粤阀业"
    office.reset()
    office.says("赵六", "/委托 李四 11-25", "dingtalk")
    office.says("李四", "/委托 张三 11-25")
    office.says("张三", "/委托 王经理 11-25")
    assert office.says("张三", "/客户 南粤阀业")[0]["title"] == "南粤阀业"
    assert shows(office.says("王经理", "/客户 南粤阀业")[0], "没有「南粤阀业」")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([("张三", "/委托 张三 11-25")], "不能委托给自己"),
        ([("张三", "/委托 李四 11-25"), ("李四", "/委托 张三 11-25")], "成了圈"),
        ([("张三", "/委托 李四 11-20")], "不在开始之后"),
        ([("张三", "/请假 11-27 11-25")], "不在开始之后"),
    ],
)
def test_delegations_and_leave_that_make_no_sense_are_refused(office, lines, why):
    for person, line in lines:
        answers = office.says(person, line)
    assert shows(answers[-1], why)


def test_who_has_left_neither_stands_in_nor_leads(office):
    [sure] = office.says("管理员", "/同事 离职 李四 张三")
    office.presses("管理员", sure, "确认离职")
    for person, line in (("张三", "/委托 李四 11-25"), ("管理员", "/同事 改 张三 上级 李四"),
                         ("管理员", "/同事 新建 周八 销售 李四")):  # fmt: skip
        assert shows(office.says(person, line)[0], "李四 已经离职了"), line
    assert office.rows("delegation") == []


def test_a_delegation_says_the_year_it_ends_and_lasts_one_at_most(office):
    [card] = office.says("张三", "/委托 李四 2027-01-05")
    assert shows(card, "到 2027-01-05 23:59")
    assert shows(office.says("张三", "/委托 王经理 9999-12-31")[0], "最多委托一年")
    assert len(office.rows("delegation")) == 1


def test_leave_silences_the_daily_card_and_can_be_cancelled(office):
    [card] = office.says("张三", "/请假 11-24 11-25")
    assert len(office.rows("absence")) == 1
    office.presses("张三", card, "取消请假")
    assert office.rows("absence") == []


@pytest.mark.parametrize("name", ["管理员", "周合规"])
def test_nobody_opens_rights_they_do_not_have_by_an_account_of_their_own(office, name):
    """A director who binds a spare account to the administrator would be one."""
    [card] = office.says("陈总", f"/同事 绑定 {name} 钉钉 spare")
    assert shows(card, f"{name}的权限比您多")
    assert not [row for row in office.rows("identity") if row["account"] == "spare"]
    assert shows(office.says("陈总", "/同事 绑定 李四 钉钉 lisi2")[0], "已绑定")


def test_an_administrator_who_left_is_brought_back_by_one_only(office):
    office.says("管理员", "/同事 新建 周八 管理员")
    [sure] = office.says("管理员", "/同事 离职 周八 王经理")
    office.presses("管理员", sure, "确认离职")
    assert shows(office.says("陈总", "/同事 复职 周八")[0], "权限比您多")
    assert "在职" in str(office.says("管理员", "/同事 复职 周八"))


def test_standing_in_opens_their_customers_and_nobody_elses(office):
    """冯运营 sees no orders; those of 张三's customers while standing in, not those of 赵六's."""
    office.says("张三", "/委托 冯运营 11-27")
    shut = office.says("冯运营", "/客户 南粤阀业")[0]
    assert "只有销售看得到" in shut["text"]
    assert "只有销售看得到" not in office.says("冯运营", "/客户 某阀门制造")[0]["text"]
