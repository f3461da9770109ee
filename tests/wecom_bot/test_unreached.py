"""Whom the bot may not write to yet is named to the people who can ask them for a word."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.simulator import seed
from cards import outbox, pushes, unreached
from cards.model import Text
from cards.unreached import NOBODY, Unreached
from engine import jobs
from sales import channels, people
from scheduler.unreached import warn
from tests.scheduler.kit import MONDAY, Desk
from tests.wecom_bot.kit import CORP, TENANTS, connected, gateway, post, rows, running, until

LANE = outbox.lane("wecom_bot", CORP)
LEASE = timedelta(seconds=30)
KEY = "unreached/2026-48"


def opened(database, **used):
    """A company that uses these channels, and its morning."""

    def work(db):
        seed.plant(db, TENANTS, MONDAY)
        channels.keep(db, used)

    database.writer.run(work)
    desk = Desk(database, warn)
    desk.notice()
    return desk


def waits(database, *names, count=1):
    """So many messages to each, the first of which was refused until they have written."""

    def work(db):
        for name in names:
            to = people.usual_address(db, name)
            for n in range(count):
                outbox.post(db, Text(f"第 {n} 件"), [to], now=MONDAY)
            (first, *_) = jobs.claim(db, LANE, now=MONDAY, lease=LEASE, limit=1)
            jobs.retry(db, first, "first_contact: 846607", due=MONDAY + timedelta(days=9))

    database.writer.run(work)


def told(database, person="guanliyuan"):
    """The card of the week as somebody has it; None without one."""
    with database.reading() as db:
        return pushes.own(db, person, KEY)


def morning(desk, day):
    """What the job says on that day."""
    desk.notice(f"2026-11-{day}T08:51")
    desk.work()
    return desk.slots("unreached")[f"11-{day} 08:50"]


def test_an_administrator_is_told_once_a_week_who_cannot_be_reached(database):
    desk = opened(database, wecom_bot=CORP)
    assert morning(desk, 23) == ("done", "都收得到")
    waits(database, "lisi", "zhangsan", count=3)
    assert morning(desk, 24) == ("done", "2 位同事收不到消息，6 条在等")
    first = told(database)
    assert dict(first.card.facts) == {"同事": "李四、张三", "等着的消息": "6 条"}
    assert told(database, "fengyunying") is None

    waits(database, "wangjingli")
    assert morning(desk, 25) == ("done", "3 位同事收不到消息，7 条在等")
    assert told(database) == first
    assert morning(desk, 28) == ("done", "今天休息")
    desk.notice("2026-11-30T08:51")
    desk.work()
    with database.reading() as db:
        again = pushes.own(db, "guanliyuan", "unreached/2026-49")
    assert again.card.title == "3 位同事还收不到消息"


def test_who_has_the_app_beside_the_bot_or_has_left_is_not_waited_for(database):
    opened(database, wecom_bot=CORP)
    waits(database, "lisi", "zhangsan")
    with database.reading() as db:
        assert unreached.find(db) == Unreached(("李四", "张三"), 2)
    left = {"status": "left"}
    database.writer.run(lambda db: people.change(db, "lisi", left, now=MONDAY))
    with database.reading() as db:
        assert unreached.find(db) == Unreached(("张三",), 1)
    both = {"wecom": CORP, "wecom_bot": CORP}
    database.writer.run(lambda db: channels.keep(db, both))
    with database.reading() as db:
        assert unreached.find(db) == NOBODY


def test_the_check_up_names_them_and_forgets_them_once_they_have_spoken(planted):
    async def main() -> None:
        async with gateway() as there, running(there.address, planted) as service:

            async def checked(msgid):
                seen = len(there.frames)
                await there.said("/体检", msgid=msgid, by="guanliyuan")
                await until(lambda: "体检" in str(there.frames[seen:]))
                return str(there.frames[seen:])

            await connected(service)
            there.moods = [846607]
            post(service, Text("一件事"))
            refused = "SELECT id FROM job WHERE last_error LIKE 'first_contact%'"
            await until(lambda: rows(service, refused))
            assert "李四没和机器人说过话，1 条消息在等" in await checked("m1")
            await there.said("你好", msgid="m2")
            await until(lambda: len(there.seen) == 3)
            assert "没和机器人说过话" not in await checked("m3")

    asyncio.run(main())
