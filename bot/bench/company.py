"""The company the benchmark runs in: enough senders, one introducer, customers to search."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select

from bot.bench.names import company
from bot.bench.report import BenchFailed
from bot.migrate import upgrade
from cards.tables import CardRow, Delivery
from engine.audit import Audit
from engine.database import Database
from engine.jobs import Job, State
from engine.model import table
from engine.unit import Unit
from sales import customers
from sales.customers import Customer
from sales.opportunities import Opportunity
from sales.people import Identity, Person, Role

SENDERS = tuple(f"rep{number:02d}" for number in range(96))
"""WeCom accounts of the people who write: a team under one manager."""
INTRODUCER = "某阀门制造"
TAGS = ("阀门", "年度框架", "工程项目", "增值税专票")
CUSTOMERS = 2000
"""Customers that are there before; their names are the first of `company`."""


class RowsLost(BenchFailed):
    """A message left too few rows, or a repeated one left any."""


@dataclass(frozen=True, slots=True)
class App:
    """The WeCom app of the company: generated keys that belong to nobody."""

    token: str
    aes_key: str
    corp_id: str = "wwjianliubench"
    agent_id: int = 1000002

    @classmethod
    def made(cls) -> App:
        """An app with fresh keys."""
        return cls(secrets.token_hex(16), secrets.token_hex(22)[:42] + "A")


def plant(database_url: str, app: App) -> None:
    """Bring an empty database to the present schema and write the company into it."""
    database = Database(database_url)
    try:
        upgrade(database)
        database.writer.run(lambda db: _write(db, app, datetime.now(UTC)))
    finally:
        database.close()


def count(database_url: str) -> dict[str, int]:
    """Rows that messages have made; run it when the product has stopped.

    "done" are events that were handled, "outgoing" jobs that carry an answer to a phone.
    """
    database = Database(database_url)
    job = table(Job).c
    inbox = select(func.count()).where(job.lane == "inbox")
    questions = {
        "events": inbox,
        "done": inbox.where(job.state == State.DONE),
        "outgoing": select(func.count()).where(job.lane.startswith("outbox:")),
        **{
            name: select(func.count()).select_from(table(row))
            for name, row in (
                ("customers", Customer), ("opportunities", Opportunity),
                ("audit", Audit), ("cards", CardRow), ("deliveries", Delivery),
            )
        },
    }  # fmt: skip
    try:
        with database.reading() as db:
            return {name: int(db.execute(q).scalar_one()) for name, q in questions.items()}
    finally:
        database.close()


def verify(database_url: str, messages: int) -> dict[str, int]:
    """`count`, which must be what this many different messages make, no row more or less.

    Raises:
        RowsLost: names every table that is wrong.
    """
    found = count(database_url)
    one_each = set(found) - {"customers", "audit"}
    wanted = dict.fromkeys(one_each, messages)
    planted = CUSTOMERS + 1
    wanted |= {"customers": planted + messages, "audit": planted + 2 * messages}
    wrong = [f"{name} {found[name]}，应为 {n}" for name, n in wanted.items() if found[name] != n]
    if wrong:
        raise RowsLost(f"{messages} 条不同的消息之后行数不对：{'；'.join(sorted(wrong))}")
    return found


def _write(db: Unit, app: App, now: datetime) -> None:
    manager = Person(id="boss", name="王经理", role=Role.MANAGER.value, created_at=now)
    team = [
        Person(id=one, name=f"销售{one[3:]}", role=Role.REP.value, manager_id="boss",
               region="华东", created_at=now)
        for one in SENDERS
    ]  # fmt: skip
    accounts = [
        Identity(id=f"wecom-{one}", person_id=one, platform="wecom", tenant=app.corp_id,
                 account=one, created_at=now)
        for one in SENDERS
    ]  # fmt: skip
    db.execute(insert(Person), [row.model_dump() for row in (manager, *team)])
    db.execute(insert(Identity), [row.model_dump() for row in accounts])
    facts = {"industry": ("制造", "导入"), "region": ("华东", "导入")}
    names = [INTRODUCER, *(company(number) for number in range(CUSTOMERS))]
    drafts = [
        customers.draft(name, owner_id=SENDERS[i % len(SENDERS)], now=now, facts=facts,
                        tags=() if i else TAGS)
        for i, name in enumerate(names)
    ]  # fmt: skip
    customers.add(db, drafts)
