"""The platforms' directories: who comes, moves and goes is known without anybody typing it."""

import pytest

from sales.people import Role


def shows(message, *words):
    return all(word in str(message["raw"]) for word in words)


def told(office, name, *words):
    """The newest message on somebody's phones with these words in it."""
    return next(one for one in reversed(office.sees(name)) if shows(one, *words))


def hires(office, **who):
    return office.http.post("/sim/api/people", json=who).json()


def moves(office, person, **what):
    answer = office.http.post("/sim/api/people/move", json={"person": person, **what})
    assert answer.status_code == 200, answer.text


def leaves(office, person, **what):
    answer = office.http.post("/sim/api/people/leave", json={"person": person, **what})
    assert answer.status_code == 200, answer.text


def person(office, name):
    [row] = office.rows("person", name=name)
    return row


def test_a_new_colleague_in_the_directory_is_known_next_morning(office):
    hires(office, id="zhouba", name="周八", manager="王经理", platforms=["wecom"])
    assert shows(office.says("周八", "/帮助")[0], "还不认识")
    office.wait("24h")
    assert shows(office.says("周八", "/客户 某阀门制造")[0], "某阀门制造")
    zhou = person(office, "周八")
    assert (zhou["role"], zhou["manager_id"], zhou["region"]) == ("rep", "wangjingli", "华东")
    assert told(office, "管理员", "新增", "周八")
    [created] = office.rows("audit", action="person.created", subject_id=zhou["id"])
    assert created["detail"]["reason"] == "通讯录同步"
    assert created["channel"] == "time"


def test_a_quiet_night_changes_nothing_and_tells_nobody(office):
    before = office.rows("person"), office.rows("identity"), office.rows("directory_entry")
    office.wait("72h")
    assert (
        office.rows("person"),
        office.rows("identity"),
        office.rows("directory_entry"),
    ) == before
    assert "通讯录" not in str(office.sees("管理员"))
    assert office.rows("job", lane="directory", state="3") == []


def test_a_leavers_cards_stop_and_the_work_moves_to_the_manager(office):
    office.says("李四", "/商机")
    leaves(office, "李四")
    had = len(office.sees("李四"))
    office.wait("24h")
    assert person(office, "李四")["status"] == "left"
    assert "lisi" not in {row["owner_id"] for row in office.rows("customer")}
    assert {row["owner_id"] for row in office.rows("customer", name="恒信阀门")} == {"wangjingli"}
    assert office.rows("deadline", owner="lisi", state="pending") == []
    assert len(office.sees("李四")) == had
    assert told(office, "王经理", "李四 已离职", "3 个客户")
    [left] = office.rows("audit", action="person.left")
    assert left["detail"]["reason"] == "通讯录同步"


def test_a_changed_manager_in_the_directory_is_the_new_manager(office):
    moves(office, "李四", manager="陈总")
    office.wait("24h")
    assert person(office, "李四")["manager_id"] == "chenzong"
    assert shows(office.says("王经理", "/同事 看 李四")[0], "没有叫「李四」")


def test_what_was_given_by_hand_survives_every_night(office):
    office.says("管理员", "/同事 改 李四 上级 陈总")
    office.says("管理员", "/同事 改 李四 角色 财务")
    office.wait("72h")
    assert person(office, "李四")["manager_id"] == "chenzong"
    assert person(office, "李四")["role"] == Role.FINANCE


def test_dingtalk_tells_at_once_and_exactly_who_is_named_is_looked_up(office):
    hires(office, id="zhouba", name="周八", manager="王经理", platforms=["dingtalk"])
    assert person(office, "周八")["role"] == "rep"
    asked = [one["decoded"] for one in office.http.get("/sim/api/wire").json()
             if "/topapi/v2/user" in one["summary"]]  # fmt: skip
    assert [one["userid"] for one in asked] == ["staff_zhouba"]
    moves(office, "周八", name="周霸")
    assert person(office, "周霸")
    leaves(office, "周霸", platform="dingtalk")
    assert person(office, "周霸")["status"] == "left"


def test_somebody_with_another_account_stays_and_loses_only_the_one(office):
    leaves(office, "张三", platform="dingtalk")
    assert person(office, "张三")["status"] == "active"
    assert [row["platform"] for row in office.rows("identity", person_id="zhangsan")] == ["wecom"]
    assert office.rows("audit", action="person.unbound")[0]["detail"]["reason"] == "通讯录同步"


def test_a_renamed_colleague_has_the_new_name(office):
    moves(office, "李四", name="李思", department=4)
    office.wait("24h")
    assert person(office, "李思")["id"] == "lisi"
    [moved] = office.rows("audit", action="person.moved")
    assert (moved["detail"]["from"], moved["detail"]["to"]) == ("华东销售部", "总部")


def test_nothing_is_done_when_too_many_are_gone_until_an_administrator_says_so(office):
    for name in ("李四", "周合规", "钱财务"):
        leaves(office, name)
    office.wait("24h")
    held = told(office, "管理员", "少了很多人", "3 个不在了")
    assert person(office, "李四")["status"] == "active"
    office.presses("管理员", held, "确认 3 人离职")
    assert {person(office, one)["status"] for one in ("李四", "周合规", "钱财务")} == {"left"}


