"""An errand nobody finishes: two reminders on its own platform, one way on and one way out."""

from datetime import timedelta

import pytest

PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
LINE = "/商机 恒信 西部机电"
WAITS = "西部机电 的登记还差一步：选介绍人"
LATER = "4h"  # Monday 10:00 and two working hours: 13:30, behind the lunch break


def reminders(office, title=WAITS):
    return [m for m in office.sees("张三") if m["title"] == title]


def timers(jump):
    """The minutes at which a deadline fired during a jump of the clock."""
    return [one["at"][:16] for one in jump["ran"] if one["lane"] == "timer"]


@PLATFORMS
def test_after_two_working_hours_the_person_is_reminded_where_the_question_was_asked(
    office, platform
):
    office.says("张三", LINE, platform)
    ran = office.wait(LATER)

    [reminder] = reminders(office)
    assert reminder["platform"] == platform
    assert "按工作时间 2 小时，11-23 13:30 到期" in reminder["text"]
    assert "暂定" not in reminder["text"]
    assert [b["text"] for b in reminder["buttons"]][:2] == ["接着办", "不登记了"]
    assert timers(ran) == ["2026-11-23T13:30"]
    assert office.sees("王经理") == []


@PLATFORMS
def test_going_on_brings_the_question_again_and_it_leads_to_the_opportunity(office, platform):
    office.says("张三", LINE, platform)
    office.wait(LATER)
    [reminder] = reminders(office)
    answer = office.presses("张三", reminder, "接着办")

    [question] = [m for m in answer if m["id"] != reminder["id"]]
    assert question["title"] == "「恒信」是哪一家？"
    [locked] = [m for m in answer if m["id"] == reminder["id"]]
    assert "已接着办" in str(locked["raw"])
    office.presses("张三", question, "2.")

    assert len(office.rows("opportunity")) == 1
    assert [row["state"] for row in office.rows("deadline")] == ["met_late"]
    created = [m for m in office.sees("张三") if m["title"] == "商机已建：西部机电"]
    assert len(created) == 2, "the question and its second message show the same card"
    office.wait("48h")
    assert reminders(office) in ([], [locked])


@PLATFORMS
def test_letting_it_go_locks_the_question_and_ends_the_reminders(office, platform):
    [question] = office.says("张三", LINE, platform)
    office.wait(LATER)
    [reminder] = reminders(office)
    office.presses("张三", reminder, "不登记了")

    assert [row["state"] for row in office.rows("deadline")] == ["cancelled"]
    [locked] = [m for m in office.sees("张三") if m["id"] == question["id"]]
    assert "不登记了" in str(locked["raw"])
    late = {"person": "张三", "message": question["id"], "action": "1.0", "values": {}}
    office.http.post("/sim/api/press", json=late)
    assert office.rows("opportunity") == []
    [row] = office.rows("audit", action="errand.dropped")
    assert (row["actor"], row["channel"]) == ("zhangsan", platform)
    assert timers(office.wait("72h")) == []


def test_a_working_day_later_comes_the_last_reminder_and_then_nothing(office):
    office.says("张三", LINE)
    office.wait(LATER)
    ran = office.wait("240h")
    first, last = reminders(office)
    assert "最后一次提醒" not in first["text"]
    assert "这是最后一次提醒" in last["text"]
    assert last["at"].startswith("2026-11-24T13:3")  # off the half hour
    assert timers(ran) == ["2026-11-24T13:30"]
    assert [row["state"] for row in office.rows("deadline")] == ["breached"]
    office.presses("张三", last, "不登记了")
    assert "不登记了" in str(reminders(office)[-1]["raw"])


def test_answering_in_time_leaves_no_reminder(office):
    [question] = office.says("张三", LINE)
    office.presses("张三", question, "1.")
    assert [row["state"] for row in office.rows("deadline")] == ["met"]
    office.wait("72h")
    assert reminders(office) == []


def test_a_line_that_needs_no_question_opens_no_deadline(office):
    office.says("张三", "/商机 某阀门制造 北方泵业")
    assert office.rows("deadline") == []


