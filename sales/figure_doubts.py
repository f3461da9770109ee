"""Whether a figure a rule takes from another system can be what it is taken for (B24).

The sheet says how many open items a colleague has; we count their open leads ourselves. The two
need not be alike: somebody may have work elsewhere, too. But who has more of one has more of the
other, or the heading is the wrong one: 今日打卡次数 instead of 当前待办数.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import StatisticsError, correlation

from engine.unit import Unit
from sales import figures, lead_sellers, people

SUSPECT = "field_mapping_suspect"
"""The reason code of requirements §6."""
ENOUGH, ALIKE = 5, 0.5
"""From so many colleagues on the two are correlated, and how much they have to be."""
NEAR, SHARE = 2, 2
"""Two counts are near each other within this many, or within one in so many."""
TOLD = 3
"""Colleagues a doubt names, those furthest apart."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The heading in doubt, what it `told`: (name, its value, our count), and a better heading."""

    title: str
    told: tuple[tuple[str, int, int], ...]
    better: str = ""

    def __str__(self) -> str:
        told = "，".join(f"{name} {said}（系统数到 {own}）" for name, said, own in self.told[:TOLD])
        words = f"待办取自「{self.title}」，和在手线索对不上：{told}。像是接错了字段（{SUSPECT}）"
        return f"{words}，「{self.better}」对得上" if self.better else words


def doubt(db: Unit, title: str) -> Doubt | None:
    """Why the figure may be the wrong one as things stand, and which other one fits."""
    own, said = lead_sellers.open_counts(db), figures.of(db, title)
    found = between(title, _pairs(said, own), people.names(db, said.keys()))
    if found is None:
        return None
    others = (one for one in figures.titles(db) if one != title)
    better = (one for one in others if fits(_pairs(figures.of(db, one), own)))
    return replace(found, better=next(better, ""))


def between(
    title: str, pairs: Mapping[str, tuple[int, int]], names: Mapping[str, str]
) -> Doubt | None:
    """Why {person: (said, counted)} are no counts of the same work; None if they may be."""
    if not pairs or fits(pairs):
        return None
    told = ((names[one], *pair) for one, pair in pairs.items())
    return Doubt(title, tuple(sorted(told, key=lambda it: (-abs(it[1] - it[2]), it[0]))))


def fits(pairs: Mapping[str, tuple[int, int]]) -> bool:
    """Whether {person: (said, counted)} may be two counts of the same work.

    Of many colleagues it is asked whether the two rise together; of few, or where all have the
    same, whether most are near each other. Of nobody nothing fits.
    """
    try:
        if len(pairs) >= ENOUGH:
            return correlation(*zip(*pairs.values(), strict=True)) >= ALIKE
    except StatisticsError:  # one of them is the same for everybody
        pass
    near = sum(abs(a - b) <= max(NEAR, max(a, b) // SHARE) for a, b in pairs.values())
    return near * 2 > len(pairs)


def _pairs(said: Mapping[str, int], own: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    return {one: (said[one], own[one]) for one in said.keys() & own.keys()}
