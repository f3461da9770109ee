"""What surrounds the form: help, near misses, strangers, other people's cards, customers."""

import pytest

PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])


def test_help_lists_only_what_this_person_may_do(office):
    [seller] = office.says("张三", "/帮助")
    [finance] = office.says("钱财务", "/帮助")
    assert {"/商机", "/客户"} <= {b["text"] for b in seller["buttons"]}
    assert "/商机" not in str(finance)
    assert [b["text"] for b in finance["buttons"]] == ["/绑定", "/请假", "/消息"]


@PLATFORMS
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/尚机", "/商机"),
        ("/客护 某阀门", "/客户 某阀门"),
        ("/商几", "/商机"),
        ("/shangji", "/商机"),
    ],
)
def test_a_slip_is_answered_with_what_was_probably_meant(office, platform, typed, meant):
    [guess] = office.says("张三", typed, platform)
    assert guess["title"] == f"您要找的是不是 {meant}"
    assert guess["buttons"][0]["text"].startswith(meant[:8])


def test_one_tap_on_the_guess_runs_it(office):
    [guess] = office.says("张三", "/客护 某阀门")
    [card] = office.presses("张三", guess, "/客户")
    assert card["title"] == "某阀门制造"


def test_what_is_no_command_gets_one_line_that_helps(office):
    [answer] = office.says("张三", "你好呀")
    assert "/帮助" in answer["text"]


@pytest.mark.parametrize(
    "typed", ["／客户　某阀门", "/客户某阀门", "/customer 某阀门", "/客户 moufamen"]
)
def test_full_width_glued_english_and_pinyin_lines_are_understood(office, typed):
    [card] = office.says("张三", typed)
    assert card["title"] == "某阀门制造"


def test_a_customer_card_shows_owner_tags_and_last_orders(office):
    [card] = office.says("王经理", "/客户 某阀门制造", "dingtalk")
    assert {"name": "负责人", "value": "张三"} in card["fields"]
    assert "闸阀 PN4.0 ¥318,000" in str(card["raw"])
    assert "年度框架" in card["text"]


def test_who_looked_at_which_customer_is_on_record(office):
    office.says("王经理", "/客户 某阀门制造")
    [row] = office.happened()
    [valves] = office.rows("customer", name="某阀门制造")
    assert (row["action"], row["actor"]) == ("read.customer.show", "wangjingli")
    assert (row["subject_type"], row["subject_id"]) == ("customer", valves["id"])
    assert row["detail"] == {"name": "某阀门制造", "rows": 1}
    assert row["channel"] == "wecom"
    assert row["origin"]  # the platform's message id: a chat has no IP address


def test_an_ambiguous_customer_is_picked(office):
    [pick] = office.says("张三", "/客户 恒信")
    [card] = office.presses("张三", pick, "2.")
    assert card["title"] == "恒信阀门"


def test_a_cut_list_of_customers_says_that_there_is_more(office):
    for i in range(11):
        office.says("张三", f"/商机 某阀门制造 批量客户{i:03d}号")
    [pick] = office.says("张三", "/客户 批量客户")
    assert "还有更多，请多打几个字" in str(pick["raw"])


def test_another_regions_customer_does_not_exist_for_me(office):
    [answer] = office.says("张三", "/客户 南粤阀业")
    assert "没有「南粤阀业」" in answer["text"]
    [card] = office.says("陈总", "/客户 南粤阀业")
    assert card["title"] == "南粤阀业"


def test_who_may_not_refer_is_not_offered_it(office):
    [card] = office.says("冯运营", "/客户 某阀门制造")
    assert card["buttons"] == []
    [refused] = office.says("郑市场", "/客户 某阀门制造", "dingtalk")
    assert "权限" in refused["text"]


def test_a_manager_above_my_manager_is_no_team_mate(office):
    office.says("王经理", "/商机 某阀门制造 王经理的客户")
    [answer] = office.says("赵六", "/客户 王经理的客户", "dingtalk")
    assert "没有「王经理的客户」" in answer["text"]


def test_a_customer_introduces_from_its_card_with_one_field_left(office):
    [card] = office.says("张三", "/客户 某阀门制造", "dingtalk")
    [form] = office.presses("张三", card, "由它介绍新客户")
    assert "介绍人：某阀门制造" in form["text"]
    [field] = form["inputs"]
    assert field["name"] == "name"
    office.presses("张三", form, form["buttons"][0]["action"], {"name": "北方泵业"})
    assert len(office.rows("opportunity")) == 1


def test_somebody_we_do_not_know_is_told_how_to_get_in(office):
    from bot.simulator.phones import Member

    office.demo.phones.members.append(Member("x", "新人", "rep", "", "", {"wecom": "xinren"}))
    try:
        [answer] = office.says("新人", "/帮助")
    finally:
        office.demo.phones.members.pop()
    assert "xinren" in answer["text"]
    assert "管理员" in answer["text"]


@pytest.mark.parametrize("typed", ["/帮助 线索", "/帮助 /线索 新建", "/帮助线索"])
def test_help_about_one_thing_is_about_that_thing(office, typed):
    [card] = office.says("张三", typed, "dingtalk")
    assert card["title"] == "/线索 后面接着写"
    assert "认领：从公共池认领一条" in card["text"]


def test_help_about_what_there_is_not_is_help_about_everything(office):
    [card] = office.says("张三", "/帮助 天气")
    assert "/商机" in card["text"]


def test_d14_nobody_presses_another_persons_card(office):
    [pick] = office.says("张三", "/商机 恒信 西部机电")
    forged = office.demo.phones.message(pick["id"])
    office.finger(office.demo.wecom.press(_as(forged, "lisi"), "1.0", {}))
    assert office.rows("opportunity") == []
    assert "不是发给您的" in office.sees("李四")[-1]["text"]
    assert "refused.not_your_card" in {row["action"] for row in office.rows("audit")}


def test_d16_a_forged_key_or_value_changes_nothing(office):
    [pick] = office.says("张三", "/商机 恒信 西部机电")
    message = office.demo.phones.message(pick["id"])
    for key in ("1.9", "9.0", "1.form", "opportunity.create", "", "1.-1"):
        office.finger(office.demo.wecom.press(message, key, {"introducer": "x", "name": "y"}))
    assert office.rows("opportunity") == []


def test_d17_a_press_on_an_old_face_shows_the_new_one_and_does_nothing(office):
    [pick] = office.says("张三", "/商机 恒信 西部机电")
    old = office.demo.phones.message(pick["id"])
    office.presses("张三", pick, "1.")
    office.finger(office.demo.wecom.press(old, "1.1", {}))
    [opportunity] = office.rows("opportunity")
    shown = [m for m in office.sees("张三") if m["id"] == pick["id"]]
    assert opportunity["number"] in shown[0]["text"]


def _as(message, account):
    from dataclasses import replace

    return replace(message, account=account)
