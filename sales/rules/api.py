"""The vocabulary of rules: a closed model whose items say what they are, in one place.

A rule is a document of `engine.documents`. Its items carry their unit in their name, a Chinese
title and one line of meaning, and a default, so that a body written before an item existed is
still complete. What is wrong with a body is said in words before it is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.calendar import Calendar
from engine.documents import Name
from engine.unit import Unit
from sales.conditions import Misread
from sales.rules.values import Value


class Rule(BaseModel):
    """The body of one version: closed, frozen, every item with a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """A stored body, as written by this version of the product or another one.

        An item this version does not know is left out; one the body lacks, or holds in a form
        of another version, has its default.
        """
        known = {name: value for name, value in body.items() if name in cls.model_fields}
        try:
            return cls.model_validate(known)
        except ValidationError as wrong:
            odd = {error["loc"][0] for error in wrong.errors()}
            return cls.model_validate({k: v for k, v in known.items() if k not in odd})

    def faults(self) -> Iterator[str]:
        """What is wrong between items that are each right by themselves, in words."""
        yield from ()


def _as_far_as_read(faults: Iterable[str]) -> list[str]:
    """All faults, or those found before something nobody can read, which is a fault of its item."""
    found: list[str] = []
    with suppress(Misread):
        found.extend(faults)
    return found


R = TypeVar("R", bound=Rule)
LATELY = timedelta(days=30)
"""What a dry run looks back on."""


@dataclass(frozen=True, slots=True)
class Item:
    """What an item is: its title, its meaning, and its sort of value."""

    title: str
    meaning: str
    value: Value


@dataclass(frozen=True, slots=True)
class Trial:
    """What a dry run may look at."""

    db: Unit
    now: datetime
    calendar: Calendar


@dataclass(frozen=True)
class Kind(Generic[R]):
    """One rule of the product.

    `meaning` is what it decides, `begins` from when on a change is felt. `trial` says what
    would have been different lately with the second body instead of the first; `check` says
    what is wrong that only the company's data can tell, `warn` what is allowed and perhaps not
    meant.
    """

    name: Name
    title: str
    meaning: str
    begins: str
    model: type[R]
    trial: Callable[[Trial, R, R], Sequence[str]] | None = None
    check: Callable[[Unit, R], Iterable[str]] | None = None
    warn: Callable[[Unit, R], Iterable[str]] | None = None

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """The items by name, in their order."""
        return {
            name: next(one for one in field.metadata if isinstance(one, Item))
            for name, field in self.model.model_fields.items()
        }

    @property
    def defaults(self) -> dict[str, Any]:
        """The body the product comes with."""
        return self.model().model_dump()

    def read(self, body: Mapping[str, Any]) -> R:
        """A stored body: `Rule.read`."""
        return self.model.read(body)

    def faults(self, body: Mapping[str, Any]) -> list[str]:
        """Why a body cannot be published, in words; empty if it can."""
        try:
            rule = self.model.model_validate(body)
        except ValidationError as wrong:
            return [self._misfit(error["loc"][0]) for error in wrong.errors()]
        alone = [
            f"{item.title}{fault}"
            for name, item in self.items.items()
            for fault in item.value.faults(body.get(name, getattr(rule, name)))
        ]
        return alone + _as_far_as_read(rule.faults())

    def faults_here(self, db: Unit, body: Mapping[str, Any]) -> list[str]:
        """`faults`, and those that show only beside the other documents of this database."""
        found = self.faults(body)
        return (
            found
            if self.check is None
            else found + _as_far_as_read(self.check(db, self.read(body)))
        )

    def warnings(self, db: Unit, body: Mapping[str, Any]) -> list[str]:
        """What may be published and is perhaps not meant."""
        return [] if self.warn is None else list(self.warn(db, self.read(body)))

    def _misfit(self, name: object) -> str:
        item = self.items.get(str(name))
        if item is None:
            return (
                f"没有「{name}」这一项，有：{'、'.join(one.title for one in self.items.values())}"
            )
        return f"{item.title}的值不对，要写 {item.value.example}"
