"""Errands that wait for an answer: as many as asked for, each with its question on a phone.

The product asks every hundredth question itself; SQL copies its rows for the next 99 people,
so that a million stand there within a minute and none of them passes through our memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)

from bot.bench.names import company
from bot.clock import Clock
from bot.migrate import upgrade
from bot.working_days import renew
from cards import opportunities, outbox
from cards.tables import CardRow, Delivery
from engine.calendar import Calendar
from engine.calendar_days import days
from engine.database import Database
from engine.deadlines import DEADLINE
from engine.jobs import Job
from engine.model import table
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales import unfinished
from sales.customers import Named
from sales.finding import Found
from sales.people import Address, Identity, Person, Role
from sales.rules.unfinished import UNFINISHED

PEOPLE = 2000
COPIES = 100
"""Errands asked at one moment, of as many people: the product's own and its copies."""
AT_ONCE = 200
"""Moments per commit: 60,000 rows."""
STEP = timedelta(minutes=1)
"""Working time from one moment to the next."""
AHEAD = timedelta(days=2)
"""Nothing falls due before the day after tomorrow, whatever the hour: who is idle stays idle."""
FLOW, PERSON, FIRST = "flow/E", "p", 1000
"""Errand 7 is "flow/E7", of person "p1007", whose account is called the same."""
FEW = 136
"""People among whom deadlines can lie thick (performance reference §3)."""
FITTING = Found(tuple(Named(f"C{n}", company(n), "华东") for n in range(2)))


def plant(
    database: Database, clock: Clock, rows: int, tenant: str, thick: range
) -> list[datetime]:  # fmt: skip
    """Bring an empty database to the present schema and open `rows` deadlines in it.

    Gives the moments, in order, at which `COPIES` of them each fall due. They belong to
    `PEOPLE`, those of the `thick` moments to `FEW`.
    """
    upgrade(database)
    now = clock.now()
    database.writer.run(lambda db: renew(db, clock))
    database.writer.run(lambda db: _hire(db, tenant, now))
    with database.reading() as db:
        calendar = Calendar(clock.zone, days(db))
    start = datetime.combine(clock.date_of(now) + AHEAD, time(), clock.zone)
    asked = [calendar.add_working_time(start, i * STEP).at for i in range(rows // COPIES)]
    spans = ((0, thick.start, PEOPLE), (thick.start, thick.stop, FEW),
             (thick.stop, len(asked), PEOPLE))  # fmt: skip
    for begin, end, people in spans:
        for first in range(begin, end, AT_ONCE):
            part = {i: asked[i] for i in range(first, min(first + AT_ONCE, end))}
            database.writer.run(partial(_ask, part=part, people=people, tenant=tenant,
                                        calendar=calendar))  # fmt: skip
    if not database.embedded:  # autovacuum would, within a minute
        database.writer.run(lambda db: db.execute(text("ANALYZE deadline, card, delivery")))
    with database.reading() as db:
        due = select(DEADLINE.c.next_at).distinct().order_by(DEADLINE.c.next_at)
        return list(db.execute(due).scalars())


def _hire(db: Unit, tenant: str, now: datetime) -> None:
    ids = [f"{PERSON}{FIRST + number}" for number in range(PEOPLE)]
    team = [
        Person(id=one, name=f"销售{one}", role=Role.REP.value, region="华东", created_at=now)
        for one in ids
    ]
    accounts = [
        Identity(id=f"wecom-{one}", person_id=one, platform="wecom", tenant=tenant,
                 account=one, created_at=now)
        for one in ids
    ]  # fmt: skip
    db.execute(insert(Person), [row.model_dump() for row in team])
    db.execute(insert(Identity), [row.model_dump() for row in accounts])


def _ask(
    db: Unit, part: Mapping[int, datetime], people: int, tenant: str, calendar: Calendar
) -> None:  # fmt: skip
    """Ask a question at each of these moments; they arrive, nobody answers; then copy all that."""
    tables = (DEADLINE, table(CardRow), table(Delivery))
    before = [db.execute(select(func.max(one.c.id))).scalar() or "" for one in tables]
    rules = Rulebook()
    for moment, now in part.items():
        times = rules.at(UNFINISHED, now)
        number = moment * COPIES
        flow, owner, new = f"{FLOW}{number}", f"{PERSON}{FIRST + number % people}", company(moment)
        about = f"{new} 的登记还差一步：选介绍人"
        unfinished.waits(db, flow, owner, about, times, now=now, calendar=calendar)
        question = opportunities.which_introducer("阀门", FITTING, new=new, flow=flow)
        outbox.post(db, question, [Address(owner, "wecom", tenant, owner)], now=now)
    db.execute(delete(Job))  # they are delivered, and that is long ago
    arrived = {"state": "shown", "shown_version": 1, "message_id": "m"}
    db.execute(update(Delivery).where(tables[-1].c.id > before[-1]).values(arrived))
    for one, after in zip(tables, before, strict=True):
        _copy(db, one, after, people)


def _copy(db: Unit, one: Table, after: str, people: int) -> None:
    """The rows with ids beyond `after`, for the next of the people; ids still sort by time."""
    start = select(literal(1).label("nth")).cte("numbers", recursive=True)
    numbers = start.union_all(select(start.c.nth + 1).where(start.c.nth < COPIES - 1))
    nth = numbers.c.nth

    def copied(column: Any) -> Any:
        match column.name:
            case "id" | "card_id":
                return column + cast(COPIES + nth, Text)
            case "owner" | "person_id" | "account":
                number = (_number(column, PERSON) - FIRST + nth) % people
                return literal(PERSON) + cast(FIRST + number, Text)
            case "subject_id" | "key":
                return literal(FLOW) + cast(_number(column, FLOW) + nth, Text)
        return column

    rows = select(*map(copied, one.c)).join_from(one, numbers, true()).where(one.c.id > after)
    columns = [column.name for column in one.c]
    db.execute(insert(one).from_select(columns, rows, include_defaults=False))


def _number(column: Any, prefix: str) -> ColumnElement[int]:
    return cast(func.substr(column, len(prefix) + 1), Integer)
