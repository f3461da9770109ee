"""A decision taken on one platform locks every copy of its card, whoever holds it."""

from datetime import timedelta

import pytest

from bot.notices import Notices
from engine import jobs
from tests.chat.test_binding import code_of, gets_dingtalk
from tests.chat.test_directory import leaves, person, shows, told

GONE = ("李四", "周合规", "钱财务")


@pytest.fixture
def two_admins(office):
    """管理员 on both platforms, 冯运营 in WeCom, and a decision that waits for either."""
    gets_dingtalk(office, "管理员")
    office.says("管理员", f"/绑定 {code_of(office, '管理员')}", "dingtalk")
    office.says("管理员", "/同事 改 冯运营 角色 管理员")
    for name in GONE:
        leaves(office, name)
    yield
    office.demo.phones.by_name("管理员").accounts.pop("dingtalk")


def copies(office, name, *words):
    return {one["platform"]: one for one in office.sees(name) if shows(one, *words)}


def can_press(message):
    return any(button["enabled"] for button in message["buttons"])


@pytest.mark.usefixtures("two_admins")
def test_a_decision_in_dingtalk_locks_its_twins_in_wecom(office):
    office.wait("24h")
    mine, theirs = copies(office, "管理员", "少了很多人"), copies(office, "冯运营", "少了很多人")
    assert set(mine) == {"wecom", "dingtalk"}
    assert all(map(can_press, [*mine.values(), *theirs.values()]))

    office.presses("管理员", mine["dingtalk"], "确认 3 人离职")
    mine = copies(office, "管理员", "管理员 已确认")
    theirs = copies(office, "冯运营", "管理员 已确认")
    assert set(mine) == {"wecom", "dingtalk"}
    assert mine["wecom"]["state"] == "done"
    assert theirs["wecom"]["state"] == "done"
    assert not any(map(can_press, [*mine.values(), *theirs.values()]))
    assert {person(office, one)["status"] for one in GONE} == {"left"}


@pytest.mark.usefixtures("two_admins")
def test_who_comes_second_finds_it_decided_and_nothing_happens_twice(office):
    office.wait("24h")
    office.fault("wecom", "down", 50)  # the other's phone has not heard of it yet
    office.presses("管理员", copies(office, "管理员", "少了很多人")["dingtalk"], "先不办")
    late = copies(office, "冯运营", "少了很多人")["wecom"]
    office.fault("wecom", "down", 0)
    office.presses("冯运营", late, "确认 3 人离职")
    assert {person(office, one)["status"] for one in GONE} == {"active"}
    office.wait("10m")
    assert told(office, "冯运营", "管理员 选了先不办")


@pytest.mark.usefixtures("two_admins")
def test_a_wecom_copy_too_old_to_change_is_followed_by_a_short_message(office):
    office.wait("24h")
    office.wait("73h")  # a response_code lives for 72
    office.presses("管理员", copies(office, "管理员", "少了很多人")["dingtalk"], "先不办")
    for name in ("管理员", "冯运营"):
        said = [one for one in office.sees(name)
                if one["platform"] == "wecom" and shows(one, "选了先不办")]  # fmt: skip
        assert [one["kind"] for one in said] == ["text"]
    old = copies(office, "冯运营", "少了很多人")["wecom"]
    before = office.rows("person")
    office.presses("冯运营", old, "确认 3 人离职")
    assert office.rows("person") == before


def test_a_dead_letter_one_administrator_decides_on_is_decided_for_all(office):
    office.says("管理员", "/同事 改 冯运营 角色 管理员")
    service = office.demo.service

    def bury(db):
        now = office.demo.now()
        job = jobs.add(db, "inbox", "lost", {}, due=now, now=now, lease=timedelta(seconds=30))
        jobs.bury(db, job, "crashed", now=now)

    service.database.writer.run(bury)
    office.wait("10m")
    office.finger(notify(service))
    office.presses("管理员", told(office, "管理员", "没有办成"), "不办了")
    office.presses("管理员", told(office, "管理员", "放下以后就找不回来了"), "确定不办了")
    assert not can_press(told(office, "冯运营", "已放下 1 件"))


async def notify(service):
    await Notices(service.database, service.clock, service.calendars, service.rules).look()
