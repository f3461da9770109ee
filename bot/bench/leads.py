"""`bench leads`: ten thousand leads in sheets of 500, each given out by rules, each with its why.

The sheets go the way one sent in chat goes once its sender has said yes: dictionaries, contacts
into the vault, doubles looked for, decided, traced, clocks opened, cards written; a durable
commit for every part of a sheet, and one for its news. The slowest of them is how long anybody
else waits. Sellers are few or as many as a company of this product has.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Text, cast, func, insert, select

from bot.bench.calibration import Took, calibration
from bot.bench.databases import fresh, storage
from bot.bench.names import company
from bot.bench.report import BenchFailed, Floor, Report
from bot.clock import Clock
from bot.import_sorts import Sort, Sorts
from bot.migrate import upgrade
from bot.rules import opened
from engine import documents
from engine.calendar_days import Calendars
from engine.database import Database
from engine.ids import ulid
from engine.sealing import KEY_BYTES
from engine.unit import Unit
from engine.vault import Vault
from sales import customers
from sales.importing import Line, Outcome
from sales.lead_decisions import DECISION
from sales.leads import LEAD
from sales.opportunities import Opportunity
from sales.people import Identity, Person, Role
from sales.rules.assigning import Assigning
from sales.rules.assigning_checks import ASSIGNING

ZONE = "Asia/Shanghai"
MANY, SECONDS = 10_000, 60
"""So many leads in so many seconds is what is asked for."""
SHEET = 500
"""Rows of one sheet: what a chat takes."""
CAPACITY = 1000
INDUSTRIES, REGIONS = ("教育", "医疗", "制造"), ("华东", "华南", "华北", "西南")
RULES = (
    "教育大单：行业=教育 且 预算>20万 → 成单率>50% 且 同区域=是；"
    "教育：行业=教育 → 同区域=是 且 待办<800；"
    "大单：预算>20万 且 (行业=医疗 或 行业=制造) → (职级=高级 且 同区域=是) 或 待办<10；"
    "本区域：区域≠未知 → 同区域=是；其余：全部 → 任何人"
)
BUDGETS = ("", "3万", "12万", "30万", "面议")
SOURCES = ("官网表单", "展会", "来电", "自拓")
HEADING = ("销售", "线索", "秒", "条/秒", "毫秒/条", "CPU 毫秒/条", "最慢一次提交 秒", "经过 kB/条")


class Unexplained(BenchFailed):
    """A lead came in without a decision, or somebody got more than the limit."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many leads, for how many sellers in turn; in `folder` or on the server `postgres`."""

    leads: int = MANY
    sellers: Sequence[int] = (8, 136)
    folder: Path | None = None
    postgres: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: what each commit took, and the bytes of a trace."""

    sellers: int
    commits: Sequence[Took]
    trace: float

    @property
    def wall(self) -> float:
        """Seconds of all commits."""
        return sum(one.wall for one in self.commits) / 1000


def run(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure; `say` is told what is going on.

    Raises:
        Unexplained: not every lead has one decision, or somebody more than the limit.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="jianliu-bench-", dir=plan.folder) as made:
        machine = calibration()
        notes = [storage(Path(made), plan.postgres)]
        for sellers in plan.sellers:
            folder = Path(made) / str(sellers)
            folder.mkdir()
            with fresh(folder, plan.postgres) as (url, _):
                found.append(_measured(url, sellers, plan.leads))
            say(f"{sellers} 位销售：{plan.leads:,} 条用了 {found[-1].wall:.1f} 秒")
    notes.append(f"标定（一百万次加法）：墙钟 {machine.wall:.0f} 毫秒、CPU {machine.cpu:.0f} 毫秒")
    return _report(plan, found, notes)


def _measured(url: str, sellers: int, leads: int) -> Measured:
    clock = Clock(ZONE)
    with closing(Database(url)) as database:
        upgrade(database)
        database.writer.run(lambda db: _plant(db, sellers, clock))
        sorts = Sorts(Vault(os.urandom(KEY_BYTES)), opened(database, clock), Calendars(clock.zone))
        took = [
            commit
            for first in range(0, leads, SHEET)
            if (rows := list(_rows(range(first, min(first + SHEET, leads)))))
            for commit in _sheet(database, sorts.leads, rows, clock)
        ]
        with database.reading() as db:
            return Measured(sellers, took, _trace(db, leads))


def _sheet(database: Database, sort: Sort, rows: Sequence[Line], clock: Clock) -> Iterator[Took]:
    brought, batch = Outcome(), ulid(clock.now())
    take = partial(sort.take, file="线索.xlsx", by="", batch=batch)
    for part in sort.parts(rows):
        work = partial(take, lines=part, now=clock.now(), before=brought)
        brought, took = _commit(database, work)
        yield took
    tell = partial(sort.tell, outcome=brought, file="线索.xlsx", batch=batch, now=clock.now())
    yield _commit(database, tell)[1]


def _commit(database: Database, work: Callable[[Unit], Any]) -> tuple[Any, Took]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = database.writer.run(work)
    return result, Took((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def _rows(numbers: range) -> Iterator[Line]:
    """Leads nobody has had before, each with somebody to call."""
    for n in numbers:
        yield Line(n % SHEET + 2, {
            "company": company(n), "source": SOURCES[n % len(SOURCES)],
            "industry": INDUSTRIES[n // 3 % len(INDUSTRIES)],
            "region": REGIONS[n // 5 % len(REGIONS)], "budget": BUDGETS[n // 2 % len(BUDGETS)],
            "contact": "王先生", "phone": f"139{n:08d}", "need": "想了解设备维保",
        })  # fmt: skip


def _plant(db: Unit, sellers: int, clock: Clock) -> None:
    """People with accounts and some won and lost opportunities, and rules that ask for all that."""
    now = clock.now()
    ids = [f"rep{n:03d}" for n in range(sellers)]
    people = [
        Person(id=one, name=f"销售{one[3:]}", role=Role.REP.value, region=REGIONS[n % len(REGIONS)],
               rank=("高级", "中级")[n % 2], created_at=now).model_dump()
        for n, one in enumerate(ids)
    ]  # fmt: skip
    accounts = [
        Identity(id=f"wecom-{one}", person_id=one, platform="wecom", tenant="ww", account=one,
                 created_at=now).model_dump()
        for one in ids
    ]  # fmt: skip
    db.execute(insert(Person), people)
    db.execute(insert(Identity), accounts)
    customer = _customer(db, ids[0], clock)
    db.execute(insert(Opportunity), [
        Opportunity(
            id=f"o{one}{deal}", number=f"o{one}{deal}", flow=f"o{one}{deal}", customer_id=customer,
            owner_id=one, source="referral", stage="won" if (n + deal) % 3 else "lost",
            closed_at=now, created_at=now,
        ).model_dump()
        for n, one in enumerate(ids)
        for deal in range(10)
    ])  # fmt: skip
    rules = Assigning(lines=RULES, capacity=CAPACITY)
    documents.provide(db, {ASSIGNING.name: rules.model_dump()}, "bench", now=now)


def _customer(db: Unit, owner: str, clock: Clock) -> str:
    facts = {"industry": ("教育", "导入"), "region": ("华东", "导入")}
    draft = customers.draft("海河教育", owner_id=owner, now=clock.now(), facts=facts, tags=())
    customers.add(db, [draft])
    return str(draft["id"])


def _trace(db: Unit, leads: int) -> float:
    """The mean bytes of a stored decision.

    Raises:
        Unexplained: a lead has none, or somebody more leads than anybody may.
    """
    decided = db.execute(select(func.count(func.distinct(DECISION.lead_id)))).scalar_one()
    each = select(func.count()).where(LEAD.owner_id.is_not(None)).group_by(LEAD.owner_id)
    most = max(db.execute(each).scalars(), default=0)
    if decided != leads or most > CAPACITY:
        raise Unexplained(f"{leads} 条线索：{decided} 条有经过，一人最多 {most} 条")
    size = func.avg(func.length(cast(DECISION.trace, Text)))
    return float(db.execute(select(size)).scalar_one())


def _report(plan: Plan, found: Sequence[Measured], notes: Sequence[str]) -> Report:
    floors = [
        Floor(f"{one.sellers} 位销售，每秒", plan.leads / one.wall, MANY / SECONDS, "条")
        for one in found
    ]
    runs = {one.sellers: _facts(one, plan.leads) for one in found}
    table_ = [
        (str(sellers), f"{plan.leads:,}", *(f"{number:,.2f}" for number in facts.values()))
        for sellers, facts in runs.items()
    ]
    facts: dict[str, Any] = {
        "leads": plan.leads, "sheet": SHEET,
        "sellers": {str(sellers): facts for sellers, facts in runs.items()},
    }  # fmt: skip
    return Report(HEADING, table_, facts, floors, [f"- {note}" for note in notes])


def _facts(one: Measured, leads: int) -> dict[str, float]:
    return {
        "seconds": one.wall, "per_second": leads / one.wall, "ms_each": one.wall * 1000 / leads,
        "cpu_ms_each": sum(commit.cpu for commit in one.commits) / leads,
        "slowest_commit_seconds": max(commit.wall for commit in one.commits) / 1000,
        "trace_kb": one.trace / 1000,
    }  # fmt: skip
