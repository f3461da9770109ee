"""Who leaves beside others who work or leave: nothing stays with somebody who is gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from sqlalchemy import select, true

from bot.simulator import seed
from engine.database import Database
from engine.unit import Unit
from sales import customers, leaving, people, staff
from sales.customers import CUSTOMER
from sales.leaving import NotHere
from sales.people import PERSON
from tests import postgres_kit
from tests.ready import upgrade
from tests.sales.conftest import NOW, timing

pytestmark = pytest.mark.pg
SOON = 0.3


@pytest.fixture
def company(postgres_server):
    with postgres_kit.fresh(postgres_server) as url:
        database = Database(url)
        upgrade(database)
        database.writer.run(lambda db: seed.plant(db, {"wecom": "ww", "dingtalk": "ding"}, NOW))
        yield database
        database.close()


@contextmanager
def unit(company):
    """One unit of another process."""
    with company.engine.begin() as connection:
        yield Unit(connection)


def let_go(company, name, heir, *, first=lambda: None):
    with unit(company) as db:
        admin = people.known(db, "wecom", "ww", "guanliyuan")
        first()
        one, successor = (staff.find_to_change(db, who, true()) for who in (name, heir))
        leaving.leave(db, one, successor, by=admin, timed=timing())


def orphans(company):
    with company.reading() as db:
        left = select(PERSON.id).where(PERSON.status == "left")
        return list(db.execute(select(CUSTOMER.name).where(CUSTOMER.owner_id.in_(left))))


def test_what_somebody_makes_while_they_are_let_go_is_handed_over_too(company):
    with ThreadPoolExecutor() as pool:
        with unit(company) as db:
            who = people.acting(db, "wecom", "ww", "zhangsan", now=NOW, stays=True)
            leaving = pool.submit(let_go, company, "张三", "李四")
            with pytest.raises(TimeoutError):
                leaving.result(timeout=SOON)
            customers.add(db, [customers.draft("北方泵业", owner_id=who.id, now=NOW, facts={})])
        leaving.result()
    assert orphans(company) == []


def test_two_people_do_not_inherit_from_each_other_and_both_leave(company):
    at_once = Barrier(2)
    with ThreadPoolExecutor() as pool:
        pairs = (("张三", "李四"), ("李四", "张三"))
        leaving = [pool.submit(let_go, company, *pair, first=at_once.wait) for pair in pairs]
        failed = [one.exception() for one in leaving]
    assert [type(one) for one in failed if one is not None] == [NotHere]
    assert orphans(company) == []
