"""`jianliu import leads` beside a running service: nobody waits for the whole file (B4)."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime

import pytest
from sqlalchemy import func, select

from bot import import_sorts, importing
from bot.clock import Clock
from bot.import_sorts import PART
from bot.importing import import_customers, import_leads
from bot.simulator import seed
from cards.tables import CARD
from engine import database
from engine.database import Database
from engine.ids import next_number
from engine.vault import Vault
from sales.lead_assign import TURN
from sales.leads import LEAD
from sales.news_owed import OwedNews
from tests.bot.kit import TENANTS

COUNT = 2 * PART + 1
NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")


@pytest.fixture
def house(database):
    database.writer.run(lambda db: seed.plant(db, TENANTS, NOW))
    return database


@pytest.fixture
def sheet(tmp_path):
    names = (f"{chr(0x4E00 + 7 * i)}{chr(0x5E00 + 11 * i)}重工" for i in range(COUNT))
    path = tmp_path / "展会.csv"
    path.write_text(
        "\n".join(("公司,来源,区域", *(f"{name},展会,华东" for name in names))), "utf-8"
    )
    return path


def brought(database, sheet):
    clock = Clock("Asia/Shanghai")
    return import_leads(database, sheet, Vault(bytes(32)), clock, dry_run=False, progress=False)


def leads(database):
    with database.reading() as db:
        return db.execute(select(func.count()).select_from(LEAD.id.table)).scalar_one()


def told(database):
    with database.reading() as db:
        bodies = db.execute(select(CARD.body)).scalars()
        return [body for body in bodies if "新线索" in body]


def before_each_part(monkeypatch, happens):
    """`happens` is told how many leads there are by then."""
    take = import_sorts.leads_from

    def taking(db, lines, *, before=None, dry_run, **how):
        if not dry_run:
            happens(0 if before is None else before.created)
        return take(db, lines, before=before, dry_run=dry_run, **how)

    monkeypatch.setattr(import_sorts, "leads_from", taking)


def test_every_part_has_its_commit_and_owners_hear_of_all_at_once(house, sheet, monkeypatch):
    stored = []
    before_each_part(monkeypatch, lambda _: stored.append(leads(house)))
    assert brought(house, sheet).outcome.created == COUNT
    assert stored == [0, PART, 2 * PART]
    assert len(told(house)) == 3  # 张三 and 李四 until they have fifty each, then 赵六


def test_somebody_else_decides_between_two_parts(fresh_postgres, sheet, monkeypatch):
    url = fresh_postgres()
    mine, other = Database(url), Database(url)
    mine.writer.run(lambda db: seed.plant(db, TENANTS, NOW))
    turns = []

    def decides(so_far):
        """Before the part has taken its turn, and after the one in front has given it back."""
        if so_far:
            turns.append(other.writer.run(lambda db: next_number(db, TURN)))

    before_each_part(monkeypatch, decides)
    assert brought(mine, sheet).outcome.created == COUNT
    assert len(turns) == 2
    mine.close()
    other.close()


def test_whoever_is_stopped_half_way_has_told_what_is_written(house, sheet, monkeypatch):
    def stops(so_far):
        if so_far:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        before_each_part(patch, stops)
        with pytest.raises(KeyboardInterrupt):
            brought(house, sheet)
    assert (leads(house), len(told(house))) == (PART, 2)
    again = brought(house, sheet).outcome
    assert (again.created, again.unchanged) == (COUNT - PART, PART)


def test_a_part_that_is_being_written_when_somebody_interrupts_is_told_too(
    house, sheet, monkeypatch
):
    """Ctrl-C comes while the command waits for the writer, and stops only the waiting."""
    run = house.writer.run

    def interrupted(work, **how):
        before = getattr(work, "keywords", {}).get("before")
        if before is not None and before.created:
            house.writer.submit(work, **how)
            raise KeyboardInterrupt
        return run(work, **how)

    with monkeypatch.context() as patch:
        patch.setattr("bot.importing.upgrade", lambda _: None)
        patch.setattr(house.writer, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            brought(house, sheet)
    with house.reading() as db:
        assert db.execute(select(func.count()).select_from(OwedNews)).scalar_one() == 0
    assert (leads(house), len(told(house))) == (2 * PART, 2)


def test_a_list_that_takes_long_to_read_is_imported_on_postgresql(
    fresh_postgres, tmp_path, monkeypatch
):
    """The server ends sessions that think for ten seconds; here for a fifth of one."""
    hurried = database.PG_OPTIONS.replace("session_timeout=10s", "session_timeout=200ms")
    monkeypatch.setattr(database, "PG_OPTIONS", hurried)
    path = tmp_path / "客户.csv"
    path.write_text("客户名称,负责人\n海河水务,张三\n", "utf-8")
    real = importing.customers_from

    def slowly(db, lines, **how):
        db.drive("SELECT 1")  # the transaction has begun
        time.sleep(0.5)
        return real(db, lines, **how)

    monkeypatch.setattr(importing, "customers_from", slowly)
    with closing(Database(fresh_postgres())) as house:
        house.writer.run(lambda db: seed.plant(db, TENANTS, NOW))
        done = import_customers(house, path, Vault(bytes(32)), dry_run=False, progress=False)
    assert done.outcome.created == 1
