"""The benchmark of leads, in a tiny form: every lead has its decision, and nobody too many."""

import pytest

from bot.bench import leads
from bot.bench.leads import Plan, Unexplained


def test_a_tiny_run_reports_few_and_many_sellers_and_leaves_no_file(tmp_path):
    said = []
    report = leads.run(Plan(60, sellers=(4, 12), folder=tmp_path), said.append)
    facts = report.as_json()
    assert set(facts["sellers"]) == {"4", "12"}
    assert all(run["trace_kb"] > 0.5 for run in facts["sellers"].values())
    assert len(facts["floors"]) == len(said) == 2
    assert list(tmp_path.iterdir()) == []


def test_more_than_anybody_may_have_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(leads, "CAPACITY", 3)
    real = leads.Assigning
    monkeypatch.setattr(leads, "Assigning", lambda **items: real(**{**items, "capacity": 9}))
    with pytest.raises(Unexplained, match=r"一人最多 [4-9] 条"):
        leads.run(Plan(60, sellers=(4,), folder=tmp_path), lambda _: None)
