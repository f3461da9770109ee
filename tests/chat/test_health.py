"""`/体检`, the morning card and the calendar's alarm, as people meet them."""

import pytest

MORNING = ("08:50", "09:25")


def cards(office, person, begins):
    """The cards on a person's phones whose title begins so."""
    return [m for m in office.sees(person) if (m["title"] or m["text"]).startswith(begins)]


def run_day(office, until):
    """Jump to a time of the day after the demo begins (Monday 10:00), through what is due."""
    return office._post("/sim/api/clock", {"to": f"{until}:00+08:00"})["ran"]


def test_health_says_what_to_do_about_every_red_point_first(office):
    run_day(office, "2026-11-24T10:00")
    [card] = office.says("管理员", "/体检")
    assert card["title"] == "体检：1 处要处理"
    names = [field["name"] for field in card["fields"]]
    assert names == ["日历", "数据库", "进程", "积压", "死信", "不确定"]
    text = card["text"]
    assert "【日历】2027 年的放假通知要导入：jianliu calendar import 通知.txt" in text
    assert "✓ 清理旧数据 03:20" in text
    assert "✓ 每日待办 08:50" in text
    office.presses("管理员", card, "再查一次")
    assert len(cards(office, "管理员", "体检")) == 1, "the same card, up to date"


@pytest.mark.parametrize(("person", "may"), [("冯运营", True), ("陈总", True), ("李四", False)])
def test_health_is_for_those_who_run_the_bot(office, person, may):
    [answer] = office.says(person, "/health")
    assert ("体检" in answer["title"]) is may
    assert ("权限" in answer["text"]) is not may


def test_zhang_san_is_refused(office):
    [answer] = office.says("张三", "/体检")
    assert "「/体检」需要" in answer["text"]


def test_a_failed_job_is_red_and_says_how_to_run_it_again(office):
    run_day(office, "2026-11-24T10:00")
    fail = (
        "UPDATE slot SET outcome = 'failed', detail = 'OSError: disk full'"
        " WHERE job = 'retention' AND outcome = 'done'"
    )
    office.demo.service.database.writer.run(lambda db: db.drive(fail))
    [card] = office.says("管理员", "/体检")
    assert card["title"] == "体检：2 处要处理"
    assert "【清理旧数据】找到原因后补跑：jianliu jobs --run retention" in card["text"]
    [run] = [line for line in card["text"].splitlines() if line.startswith("× 清理旧数据")]
    assert run.startswith("× 清理旧数据 03:20 用时")
    assert run.endswith("，OSError: disk full，7 天内失败 1 次")


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_who_has_something_waiting_gets_one_card_in_the_morning(office, platform):
    office.says("张三", "/商机 恒信 西部机电", platform)
    ran = run_day(office, "2026-11-24T09:30")
    assert {"lane": "cron:morning", "at": "2026-11-24T08:50:00+08:00"} in ran
    [card] = cards(office, "张三", "今天有 1 件事等您")
    assert card["platform"] == platform, "where the person was last active"
    assert MORNING[0] <= card["at"][11:16] < MORNING[1]
    assert card["at"][14:16] != "00"
    assert "西部机电 的登记还差一步：选介绍人" in card["text"]
    [question] = office.presses("张三", card, "1. 接着办")
    assert question["title"] == "「恒信」是哪一家？"
    for other in ("王经理", "李四", "陈总", "管理员"):
        assert cards(office, other, "今天有") == [], "nothing waits for them"


def test_nobody_hears_in_the_morning_of_what_is_done(office):
    [pick] = office.says("张三", "/商机 恒信 西部机电")
    office.presses("张三", pick, "1.")
    run_day(office, "2026-11-24T10:00")
    assert cards(office, "张三", "今天有") == []


def test_the_weekend_and_a_leave_are_left_alone(office):
    run_day(office, "2026-11-27T17:30")
    for person in ("张三", "李四"):
        office.says(person, "/商机 恒信 西部机电")

    office.says("李四", "/请假 11-30 11-30")
    run_day(office, "2026-11-30T09:30")
    assert [card["at"][:10] for card in cards(office, "张三", "今天有")] == ["2026-11-30"]
    assert cards(office, "李四", "今天有") == []
    saturday = [
        s for s in office.rows("slot", job="morning") if s["slot_at"].startswith("2026-11-28")
    ]
    assert [s["detail"] for s in saturday] == ["今天休息"]


def test_the_end_of_the_calendar_is_announced_once_a_week_to_who_can_help(office):
    run_day(office, "2026-12-03T12:00")
    for person in ("管理员", "冯运营"):
        found = cards(office, person, "2027 年的放假安排还没有导入")
        assert [card["at"][:10] for card in found] == ["2026-11-24", "2026-11-30"]
        assert all(MORNING[0] <= card["at"][11:16] < MORNING[1] for card in found)
    assert cards(office, "张三", "2027") == []


def test_a_jump_of_a_month_runs_every_morning_at_its_moment(office):
    ran = run_day(office, "2026-12-23T10:00")
    mornings = [one["at"][:16] for one in ran if one["lane"] == "cron:morning"]
    assert mornings == sorted(mornings)
    assert len(mornings) == 30
    assert [one["at"] for one in ran] == sorted(one["at"] for one in ran)
    done = office.rows("slot", job="morning", outcome="done")
    assert len(done) == 30
