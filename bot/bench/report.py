"""What a benchmark found: a Markdown table, floors that hold or not, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


class BenchFailed(Exception):
    """The run says nothing: a request, a row or a server was lost; the text is for people."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A promise: `measured` is at least (or, with `most`, at most) `limit`, in `unit`."""

    what: str
    measured: float
    limit: float
    unit: str
    most: bool = False

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.measured <= self.limit if self.most else self.measured >= self.limit

    def words(self) -> str:
        """One line for people."""
        sign = "≤" if self.most else "≥"
        said = "通过" if self.holds else "没有通过"
        return f"{said}：{self.what} {self.measured:.3g} {self.unit}（要求 {sign} {self.limit:g}）"


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's findings; `facts` are the numbers behind the table."""

    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    facts: dict[str, Any]
    floors: Sequence[Floor] = ()
    notes: Sequence[str] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether every floor holds."""
        return all(floor.holds for floor in self.floors)

    def words(self) -> str:
        """The report as Markdown, to read and to keep in docs/performance.md."""
        table = [self.heading, ["---"] * len(self.heading), *self.rows]
        lines = [f"| {' | '.join(row)} |" for row in table]
        blocks = [lines, [f"- {floor.words()}" for floor in self.floors], self.notes]
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def as_json(self) -> dict[str, Any]:
        """The report for scripts."""
        floors = [
            {"what": f.what, "measured": f.measured, "limit": f.limit, "unit": f.unit,
             "at_most": f.most, "holds": f.holds}
            for f in self.floors
        ]  # fmt: skip
        return {**self.facts, "floors": floors, "notes": list(self.notes)}
