"""Who gets a lead: rules in order, eligible people, one deterministic pick, and the whole why.

Nothing here reads a database or a clock: a decision follows from its inputs alone, so the same
inputs under the same version give the same owner for ever (N3), and every step is kept as it was
seen (N1). A value nobody knows decides nothing by itself: a rule that hangs on one is passed over
and says so (B26), and the fallback always stands at the end (B27).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sales.conditions import Checked, Tree, Value, judge

Record = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: leads like `when` go to people like `who`; no `who`: anybody in the pool."""

    name: str
    when: Tree
    who: Tree | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one version, in their order.

    `sources` may be given out at all; `capacity` is how many open leads one person may have at
    most, whatever a rule says. `fallback` is the person who gets what no rule gives away; ""
    leaves it in the pool, where the managers see it.
    """

    lines: tuple[Line, ...]
    sources: frozenset[str]
    capacity: int
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody who may get leads, as of the moment of the decision.

    `record` is what conditions may ask of them; `open` is how many open leads they have, and
    `waiting_since` when they got their last one.
    """

    id: str
    name: str
    record: Record
    open: int
    waiting_since: datetime
    away: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """One person in one rule: why not (a reason code, "" for eligible) and every comparison."""

    seller: Seller
    reason: str
    checked: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule: whether it fits the lead (None: not known), and whom it weighed."""

    line: Line
    fits: bool | None
    checked: tuple[Checked, ...]
    weighed: tuple[Weighed, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a lead: a reason code (requirements §6), the owner if any, and the trace."""

    code: str
    owner: Seller | None
    runner_up: Seller | None
    tried: tuple[Tried, ...]


def decide(lead: Record, rules: RuleSet, sellers: Sequence[Seller]) -> Decision:
    """The owner of a lead, or why there is none.

    The first rule that fits and has an eligible person decides. Among several the one with the
    fewest open leads is picked, then who has waited longest, then by id.
    """
    if lead.get("source") not in rules.sources:
        return Decision("source_not_whitelisted", None, None, ())
    tried: list[Tried] = []
    for line in rules.lines:
        fits, checked = judge(line.when, lead)
        if not fits:
            tried.append(Tried(line, fits, tuple(checked)))
            continue
        weighed = tuple(_weigh(seller, line, rules.capacity) for seller in sellers)
        tried.append(Tried(line, fits, tuple(checked), weighed))
        eligible = sorted((one.seller for one in weighed if not one.reason), key=_order)
        if eligible:
            second = eligible[1] if len(eligible) > 1 else None
            return Decision("assigned", eligible[0], second, tuple(tried))
    return _fall_back(tuple(tried), rules, sellers)


def _weigh(seller: Seller, line: Line, capacity: int) -> Weighed:
    holds, checked = (True, []) if line.who is None else judge(line.who, seller.record)
    reason = ""
    if seller.away:
        reason = "on_leave"
    elif holds is None:
        reason = "no_sample"
    elif not holds:
        reason = "candidate_fail"
    elif seller.open >= capacity:
        reason = "capacity_full"
    return Weighed(seller, reason, tuple(checked))


def _order(seller: Seller) -> tuple[int, datetime, str]:
    return seller.open, seller.waiting_since, seller.id


def _fall_back(tried: tuple[Tried, ...], rules: RuleSet, sellers: Sequence[Seller]) -> Decision:
    """No rule gave it away: the fallback's person if there is one, and why no rule did."""
    named = next((one for one in sellers if one.id == rules.fallback and not one.away), None)
    if named is not None:
        return Decision("fallback_used", named, None, tried)
    if any(one.fits for one in tried):
        return Decision("no_candidate", None, None, tried)
    if any(one.fits is None for one in tried):
        return Decision("condition_null", None, None, tried)
    return Decision("no_rule_matched", None, None, tried)
