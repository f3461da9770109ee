"""The month's calls: counted to the call, saved step by step, never tried hot when used up."""

import asyncio
from datetime import date, datetime, timedelta

import pytest

from bot import delivery
from bot.notices import Notices
from cards import gathered
from cards.model import Button, Card, Text
from engine import quota
from engine.calendar import Calendar
from engine.calendar_days import Calendars
from engine.jobs import Urgency
from engine.quota import Meter
from engine.rulebook import Rulebook
from sales import economy
from sales.economy import Step
from sales.rules.quota import QUOTA, QuotaSteps
from scheduler.deadlines_api import Reminder, remind
from tests.bot.crowd import ORG, crowd
from tests.bot.kit import desk
from tests.scheduler.kit import CHINA

USED = "SELECT used FROM usage WHERE kind = 'calls'"
ANSWER, NOTICE = Text("您要的答案"), Text("本周的总结")
PRESS = Card(title="等您决定", buttons=(Button("好", "help.show"),))


def played(story, tmp_path, **sizes):
    async def run():
        async with crowd(f"sqlite:///{tmp_path}/jianliu.db", **sizes) as made:
            await story(made)

    asyncio.run(run())


def allowed(town, calls, used=0):
    """So many calls a month, so many of them used already (by other apps, say)."""

    def work(db):
        quota.allow(db, ORG, {"calls": calls})
        quota.add(db, ORG, "calls", used, now=town.clock.now())

    town.database.writer.run(work)


def test_the_ledger_is_right_to_the_call_whatever_goes_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "SEND_SECONDS", 0.3)

    async def story(town):
        for fault in ("5xx", "429", "down", "token_expired", "timeout", "ip_denied"):
            town.chaos.order("dingtalk", fault, 1)
            town.post([(PRESS, to) for to in town.everybody])
            await town.passes(timedelta(seconds=3), step=timedelta(seconds=1))
        town.phones.members = town.phones.members[:1]
        town.dingtalk.org.flow_controlled.add("dingtalk0")
        town.post([(NOTICE, to) for to in town.everybody], urgency=Urgency.LATER)
        await town.passes(timedelta(hours=3), step=timedelta(minutes=30))
        assert town.rows(USED) == [(town.dingtalk.meter.calls["2026-11"],)]
        assert town.dingtalk.meter.calls["2026-11"] > 12

    played(story, tmp_path, dingtalk=2)


@pytest.mark.parametrize(
    ("used", "step"),
    [(0, 0), (69, 0), (70, 1), (79, 1), (80, 2), (89, 2), (90, 3), (100, 3), (140, 3)],
)
def test_each_step_begins_at_its_share_of_the_months_calls(used, step):
    assert economy.of(Meter(ORG, "calls", used, 100), QuotaSteps()) is Step(step)


def test_a_later_step_cannot_begin_before_an_earlier_one():
    assert QUOTA.faults({"merged_percent": 85}) == ["合并提醒、从简、只留必要要一个比一个大"]


def test_the_forecast_goes_by_working_days():
    # November 2026 has 21 working days; the 9th is the sixth of them.
    meter = Meter(ORG, "calls", 1100, 5000)
    assert economy.forecast(meter, Calendar(CHINA), date(2026, 11, 9)) == 4200
    assert economy.forecast(meter, Calendar(CHINA), date(2026, 11, 1)) == 1100


def test_at_the_end_only_what_was_asked_for_goes_and_the_rest_when_there_is_more(tmp_path):
    async def story(town):
        allowed(town, 100, used=90)
        [to] = town.everybody
        town.post([(PRESS, to)], urgency=Urgency.SOON)
        town.post([(ANSWER, to)])
        await town.passes(timedelta(minutes=2), step=timedelta(minutes=1))
        assert [m.wire for m in town.shown("dingtalk")] == [{"content": ANSWER.text}]
        assert not town.due(), "what is put off is not late"
        allowed(town, 200)
        await town.passes(timedelta(hours=1), step=timedelta(minutes=10))
        assert len(town.shown("dingtalk")) == 2

    played(story, tmp_path, dingtalk=1)


