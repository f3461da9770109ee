"""What follows from conditions alone: that one can never hold, that one always comes with another.

A condition is written out as the conjunctions that make it true. Each of them asks fields one by
one, so whether it can hold is decided exactly, field by field. A condition that would need more
than `MOST` conjunctions is left alone: nothing is said of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from math import inf, prod
from typing import TypeAlias

from sales.conditions import Both, Either, Leaf, Not, Tree

MOST = 256
Conjunction: TypeAlias = tuple[Leaf, ...]
_OPPOSITE = {"=": "≠", "≠": "=", ">": "≤", "≤": ">", "<": "≥", "≥": "<"}


def ways(tree: Tree) -> list[Conjunction] | None:
    """The conjunctions one of which holds whenever the condition does; None beyond `MOST`."""
    match tree:
        case Leaf():
            return [(tree,)]
        case Not(part):
            return ways(_denied(part))
        case Either(parts):
            found = [ways(part) for part in parts]
            listed = [one for some in found if some is not None for one in some]
            return None if None in found or len(listed) > MOST else listed
        case Both(parts):
            each = [some for part in parts if (some := ways(part)) is not None]
            if len(each) < len(parts) or prod(map(len, each)) > MOST:
                return None
            return [tuple(leaf for part in chosen for leaf in part) for chosen in product(*each)]


def clash(tree: Tree) -> Conjunction:
    """Comparisons of one field that cannot hold together, so that the condition never does.

    Empty if it can hold, or nothing can be said.
    """
    found = ways(tree)
    clashes = [_clash(one) for one in found or ()]
    return clashes[0] if clashes and all(clashes) else ()


def covered(tree: Tree, by: Iterable[Tree]) -> bool:
    """Whether one of some conditions holds whenever `tree` does, for certain."""
    left = Both((tree, *(_not_true(one) for one in by)))
    found = ways(left)
    return found is not None and all(_clash(one) for one in found)


def _denied(tree: Tree) -> Tree:
    """What holds exactly when the condition is false; unknown stays unknown."""
    match tree:
        case Leaf():
            return Leaf(tree.field, _OPPOSITE[tree.op], tree.value)
        case Not(part):
            return part
        case Both(parts):
            return Either(tuple(map(_denied, parts)))
        case Either(parts):
            return Both(tuple(map(_denied, parts)))


def _not_true(tree: Tree) -> Tree:
    """What holds exactly when the condition is false or not known."""
    match tree:
        case Leaf():
            denied = _denied(tree)
            return denied if tree.value is None else Either((denied, Leaf(tree.field, "=", None)))
        case Not(part):
            return _not_true(_denied(part))
        case Both(parts):
            return Either(tuple(map(_not_true, parts)))
        case Either(parts):
            return Both(tuple(map(_not_true, parts)))


def _clash(conjunction: Conjunction) -> Conjunction:
    by_field: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in conjunction:
        by_field[leaf.field.name].append(leaf)
    return next((tuple(asked) for asked in by_field.values() if not _possible(asked)), ())


def _possible(asked: Sequence[Leaf]) -> bool:
    """Whether one value of a field, or its lack, meets all comparisons."""
    lacking = [leaf for leaf in asked if leaf.value is None and leaf.op == "="]
    if lacking:
        return len(lacking) == len(asked)
    named = {leaf.value for leaf in asked if leaf.op == "=" and leaf.value is not None}
    barred = {leaf.value for leaf in asked if leaf.op == "≠"}
    if len(named) > 1 or named & barred:
        return False
    if not asked[0].field.sort.numeric:
        return True
    low, high = _span(asked)
    inside = [value for value in named or barred if value is not None and low <= int(value) <= high]
    return bool(inside) if named else high - low + 1 > len(inside)


def _span(asked: Iterable[Leaf]) -> tuple[float, float]:
    """The lowest and the highest number that meet the comparisons; no number is negative."""
    low, high = 0.0, inf
    for leaf in asked:
        if leaf.value is None:
            continue
        value = int(leaf.value)
        low = max(low, {">": value + 1, "≥": value}.get(leaf.op, low))
        high = min(high, {"<": value - 1, "≤": value}.get(leaf.op, high))
    return low, high
