"""Leads: one pool, one state, one owner; nothing happens to a lead that was not allowed to."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine import audit
from sales import lead_states, leads
from sales.lead_states import EVENTS, OWNED, Gone, Moved, happen, look
from sales.leads import LEAD, POOLED, Draft, band, capture
from tests.sales.conftest import NOW

TODAY = date(2026, 11, 23)


def brought(db, company="海河医疗", origin="flow/1", **facts):
    draft = Draft(company=company, source="官网表单", **facts)
    return capture(db, draft, origin=origin, by="zhangsan", now=NOW, today=TODAY)


def row(db, lead_id):
    return db.execute(select(*LEAD).where(LEAD.id == lead_id)).one()


@pytest.mark.parametrize(
    ("fen", "which"),
    [
        (None, "unknown"), (0, "lt5w"), (4_999_999, "lt5w"), (5_000_000, "b5_20w"),
        (20_000_000, "b5_20w"), (20_000_001, "gt20w"),
    ],
)  # fmt: skip
def test_budget_bands_end_where_they_are_written_to_end(fen, which):
    """B9: 50,000 and 200,000 are 5–20万, 200,000.01 is 20万以上, nothing is 预算未知."""
    assert band(fen) == which
    assert which in leads.BANDS


def test_a_lead_comes_into_the_pool_once_however_often_it_is_brought(db):
    made, new = brought(db, industry="医疗", raw={"industry": "医院"})
    assert (new, brought(db, "别的名字")) == (True, (made, False))
    kept = row(db, made)
    assert (kept.number, kept.state, kept.owner_id, kept.raw) == (
        "LD-20261123-0001", POOLED, None, {"industry": "医院"},
    )  # fmt: skip


def test_whoever_comes_second_is_told_and_changes_nothing(db):
    made, _ = brought(db)
    seen = look(db, made)
    happen(db, seen, "claimed", now=NOW, owner_id="zhangsan", owner_since=NOW)
    with pytest.raises(Moved, match="未打开"):
        happen(db, seen, "claimed", now=NOW, owner_id="lisi", owner_since=NOW)
    assert row(db, made).owner_id == "zhangsan"


def test_a_lead_nobody_brought_is_said(db):
    with pytest.raises(Gone):
        look(db, "01ARZ3NDEKTSV4RRFFQ69G5FAV")


@pytest.mark.parametrize("seed", range(4))
def test_no_walk_through_events_leaves_the_rules(db, seed):
    """domain.md §4: no illegal state, one row per change, and the trail tells the present row."""
    chance, made = random.Random(seed), brought(db)[0]
    happened = 0
    for step in range(60):
        now, seen = NOW + timedelta(minutes=step), look(db, made)
        event = chance.choice(sorted(EVENTS))
        owner = {"owner_id": chance.choice(["zhangsan", "lisi"])}
        values = {POOLED: {"owner_id": None}, "assigned": owner}.get(EVENTS[event].to, {})
        if event in {"invalidated", "merged"}:
            values, allowed = {"owner_id": None}, step > 50 and seen.state in EVENTS[event].after
            if not allowed:
                continue
        if seen.state in EVENTS[event].after:
            happen(db, seen, event, now=now, **values)
            happened += 1
        else:
            with pytest.raises(Moved):
                happen(db, seen, event, now=now, **values)
        kept = row(db, made)
        assert kept.state in lead_states.STATE_NAMES
        assert (kept.owner_id is not None) == (kept.state in {*OWNED, "converted"})
    told = [noted for noted in db.trail if noted[6] == "lead"] if db.trail else []
    assert not told or len(told) == happened + 1


def test_every_state_can_be_reached_and_has_a_name():
    reached = {POOLED} | {event.to for event in EVENTS.values()}
    assert reached == set(lead_states.STATE_NAMES)
    assert all(set(event.after) <= reached for event in EVENTS.values())
    assert audit.SET