def test_when_saving_what_nobody_presses_is_a_message_and_goes_to_many_in_one_call(tmp_path):
    async def story(town):
        news = Card(title="本周喜报", key="news/47", facts=(("签约", "3 单"),))
        allowed(town, 100, used=80)
        town.post([(PRESS, town.everybody[0])])
        await town.settled()
        town.post([(news, to) for to in town.everybody], urgency=Urgency.LATER)
        await town.settled()
        assert {m.kind for m in town.shown("dingtalk")} == {"markdown", "card"}
        assert len(town.calls("batchSend")) == 1

    played(story, tmp_path, dingtalk=5)


def test_used_up_means_waiting_for_the_month_with_one_try_an_hour(tmp_path):
    async def story(town):
        town.dingtalk.org.api_quota = 1
        town.post([(ANSWER, to) for to in town.everybody])
        await town.passes(timedelta(hours=5), step=timedelta(minutes=10))
        assert len(town.shown("dingtalk")) == 1
        assert town.dingtalk.meter.turned_away["ApiCountLimitForOrg"] <= 3 + 5
        assert town.rows("SELECT count(*) FROM job WHERE state = 0") == [(8,)]
        await town.passes(timedelta(days=7, hours=10), step=timedelta(hours=2))
        town.dingtalk.org.api_quota = 100
        await town.passes(timedelta(hours=2), step=timedelta(minutes=1))
        assert len(town.shown("dingtalk")) == 9
        assert town.rows("SELECT count(*) FROM job WHERE state <> 2") == [(0,)]

    played(story, tmp_path, dingtalk=9)


def reminder(to, n, now):
    line = f"线索 {n} 没有联系"
    return Reminder(to, now, Card(title=line), line, Button("接着办", "help.show"))


def test_when_saving_reminders_are_gathered_on_one_card_twice_a_day(tmp_path):
    async def story(town):
        allowed(town, 100, used=70)
        [to] = town.everybody
        for n in range(8):
            now = town.clock.now() + timedelta(minutes=n)
            town.database.writer.run(
                lambda db, n=n, now=now: remind(db, [reminder(to, n, now)], Rulebook(), now=now)
            )
        await town.passes(timedelta(hours=1), step=timedelta(minutes=10))
        assert town.shown("dingtalk") == []
        await town.passes(timedelta(minutes=20), step=timedelta(minutes=1))
        [card] = town.shown("dingtalk")
        assert card.wire["title"] == "有 8 件事到时间了"
        assert "线索 7 没有联系" in card.wire["markdown"]
        assert town.rows(USED) == [(71,)]

    played(story, tmp_path, dingtalk=1)


def test_a_gathered_card_lists_all_and_offers_six():
    lines = [(f"第 {n} 件", Button("办", "help.show", {"n": n})) for n in range(1, 10)]
    card = gathered.gathered(gathered.gathered(None, lines[:5], "k"), lines[5:], "k")
    assert [about for _, about in card.facts] == [about for about, _ in lines]
    assert [b.args["n"] for b in card.buttons] == [1, 2, 3, 4, 5, 6]
    assert card.subtitle == "后 3 件请在原来的卡片上接着办"


def test_the_administrators_are_told_of_each_step_once_a_month(tmp_path):
    async def story():
        async with desk(tmp_path) as d:
            notices = Notices(d.database, d.clock, Calendars(d.clock.zone), Rulebook())

            def use(calls):
                now = d.clock.now()
                d.database.writer.run(lambda db: quota.add(db, ORG, "calls", calls, now=now))

            d.database.writer.run(lambda db: quota.allow(db, ORG, {"calls": 100}))
            said = []
            for calls in (69, 1, 5, 17, 8):
                use(calls)
                said.append(await notices.look())
                assert await notices.look() == 0
            assert said == [0, 1, 0, 1, 0]
            await d.deliver()
            await d.deliver()
            told = [request["body"] for _, request in d.platform.sent]
            assert "用到 70%" in told[0]
            assert "只发本人要的" in told[-1]
            d.clock.jump(datetime.fromisoformat("2026-12-20T10:00:00+08:00"))
            use(75)
            assert await notices.look() == 1

    asyncio.run(story())
