"""How evenly leads go round: the most and the fewest somebody gets, and how uneven all is (N2)."""

from __future__ import annotations

from collections.abc import Mapping

MEANING = "基尼系数 0 是每人一样多，越近 1 越集中"


def gini(counts: list[int]) -> float:
    """The Gini coefficient: 0 when everybody has the same, near 1 when one has all.

    Of (3, 1) it is 0.25. Of nobody, or of nothing, it is 0.
    """
    total, people = sum(counts), len(counts)
    if not total:
        return 0.0
    ranked = sum(rank * count for rank, count in enumerate(sorted(counts), 1))
    return 2 * ranked / (people * total) - (people + 1) / people


def told(shares: Mapping[str, int]) -> str:
    """{name: leads} in words: "最多 张三 5 条，最少 李四 1 条，基尼系数 0.33"."""
    most, fewest = max(shares.values()), min(shares.values())
    even = f"基尼系数 {gini(list(shares.values())):.2f}"
    return f"最多 {_who(shares, most)}，最少 {_who(shares, fewest)}，{even}"


def _who(shares: Mapping[str, int], count: int) -> str:
    names = [name for name, has in shares.items() if has == count]
    return f"{names[0]} {count} 条" if len(names) == 1 else f"{len(names)} 位各 {count} 条"
