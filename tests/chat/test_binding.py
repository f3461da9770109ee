"""One person, two platforms, bound by proof: a code from one app, typed in the other."""

import re

import pytest

from tests.chat.test_directory import hires, leaves, person, shows, told

CODE = re.compile(r"\d{4} \d{4}")


def code_of(office, name, platform="wecom"):
    [answer] = office.says(name, "/绑定", platform)
    return CODE.search(answer["text"])[0]


def owner(office, account):
    rows = office.rows("identity", account=account)
    return rows[0]["person_id"] if rows else None


def gets_dingtalk(office, name):
    """A colleague known in WeCom opens DingTalk, where nobody knows the account yet."""
    member = office.demo.phones.by_name(name)
    member.accounts["dingtalk"] = f"staff_{member.id}"
    return member.accounts["dingtalk"]


@pytest.fixture
def li(office):
    """李四 with a DingTalk account that is nobody's."""
    account = gets_dingtalk(office, "李四")
    yield account
    office.demo.phones.by_name("李四").accounts.pop("dingtalk")


def test_a_code_from_one_app_typed_in_the_other_binds_the_account(office, li):
    assert shows(office.says("李四", "/帮助", "dingtalk")[0], "/绑定")
    code = code_of(office, "李四")
    answers = office.says("李四", f"/绑定 {code}", "dingtalk")
    assert told(office, "李四", "已绑定，您是 李四") in answers
    assert owner(office, li) == "lisi"
    [card] = office.says("李四", "/客户 恒信阀门", "dingtalk")
    assert card["title"] == "恒信阀门"
    [bound] = [row for row in office.rows("audit", action="person.bound") if row["cause"]]
    assert (bound["actor"], bound["channel"]) == ("lisi", "dingtalk")
    assert bound["detail"]["reason"] == "绑定码"
    office.says("李四", "/商机 恒信阀门 北方泵业", "dingtalk")
    assert office.rows("opportunity")[0]["owner_id"] == "lisi"


def test_a_code_is_good_once_and_for_ten_minutes(office, li):
    code = code_of(office, "李四")
    office.wait("10m")
    assert shows(office.says("李四", f"/绑定 {code}", "dingtalk")[0], "不对或已过期")
    assert owner(office, li) is None
    code = code_of(office, "李四")
    office.says("李四", f"/绑定 {code}", "dingtalk")
    assert owner(office, li) == "lisi"
    office.says("管理员", "/同事 解绑 李四 钉钉")
    assert shows(office.says("李四", f"/绑定 {code}", "dingtalk")[0], "不对或已过期")


def test_a_new_code_ends_the_one_before(office, li):
    first, second = code_of(office, "李四"), code_of(office, "李四")
    assert shows(office.says("李四", f"/绑定 {first}", "dingtalk")[0], "不对或已过期")
    office.says("李四", f"/绑定 {second}", "dingtalk")
    assert owner(office, li) == "lisi"


def test_a_code_is_nowhere_in_the_database_in_clear(office):
    code = code_of(office, "李四")
    digits = code.replace(" ", "")
    for table in ("binding_code", "vault_entry", "card", "job", "audit", "delivery"):
        stored = str(office.rows(table))
        assert code not in stored, table
        assert digits not in stored, table


def test_five_wrong_codes_lock_the_account_for_an_hour_even_for_the_right_one(office, li):
    code = code_of(office, "李四")
    wrong = "1111 1111" if code != "1111 1111" else "2222 2222"
    for left in (4, 3, 2, 1):
        assert shows(office.says("李四", f"/绑定 {wrong}", "dingtalk")[0], f"还可以试 {left} 次")
    assert shows(office.says("李四", f"/绑定 {wrong}", "dingtalk")[0], "次数太多")
    assert shows(office.says("李四", f"/绑定 {code}", "dingtalk")[0], "次数太多")
    assert owner(office, li) is None
    assert len(office.rows("audit", action="binding.wrong_code")) == 5
    office.wait("61m")
    office.says("李四", f"/绑定 {code_of(office, '李四')}", "dingtalk")
    assert owner(office, li) == "lisi"


