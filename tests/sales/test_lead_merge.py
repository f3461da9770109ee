"""Merging is what was looked at: nothing that changed meanwhile goes or stays unasked (I14)."""

from __future__ import annotations

import pytest

from sales import lead_lists, lead_merge, lead_owning
from sales.lead_lists import SYSTEM
from sales.lead_states import Moved, look
from tests.sales.conftest import NOW
from tests.sales.test_lead_assigning import brought, desk

PHONE = {"phone": "13800138111"}


@pytest.fixture
def plan(db):
    """The one somebody has stays, the one of the pool goes."""
    by = desk(lines="教育：行业=教育 → 任何人")
    first = brought(db, by, "长江精密", origin="hook/1", contact=PHONE).lead_id
    brought(db, by, "扬子精工", origin="hook/2", contact=PHONE)
    found = lead_merge.plan(db, lead_lists.get(db, first, SYSTEM), None, SYSTEM, by)
    assert found.kept.id == first
    return found


@pytest.mark.parametrize("which", ["kept", "gone"])
def test_what_changed_hands_after_the_plan_is_not_merged(db, plan, which):
    one = plan.kept if which == "kept" else plan.gone[0]
    event = "assigned" if one.owner_id is None else "transferred"
    heir = "lisi" if one.owner_id != "lisi" else "zhangsan"
    lead_owning.give(db, look(db, one.id), event, heir, now=NOW)
    with pytest.raises(Moved):
        lead_merge.merge(db, plan, SYSTEM, desk())


def test_as_planned_it_is_done(db, plan):
    kept = lead_merge.merge(db, plan, SYSTEM, desk())
    assert kept.id == plan.kept.id
    [gone] = plan.gone
    assert lead_lists.get(db, gone.id, SYSTEM).merged_into == kept.number
    with pytest.raises(lead_merge.MergedAlready, match=kept.number):
        lead_merge.plan(db, lead_lists.get(db, gone.id, SYSTEM), None, SYSTEM, desk())
