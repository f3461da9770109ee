"""Replaying decisions: what the rules then and other rules make of the same leads (N2, N3, B85).

Every stored decision is made again with the lead and the people as they were seen at that moment.
By the rules of then the outcome has to be the same. For other rules it is followed who would have
had more or less in hand by then, because of leads that went to somebody else; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine import documents
from engine.documents import Stored
from engine.unit import Unit
from sales import figures, lead_decisions, lead_fairness, lead_sellers
from sales.assigning import Decision, Seller, decide
from sales.lead_decisions import Kept
from sales.lead_traces import Trace
from sales.rules.api import LATELY, Trial
from sales.rules.assigning import NAME, Assigning

MOST = 2000
"""Decisions looked at, the newest."""
PEOPLE, LEADS = 8, 8
"""Colleagues and leads a trial names."""
NOBODY = "没有分出去"
NOTHING, UNCHANGED = "过去 30 天没有按规则分过线索，看不出差别", "按草稿一条也不变"
HEADINGS = ("编号", "公司", "原来的规则", "按草稿")


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision: who got the lead by the rules of then, and by either of two versions.

    `people` are those who were there to get it; `fitting` the rules of the second version
    that fitted the lead, as far as they were asked, `idle` those of them that had nobody for it.
    """

    number: str
    company: str
    as_kept: bool
    before: str
    after: str
    people: tuple[str, ...]
    fitting: tuple[str, ...]
    idle: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether the second version gives it to somebody else than the first."""
        return self.before != self.after


def trial(trial: Trial, before: Assigning, after: Assigning) -> list[str]:
    """What other rules would have made of the leads of the last month."""
    found = list(replay(trial.db, before, after, since=trial.now - LATELY))
    if not found:
        return [NOTHING]
    same = sum(one.as_kept for one in found)
    moved = [one for one in found if one.moved]
    lines = [
        f"过去 30 天按规则分过 {len(found)} 条，用当时的规则重放，{same} 条和当时一样",
        f"按草稿有 {len(moved)} 条会变" if moved else UNCHANGED,
    ]
    if same < len(found):
        unlike = "、".join(one.number for one in found if not one.as_kept)
        lines.append(f"和当时不一样的请管理员看：{unlike[:80]}")
    lines += _idle(found)
    return lines + (_told(found, moved) if moved else [])


def _idle(found: Sequence[Replayed]) -> list[str]:
    """The draft's rules that were right for leads and never had anybody for one."""
    fitting = Counter(rule for one in found for rule in one.fitting)
    idle = Counter(rule for one in found for rule in one.idle)
    return [
        f"规则「{rule}」合适 {count} 条，一次也没有销售符合，接着看的是后面的规则或兜底"
        for rule, count in idle.items()
        if count == fitting[rule]
    ]


def _told(found: Sequence[Replayed], moved: Sequence[Replayed]) -> list[str]:
    was, would = Counter(one.before for one in found), Counter(one.after for one in found)
    differ = sorted(
        (name for name in was | would if was[name] != would[name]),
        key=lambda name: (-abs(would[name] - was[name]), name),
    )
    lines = [f"{name} {was[name]} → {would[name]} 条" for name in differ[:PEOPLE]]
    if len(differ) > PEOPLE:
        lines.append(f"还有 {len(differ) - PEOPLE} 位同事的条数会变")
    lines += _fairness(found, was, would)
    lines += [f"{one.number} {one.company}：{one.before} → {one.after}" for one in moved[:LEADS]]
    if len(moved) > LEADS:
        lines.append(f"还有 {len(moved) - LEADS} 条会变")
    return lines


def _fairness(found: Sequence[Replayed], *courses: Counter[str]) -> list[str]:
    """How evenly either version gives to those who were there, also to who got nothing."""
    there = dict.fromkeys(name for one in found for name in one.people)
    was, would = ({name: course[name] for name in there} for course in courses)
    if not there:
        return []
    return [
        f"原来的规则：{lead_fairness.told(was)}", f"按草稿：{lead_fairness.told(would)}",
        lead_fairness.MEANING,
    ]  # fmt: skip


def table(trial: Trial, before: Assigning, after: Assigning) -> list[tuple[str, ...]]:
    """Every lead of the last month that would be somebody else's, a cell for each heading."""
    found = replay(trial.db, before, after, since=trial.now - LATELY)
    return [(one.number, one.company, one.before, one.after) for one in found if one.moved]


class _Course:
    """What would have come of the leads by one version, one after the other.

    A figure of another system is taken as it was last reported: what it was then nobody kept.
    """

    def __init__(self, db: Unit, rule: Assigning) -> None:
        self._rule = rule
        self._said = figures.of(db, rule.open_from) if rule.open_from else None
        self._more: Counter[str] = Counter()
        self._given: dict[str, datetime] = {}

    def outcome(self, kept: Kept) -> Decision:
        """What would have become of the next lead."""
        people = [self._then(one) for one in _people(kept.trace)]
        decision = _decide(kept, self._rule, people)
        if kept.owner_id is not None:
            self._more[kept.owner_id] -= 1
        if (owner := decision.owner) is not None:
            self._more[owner.id] += 1
            self._given[owner.id] = kept.at
        return decision

    def _then(self, seller: Seller) -> Seller:
        """Somebody with what they would have had in hand, and have waited for."""
        count = max(seller.open + self._more[seller.id], 0)
        since = self._given.get(seller.id, seller.waiting_since)
        then = replace(
            seller, open=count, record={**seller.record, "open": count}, waiting_since=since
        )
        return then if self._said is None else lead_sellers.asking(then, self._said)


def replay(
    db: Unit, before: Assigning, after: Assigning, *, since: datetime
) -> Iterator[Replayed]:  # fmt: skip
    """Every lead's last decision by rules since a moment, the oldest first."""
    versions: dict[int, Assigning] = {}
    courses = _Course(db, before), _Course(db, after)
    for number, company, kept in lead_decisions.by_rules(db, since, most=MOST):
        people = _people(kept.trace)
        if (then := versions.get(kept.rule_version)) is None:
            stored: Stored = documents.one(db, NAME, kept.rule_version)  # a version stays
            then = versions[kept.rule_version] = Assigning.read(stored.body)
        again = _decide(kept, then, people)
        owner = None if again.owner is None else again.owner.id
        was, would = (course.outcome(kept) for course in courses)
        same = (again.code, owner) == (kept.code, kept.owner_id)
        there = tuple(one.name for one in people if not one.away)
        fitting = [one for one in would.tried if one.fits]
        yield Replayed(
            number, company, same, _named(was), _named(would), there,
            tuple(one.line.name for one in fitting),
            tuple(one.line.name for one in fitting if all(who.reason for who in one.weighed)),
        )  # fmt: skip


def _named(decision: Decision) -> str:
    return NOBODY if decision.owner is None else decision.owner.name


def _decide(kept: Kept, rule: Assigning, people: Sequence[Seller]) -> Decision:
    return decide(kept.trace.lead, rule.rule_set(people), people)


def _people(trace: Trace) -> list[Seller]:
    return [
        Seller(one.id, one.name, one.record or {}, one.open, one.waiting_since, away=one.away)
        for one in trace.people
    ]