def test_a_look_up_without_its_words_is_no_errand(office):
    office.says("张三", "/客户")
    assert office.rows("deadline") == []


@PLATFORMS
def test_an_empty_form_is_an_errand_too(office, platform):
    [form] = office.says("张三", "/商机", platform)
    office.wait(LATER)
    [reminder] = reminders(office, "登记老客户转介绍的新商机还差 2 项：介绍人、新客户")
    [again] = [m for m in office.presses("张三", reminder, "接着办") if m["id"] != reminder["id"]]
    assert again["title"] == form["title"]
    assert again["id"] != form["id"]


def test_the_next_question_of_an_errand_gives_its_time_anew(office):
    [pick] = office.says("张三", "/商机 恒信 华东泵业有限公司")
    office.wait("1h")
    office.presses("张三", pick, "2.")
    assert sorted(row["state"] for row in office.rows("deadline")) == ["pending", "superseded"]
    office.wait("3h")
    assert reminders(office) == []
    office.wait("1h")
    [reminder] = reminders(office, "华东泵业有限公司 的登记还差一步：看是不是同一客户")
    assert reminder["at"].startswith("2026-11-23T14:3")  # off the half hour


def test_a_finished_errand_can_no_longer_be_dropped(office):
    [question] = office.says("张三", LINE)
    office.wait(LATER)
    [reminder] = reminders(office)
    office.presses("张三", question, "1.")
    [locked] = reminders(office)
    assert "已办完" in str(locked["raw"])
    assert office.presses("张三", reminder, "不登记了") == []
    assert len(office.rows("opportunity")) == 1
    assert office.rows("audit", action="errand.dropped") == []


def test_three_errands_at_once_are_one_card_and_each_goes_on_from_there(office):
    # The service was away: its clock jumps without anything running in between.
    for name in ("西部机电", "北方泵业", "东方阀业"):
        office.says("张三", f"/商机 恒信 {name}")
    service = office.demo.service
    service.clock.jump(service.clock.now() + timedelta(hours=6, minutes=1))
    office.finger(_wake(service))

    [digest] = reminders(office, "有 3 件事到时间了")
    assert reminders(office) == []
    values = [field["value"] for field in digest["fields"]]
    assert sorted(values) == sorted(
        f"{name} 的登记还差一步：选介绍人" for name in ("西部机电", "北方泵业", "东方阀业")
    )
    place = values.index(WAITS) + 1
    [question] = office.presses("张三", digest, f"{place}. 接着办")
    office.presses("张三", question, "1.")
    assert [m["title"] for m in office.sees("张三")].count("商机已建：西部机电") == 2


def test_nobody_reminds_a_person_who_has_left(office):
    office.says("张三", LINE)
    office.demo.service.database.writer.run(_leaves)
    office.wait(LATER)
    assert reminders(office) == []
    office.reset()


async def _wake(service):
    service.wake()


def _leaves(db):
    from sqlalchemy import text

    db.execute(text("UPDATE person SET status = 'left' WHERE id = 'zhangsan'"))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("done", ["发布 未办完提醒 太急了", "放弃 未办完提醒"])
def test_what_was_done_another_way_is_asked_for_no_more(office, done, late):
    """Regression: the form for the reason stayed open, and two reminders came for it."""
    draft = office.says("陈总", "/规则 改 未办完提醒 首次提醒 3小时", "dingtalk")[-1]
    question = office.presses("陈总", draft, "发布")[-1]
    about = "未办完提醒 的第 2 版还没有发布：差原因"
    if late:
        office.wait(LATER)
    office.says("陈总", f"/规则 {done}", "dingtalk")
    office.wait("48h")
    seen = [m for m in office.sees("陈总") if m["title"] == about]
    assert len(seen) == 1 + late, "the question, and the reminder that was sent by then"
    assert question["id"] in {m["id"] for m in seen}
    assert not [b for m in seen for b in m["buttons"] if b["enabled"]]
