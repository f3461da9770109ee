"""How far somebody's right over customers reaches, as a value that statements take.

Whoever writes asks for it with every message. The shape of a reach says which SQL it is, and
there are a handful of shapes; the people it is about are values of the statement. So one
statement serves everybody and is compiled once.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    or_,
    select,
    true,
)

from engine.model import table
from sales.people import PERSON, Person, Role


class Scope(StrEnum):
    """How far a right reaches: one's own, the team's, everybody's below, or the company's."""

    SELF = "self"
    DEPT = "dept"
    SUBTREE = "subtree"
    ALL = "all"


class Within(NamedTuple):
    """What one person's grant reaches; `manager` is whom a team (`Scope.DEPT`) has in common."""

    scope: Scope
    who: str
    manager: str = ""


Shape: TypeAlias = tuple[Scope, ...]
"""The scopes of a reach, from which its SQL follows; nothing is reached by none."""
SHAPES = 64
"""Statements kept per question; a person's own grant and those they stand in for make one."""


class Reach(NamedTuple):
    """What somebody's grants reach together; `people` are values for `condition`, by name."""

    shape: Shape
    people: Mapping[str, str]

    def over(self, owner: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition with the people in it, for a Core expression that runs rarely."""
        return condition(self.shape, owner, self.people)


_MEMBER = table(Person).alias("member")
EVERYTHING = Reach((Scope.ALL,), {})
"""Of whoever may see every customer."""


def of(held: tuple[Within, ...]) -> Reach:
    """What these grants reach together."""
    shape = tuple([one.scope for one in held])
    if Scope.ALL in shape:
        return EVERYTHING
    people = {}
    for i, (_, who, manager) in enumerate(held):
        people[f"who{i}"] = who
        people[f"manager{i}"] = manager
    return Reach(shape, people)


def condition(
    shape: Shape, owner: ColumnElement[Any], people: Mapping[str, str] = MappingProxyType({}),
    *, few: bool = False,
) -> ColumnElement[bool]:  # fmt: skip
    """Whether a row lies within a reach of this shape, by the column of whose it is.

    A team is the reps who share a manager (A28: "own+team customers"), and who reports to them.
    Without `people` they are values that come with each run. `few`: the rows are found by a key
    of their own, so the owner of each is looked up instead of making a list of the team.
    """
    reaches = [_within(scope, f"{i}", owner, people, few=few) for i, scope in enumerate(shape)]
    return reaches[0] if len(reaches) == 1 else or_(false(), *reaches)


def _within(
    scope: Scope, i: str, owner: ColumnElement[Any], people: Mapping[str, str], *, few: bool
) -> ColumnElement[bool]:  # fmt: skip
    who, manager = (_bound(name + i, people) for name in ("who", "manager"))
    mine = owner == who
    match scope:
        case Scope.ALL:
            return true()
        case Scope.SUBTREE:
            return or_(mine, owner.in_(below(who)))
        case Scope.DEPT:
            one = _MEMBER.c
            beside = and_(one.manager_id == manager, one.role == Role.REP.value)
            team = select(one.id).where(or_(one.manager_id == who, beside))
            if few:
                return or_(mine, team.where(one.id == owner).correlate_except(_MEMBER).exists())
            return or_(mine, owner.in_(team))
    return mine


def _bound(name: str, people: Mapping[str, str]) -> BindParameter[str]:
    return bindparam(name, people[name]) if people else bindparam(name)


def below(who: BindParameter[str] | str) -> Select[tuple[str]]:
    """Everybody who reports to a person, directly or through others."""
    below = select(PERSON.id).where(PERSON.manager_id == who).cte(recursive=True)
    reports = select(PERSON.id).join(below, PERSON.manager_id == below.c.id)
    return select(below.union(reports).c.id)
