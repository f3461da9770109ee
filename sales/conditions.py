"""Conditions as people write them: 行业=教育 且 (区域=华东 或 区域=华南) 且 非 职级=实习.

One text is typed, stored, read back and explained; there is no second form of a rule. What a
record does not know is neither true nor false: `且`, `或` and `非` follow Kleene's three-valued
logic, so that "预算>5万" of a lead without a budget is *not known*, never silently false (B26).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Value: TypeAlias = str | int
"""A term, or a number in the field's unit."""
UNKNOWN = "未知"
"""The literal that asks for what nobody knows: 预算=未知."""
OPERATORS = ("≥", "≤", "≠", ">", "<", "=")


class Sort(Protocol):
    """How the values of a field are written."""

    numeric: bool

    def read(self, words: str) -> Value:
        """The value `words` stand for; raises `Misread` when they are none."""

    def words(self, value: Value) -> str:
        """The value as it is written."""


class Misread(ValueError):
    """What is wrong with a condition, in words for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something a condition may ask: its name in records, its title in texts, its values."""

    name: str
    title: str
    sort: Sort


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison; `value` None asks whether the field is unknown."""

    field: Field
    op: str
    value: Value | None

    def __str__(self) -> str:
        written = UNKNOWN if self.value is None else self.field.sort.words(self.value)
        return f"{self.field.title}{self.op}{written}"


@dataclass(frozen=True, slots=True)
class Both:
    """All parts hold."""

    parts: tuple[Tree, ...]

    def __str__(self) -> str:
        return " 且 ".join(f"({p})" if isinstance(p, Either) else str(p) for p in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple[Tree, ...]

    def __str__(self) -> str:
        return " 或 ".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Tree

    def __str__(self) -> str:
        return f"非 {self.part}" if isinstance(self.part, Leaf | Not) else f"非 ({self.part})"


Tree: TypeAlias = Leaf | Both | Either | Not


@dataclass(frozen=True, slots=True)
class Checked:
    """One comparison with the value it met; `holds` None: the value is not known."""

    leaf: Leaf
    met: Value | None
    holds: bool | None


def leaves(tree: Tree) -> Iterator[Leaf]:
    """The comparisons of a condition, from left to right."""
    match tree:
        case Leaf():
            yield tree
        case Not(part):
            yield from leaves(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from leaves(part)


def judge(tree: Tree, record: Mapping[str, Value | None]) -> tuple[bool | None, list[Checked]]:
    """Whether a record fulfils a condition, and every comparison that led there.

    None: not known, because a value that matters is not known.
    """
    checked: list[Checked] = []
    return _judge(tree, record, checked), checked


def _judge(
    tree: Tree, record: Mapping[str, Value | None], checked: list[Checked]
) -> bool | None:  # fmt: skip
    match tree:
        case Leaf():
            met = record.get(tree.field.name)
            holds = _compare(tree, met)
            checked.append(Checked(tree, met, holds))
            return holds
        case Not(part):
            inner = _judge(part, record, checked)
            return None if inner is None else not inner
        case Both(parts):
            found = [_judge(part, record, checked) for part in parts]
            return False if False in found else None if None in found else True
        case Either(parts):
            found = [_judge(part, record, checked) for part in parts]
            return True if True in found else None if None in found else False


def _compare(leaf: Leaf, met: Value | None) -> bool | None:
    if leaf.value is None:
        return (met is None) == (leaf.op == "=")
    if met is None:
        return None
    match leaf.op:
        case "=":
            return met == leaf.value
        case "≠":
            return met != leaf.value
    return _ordered(leaf.op, int(met), int(leaf.value))


def _ordered(op: str, met: int, wanted: int) -> bool:
    match op:
        case ">":
            return met > wanted
        case "≥":
            return met >= wanted
        case "<":
            return met < wanted
        case _:
            return met <= wanted
