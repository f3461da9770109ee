"""Readings as jobs: fenced, given back, tried again, and what an event makes us ask."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.clock import Clock
from bot.directories import Readings, Superseded, Synchroniser
from bot.platforms.api import Undelivered
from bot.platforms.wecom.inbound import read as read_wecom
from bot.rules import opened
from bot.simulator import seed
from engine import jobs
from engine.jobs import State
from handlers.api import Happening
from handlers.directory_events import noticed
from sales import directory, people
from sales.directory import LANE, Listed, Listing, Order
from tests.sales.conftest import NOW

TENANTS = {"wecom": "ww", "dingtalk": "ding"}


class Pretended:
    """A directory that answers what the test says."""

    name, tenant = "wecom", "ww"

    def __init__(self, listing=None, failure=None):
        self.listing, self.failure = listing, failure
        self.asked = []
        self.slow = asyncio.Event()

    async def everybody(self):
        self.slow.set()
        if self.failure:
            raise self.failure
        if self.listing is None:
            await asyncio.sleep(60)
        return self.listing

    async def look_up(self, accounts):
        self.asked.append(sorted(accounts))
        return Listing("wecom", "ww", gone=frozenset(accounts))


@pytest.fixture
def company(database):
    database.writer.run(lambda db: seed.plant(db, TENANTS, NOW))
    return database


def known(company):
    with company.reading() as db:
        return [
            Listed(row, row, ())
            for row in db.execute(
                select(people.IDENTITY.account).where(people.IDENTITY.platform == "wecom")
            ).scalars()
        ]


def readings(company, source):
    clock = Clock("Asia/Shanghai")
    reader = Synchroniser(company, clock, opened(company, clock), {"wecom": source})
    return Readings(company, clock, reader)


def ask(company, order=Order()):  # noqa: B008  frozen
    now = Clock("Asia/Shanghai").now()
    company.writer.run(lambda db: directory.ask(db, "k", order, now=now))


def job(company):
    with company.reading() as db:
        [row] = db.execute(select(jobs.JOB).where(jobs.JOB.c.lane == LANE)).all()
        return row


def test_a_reading_asks_about_whoever_is_missing_and_ends(company):
    everybody = known(company)
    source = Pretended(Listing("wecom", "ww", tuple(everybody[1:])))
    ask(company)
    asyncio.run(readings(company, source).round())
    assert source.asked == [[everybody[0].account]]
    assert job(company).state == State.DONE


def test_a_failed_reading_changes_nothing_and_comes_back_later(company):
    ask(company)
    failure = Undelivered("config", "60020", retry_after=timedelta(minutes=1))
    asyncio.run(readings(company, Pretended(failure=failure)).round())
    row = job(company)
    assert (row.state, row.attempts) == (State.OPEN, 1)
    assert row.last_error == "config: 60020"


def test_a_service_that_stops_gives_a_reading_back_at_once(company):
    ask(company)

    async def stop():
        source = Pretended()
        runner = readings(company, source)
        runner._round = asyncio.create_task(runner.round())
        await source.slow.wait()
        await runner.drain()

    asyncio.run(stop())
    row = job(company)
    assert (row.state, row.attempts, row.last_error) == (State.OPEN, 0, "stopped")


def test_whoever_lost_the_lease_while_reading_writes_nothing(company):
    everybody = known(company)
    listing = Listing("wecom", "ww", (*everybody, Listed("zhouba", "周八", (), "wangjingli")))
    clock = Clock("Asia/Shanghai")
    reader = Synchroniser(
        company, clock, opened(company, clock), {"wecom": Pretended(listing)}
    )  # fmt: skip
    with pytest.raises(Superseded):
        asyncio.run(reader.run("wecom", Order(), lambda _: False))
    with company.reading() as db:
        assert people.known(db, "wecom", "ww", "zhouba") is None
        assert directory.entries(db, ("wecom", "ww")) == {}


def event(sort, **facts):
    return Happening("dingtalk", "ding", sort, "sys", NOW, facts)


def orders(company):
    with company.reading() as db:
        rows = db.execute(select(jobs.JOB).where(jobs.JOB.c.lane == LANE)).all()
    return [directory.read(row.payload) for row in rows]


def test_an_event_asks_about_exactly_those_it_names_and_once(company):
    for _ in range(2):
        company.writer.run(
            lambda db: noticed(db, event("user_leave_org", userId="U1,u2,U1"), NOW)
        )  # fmt: skip
    assert [(one.platform, one.accounts) for one in orders(company)] == [("dingtalk", ("u1", "u2"))]


def test_a_swarm_of_department_events_is_one_reading(company):
    for _ in range(5):
        company.writer.run(lambda db: noticed(db, event("org_dept_modify"), NOW))
    assert [one.accounts for one in orders(company)] == [()]


def test_an_event_about_very_many_reads_the_directory_instead(company):
    many = ",".join(f"u{one}" for one in range(80))
    company.writer.run(lambda db: noticed(db, event("user_add_org", userId=many), NOW))
    assert [one.accounts for one in orders(company)] == [()]


@pytest.mark.parametrize("text", ["image", "enter_agent", "bpms_task_change"])
def test_what_is_not_about_the_organisation_asks_nothing(company, text):
    company.writer.run(lambda db: noticed(db, event(text), NOW))
    assert orders(company) == []


CONTACT = (
    "<xml><ToUserName>ww</ToUserName><FromUserName>sys</FromUserName>"
    "<CreateTime>1795424400</CreateTime><MsgType>event</MsgType><Event>change_contact</Event>"
    "<ChangeType>update_user</ChangeType><UserID>LiSi</UserID><NewUserID>li.si</NewUserID></xml>"
)


def test_wecom_says_who_was_renamed_and_the_account_stays_theirs(company):
    inbound = read_wecom(CONTACT.encode(), "ww", "1000002", NOW)
    happening = Happening("wecom", "ww", inbound.text, inbound.account, NOW, inbound.values)
    company.writer.run(lambda db: noticed(db, happening, NOW))
    assert [one.accounts for one in orders(company)] == [("li.si",)]
    with company.reading() as db:
        assert people.known(db, "wecom", "ww", "li.si").id == "lisi"
