"""A trace is read back as it was decided, whatever form it was stored in (B22, N1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter
from pydantic_core import to_json

from sales import lead_traces
from sales.assigning import RuleSet, Seller, decide
from sales.lead_traces import Compared, Trace, packed, unpacked
from sales.rules.assigning import lines

AT = datetime(2026, 11, 23, 2, 0, 0, 123456, tzinfo=UTC)
RULES = "教育中单：行业=教育 且 预算≤20万 → 成单率>65% 且 待办<8；别的：行业=医疗 → 任何人"
LEAD = {"source": "官网表单", "industry": "教育", "region": None, "budget": 12_000_000}


def seller(number, won, open_, *, away=False):
    record = {"won": won, "open": open_, "region": "华东", "same_region": None,
              "rank": None, "series": None, "product": None}  # fmt: skip
    since = AT - timedelta(minutes=number)
    return Seller(f"p{number:03d}", f"销售{number}", record, open_, since, away=away)


def decided(people, lead=LEAD):
    rules = RuleSet(lines(RULES), frozenset({"官网表单"}), 50)
    decision = decide(lead, rules, people)
    return packed(lead, decision, people, capacity=50, fallback="公共池", open_from="")


def kept(stored):
    """As it comes from the database."""
    people = None if stored.roster is None else json.loads(to_json(stored.roster.people))
    return unpacked(json.loads(to_json(stored.body)), people)


TEAM = [seller(1, 660_000, 7), seller(2, 650_000, 2), seller(3, 800_000, 8), seller(4, 700_000, 3),
        seller(5, None, 0), seller(6, 900_000, 1, away=True)]  # fmt: skip


def test_every_candidate_comes_back_with_value_against_threshold():
    trace = kept(decided(TEAM))
    assert (trace.owner, trace.runner_up) == ("p004", "p001")
    [rule] = trace.considered
    assert (rule.name, rule.fits) == ("教育中单", True)
    assert [one.reason for one in rule.candidates] == [
        "", "candidate_fail", "candidate_fail", "", "no_sample", "on_leave",
    ]  # fmt: skip
    assert rule.candidates[1].compared == (
        Compared("成单率>65%", "65%", False), Compared("待办<8", "2", True),
    )  # fmt: skip
    assert rule.candidates[4].compared[0] == Compared("成单率>65%", "", None)
    third = trace.people[2]
    assert (third.id, third.name, third.open, third.away) == ("p003", "销售3", 8, False)
    assert third.waiting_since == AT - timedelta(minutes=3)
    assert third.record == {"won": 800_000, "open": 8, "region": "华东"}
    assert trace.people[5].away


def test_a_rule_that_did_not_fit_says_which_comparison_it_was():
    trace = kept(decided(TEAM, {**LEAD, "budget": None}))
    assert [one.fits for one in trace.considered] == [None, False]
    assert trace.considered[0].compared[1] == Compared("预算≤20万", "", None)
    assert all(one.candidates == () for one in trace.considered)


def test_a_trace_that_was_written_out_is_read_as_well():
    trace = kept(decided(TEAM))
    written = json.loads(TypeAdapter(Trace).dump_json(trace, exclude_defaults=True))
    assert unpacked(written, None) == trace
    double = Trace(lead={"source": "官网表单"})
    assert kept(lead_traces.plain(double)) == double


def test_nobody_who_sells_is_a_trace_as_well():
    trace = kept(decided([]))
    assert (trace.owner, trace.people) == ("", ())
    assert trace.considered[0].candidates == ()


def test_the_same_people_are_one_roster_and_136_of_them_ten_kilobytes_at_most():
    many = [seller(n, 10_000 * (n % 90), n % 40) for n in range(136)]
    stored, later = decided(many), decided([seller(n, None, 1) for n in range(136)])
    assert stored.roster.id == later.roster.id
    assert stored.roster.id != decided(many[:-1]).roster.id
    assert len(to_json(stored.body)) < 10_000