def test_the_word_counts_for_exactly_those_accounts(office):
    for name in ("李四", "周合规", "钱财务"):
        leaves(office, name)
    office.wait("24h")
    held = told(office, "管理员", "少了很多人")
    leaves(office, "冯运营")
    asked_again = office.presses("管理员", held, "确认 3 人离职")
    assert person(office, "李四")["status"] == "active"
    assert shows(asked_again[-1], "4 个不在了")


def test_an_empty_directory_is_never_believed(office):
    for row in list(office.demo.phones.members):
        office.demo.phones.departed.add(("wecom", row.accounts.get("wecom", "").lower()))
    office.wait("24h")
    office.demo.phones.departed.clear()
    assert {row["status"] for row in office.rows("person")} == {"active"}
    assert office.rows("identity", platform="wecom")
    assert "通讯录是空的" in str(office.rows("card"))


def test_who_is_only_out_of_the_apps_sight_has_not_left(office):
    office.demo.wecom.directory.hidden.add("lisi")
    try:
        office.wait("24h")
    finally:
        office.demo.wecom.directory.hidden.clear()
    assert person(office, "李四")["status"] == "active"


def test_the_last_administrator_is_not_let_go_by_a_directory(office):
    leaves(office, "管理员")
    office.wait("24h")
    assert person(office, "管理员")["status"] == "active"


def test_sync_shows_the_difference_before_anything_changes(office):
    moves(office, "李四", manager="陈总")
    office.says("管理员", "/同步")
    card = office.sees("管理员")[-1]
    assert shows(card, "通讯录有 1 处变化", "【换上级】李四 陈总")
    assert person(office, "李四")["manager_id"] == "wangjingli"
    office.presses("管理员", card, "按这份办")
    assert shows(office.sees("管理员")[-1], "通讯录已同步")
    assert person(office, "李四")["manager_id"] == "chenzong"
    changed = office.rows("audit", action="person.changed")[-1]
    assert (changed["actor"], changed["channel"]) == ("guanliyuan", "wecom")


@pytest.mark.parametrize("line", ["/同步", "/同步 新人"])
def test_sync_is_for_those_who_manage_people(office, line):
    assert shows(office.says("张三", line)[0], "权限")


def test_a_directory_that_cannot_be_read_says_so_and_changes_nothing(office):
    office.fault("wecom", "ip_denied", 20)
    office.says("管理员", "/同步 企业微信")
    office.fault("wecom", "ip_denied", 0)
    office.wait("1h")
    assert told(office, "管理员", "没有读成", "配置")


def test_a_stranger_without_a_sales_manager_waits_for_an_administrator(office):
    hires(office, id="wuren", name="吴人事", manager="陈总", platforms=["wecom"])
    office.wait("24h")
    assert office.rows("person", name="吴人事") == []
    news = told(office, "管理员", "要您定")
    [card] = office.presses("管理员", news, "吴人事")
    assert shows(card, "企业微信 wuren", "陈总")
    [done] = office.presses("管理员", card, "加为销售")
    assert shows(done, "吴人事 已加入")
    assert person(office, "吴人事")["manager_id"] == "chenzong"
    assert shows(office.says("吴人事", "/帮助")[0], "建流")


def test_a_name_alone_binds_nobody_but_an_administrator_can(office):
    hires(office, id="lisi2", name="李四", manager="王经理", platforms=["dingtalk"])
    assert len(office.rows("person", name="李四")) == 1
    assert office.rows("identity", account="staff_lisi2") == []
    [card] = office.says("管理员", "/同步 新人")
    [card] = office.presses("管理员", card, "李四")
    [done] = office.presses("管理员", card, "就是李四")
    assert shows(done, "李四 的钉钉账号已绑定")
    [bound] = office.rows("identity", account="staff_lisi2")
    assert bound["person_id"] == "lisi"


def test_two_administrators_decide_about_a_stranger_once(office):
    hires(office, id="wuren", name="吴人事", manager="陈总", platforms=["dingtalk"])
    cards = [office.says(one, "/同步 新人")[0] for one in ("管理员", "陈总")]
    first, second = (
        office.presses(one, card, "吴人事")[0]
        for one, card in zip(("管理员", "陈总"), cards, strict=True)
    )
    office.presses("管理员", first, "加为销售")
    assert shows(office.presses("陈总", second, "不加")[0], "已经有人处理过")
    assert len(office.rows("person", name="吴人事")) == 1


def test_who_was_turned_down_is_not_asked_about_again(office):
    hires(office, id="wuren", name="吴人事", manager="陈总", platforms=["wecom"])
    office.wait("24h")
    [card] = office.presses("管理员", told(office, "管理员", "要您定"), "吴人事")
    office.presses("管理员", card, "不加")
    office.wait("48h")
    assert len([one for one in office.sees("管理员") if shows(one, "要您定")]) == 1
    assert office.rows("person", name="吴人事") == []