def test_codes_are_given_five_times_an_hour(office):
    for _ in range(5):
        code_of(office, "李四")
    assert shows(office.says("李四", "/绑定")[0], "最多要 5 个")
    office.wait("61m")
    assert code_of(office, "李四")


def test_whoever_did_not_do_it_takes_the_account_back_with_one_tap(office, li):
    office.says("李四", f"/绑定 {code_of(office, '李四')}", "dingtalk")
    warned = told(office, "李四", "绑定到了您")
    assert warned["platform"] == "wecom"
    office.presses("李四", warned, "不是我")
    assert owner(office, li) is None
    assert shows(office.says("李四", "/帮助", "dingtalk")[0], "还不认识")
    [row] = office.rows("audit", action="person.unbound")
    assert row["detail"]["reason"] == "本人说不是自己"


def test_a_person_has_one_account_on_a_platform(office):
    code = code_of(office, "张三")
    hires(office, id="zhouba", name="周八", manager="陈总", platforms=["wecom"])
    assert shows(office.says("周八", f"/绑定 {code}")[0], "已经有账号 zhangsan")
    assert owner(office, "zhouba") is None
    assert shows(office.says("张三", f"/绑定 {code}", "dingtalk")[0], "已经绑定在一起")


def test_two_rows_of_one_person_become_one_with_what_the_empty_one_had(office):
    hires(office, id="lisisi", name="李小四", manager="王经理", platforms=["dingtalk"])
    empty = person(office, "李小四")
    [form] = office.says("李小四", "/商机", "dingtalk")
    office.says("李小四", f"/绑定 {code_of(office, '李四')}", "dingtalk")
    assert owner(office, "staff_lisisi") == "lisi"
    assert person(office, "李小四")["status"] == "left"
    assert {row["owner"] for row in office.rows("deadline", state="pending")} == {"lisi"}
    assert office.rows("card", person_id=empty["id"]) == []
    assert told(office, "李小四", "已绑定，您是 李四")
    [merged] = office.rows("audit", action="person.merged")
    assert (merged["subject_id"], merged["detail"]["from"]) == ("lisi", empty["id"])
    assert form


def test_whoever_has_the_work_stays_whichever_side_the_code_came_from(office):
    hires(office, id="lisisi", name="李小四", manager="王经理", platforms=["dingtalk"])
    code = code_of(office, "李小四", "dingtalk")
    office.says("李四", f"/绑定 {code}")
    assert owner(office, "staff_lisisi") == "lisi"
    assert person(office, "李四")["status"] == "active"


def test_two_rows_that_both_have_work_stay_two(office):
    code = code_of(office, "李四")
    before = office.rows("identity")
    answer = office.says("赵六", f"/绑定 {code}", "dingtalk")[0]
    assert shows(answer, "名下都有客户、商机或线索", "/同事 离职 赵六 李四")
    assert office.rows("identity") == before


def test_a_role_given_by_hand_is_not_lost_in_a_merge(office):
    code = code_of(office, "李四")
    assert shows(office.says("孙法务", f"/绑定 {code}", "dingtalk")[0], "改成一样的角色")


def test_an_administrator_takes_an_account_away_and_nothing_goes_there_any_more(office):
    office.says("管理员", "/同事 解绑 张三 钉钉")
    assert owner(office, "staff_zhangsan") is None
    assert shows(office.says("张三", "/帮助", "dingtalk")[0], "还不认识")
    assert office.says("张三", "/客户 某阀门制造")[0]["title"] == "某阀门制造"
    office.wait("24h")
    assert owner(office, "staff_zhangsan") is None
    assert shows(office.says("管理员", "/同步 新人")[0], "张三")
    assert shows(office.says("管理员", "/同事 解绑 管理员 企业微信")[0], "正在用的这个账号")
    assert shows(office.says("管理员", "/同事 解绑 李四 钉钉")[0], "没有这个账号")
    assert shows(office.says("陈总", "/同事 解绑 管理员 企业微信")[0], "权限比您多")


def test_a_leaver_cannot_be_bound_again_by_a_code(office):
    code = code_of(office, "李四")
    leaves(office, "赵六")
    office.demo.phones.departed.clear()
    assert shows(office.says("赵六", f"/绑定 {code}", "dingtalk")[0], "已停用")
