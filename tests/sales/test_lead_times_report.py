"""The figures of `/线索 时效` on the numbers the requirements name (B3, B7, B8)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sales.lead_times_report import Came, Contact, Share, report
from sales.rules.lead_times import LeadTimes

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=20)
H, M, S = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def came(wait, source="官网", region="华东", at=LONG_AGO, invalid=None):
    return Came(source, region, at, None if wait is None else at + wait, invalid)


def contact(lag, *, late=False):
    return Contact(NOW, NOW - lag, late)


def figures(leads, contacts=()):
    return report(leads, list(contacts), 30, LeadTimes(), now=NOW)


def test_b3_thirty_of_a_hundred_written_down_after_more_than_48_hours():
    contacts = [contact(49 * H)] * 30 + [contact(48 * H)] * 40 + [contact(0 * H)] * 30
    assert figures([came(M)], contacts).lagging == Share(30, 100)


def test_b3_exactly_48_hours_do_not_count_and_a_second_more_does():
    assert figures([came(M)], [contact(48 * H)]).lagging == Share(0, 1)
    assert figures([came(M)], [contact(48 * H + S)]).lagging == Share(1, 1)


def test_b8_the_mean_is_of_those_that_got_an_owner_and_23_minutes_are_in_time():
    found = figures([came(23 * M), came(23 * M), came(None)])
    assert (found.owned, found.mean, found.median) == (2, 23 * M, 23 * M)
    assert found.never == Share(1, 3)
    assert found.slow == ()


def test_b8_what_pulls_the_mean_up_is_named_by_the_time_it_costs():
    leads = [came(8 * H, "展会", "华南")] * 3 + [came(M)] * 9 + [came(30 * M, "电话", None)]
    found = figures(leads)
    named = [(one.of, one.name, one.count, one.mean) for one in found.slow]
    assert named[:2] == [("区域", "华南", 3, 8 * H), ("来源", "展会", 3, 8 * H)]
    assert ("区域", "华东") not in {(one.of, one.name) for one in found.slow}


def test_b7_counts_late_owners_and_those_whose_72_hours_are_over():
    recent = NOW - 2 * H
    leads = [
        came(72 * H), came(72 * H + S), came(None), came(None, at=recent), came(M, at=recent),
        came(None, invalid=LONG_AGO + H), came(None, invalid=LONG_AGO + 80 * H),
    ]  # fmt: skip
    assert figures(leads).unassigned == Share(3, 5)


WAITS = st.lists(st.none() | st.timedeltas(timedelta(), timedelta(days=9)), min_size=1, max_size=20)


@given(WAITS)
def test_every_share_is_a_part_of_its_whole(waits):
    found = figures([came(wait) for wait in waits])
    for share in (found.never, found.unassigned, found.late, found.lagging):
        assert 0 <= share.part <= share.whole <= len(waits)
    assert found.owned + found.never.part == len(waits)
    if found.mean is not None and found.mean > 23 * M:
        assert found.slow
