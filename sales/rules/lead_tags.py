"""More tags of leads, by conditions: 高潜：行业=教育 且 预算>20万 (B10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated

from sqlalchemy import select

from engine.documents import Name
from engine.unit import Unit
from sales import condition_logic, conditions_read
from sales.assigning import Record
from sales.conditions import Misread, Tree, judge
from sales.leads import LEAD
from sales.rules.api import LATELY, Item, Kind, Rule, Trial
from sales.rules.assigning import LEAD_FIELDS, LONGEST_NAME, clashing
from sales.rules.lines import Lines, parts
from sales.rules.literals import foreign

MOST = 20
EXAMPLE = "高潜：行业=教育 且 预算>20万；大单：预算≥50万"


@lru_cache(maxsize=64)
def lines(text: str) -> tuple[tuple[str, Tree], ...]:
    """The tags somebody wrote, each with its condition.

    Raises:
        Misread: says which one cannot be understood, and why.
    """
    found = tuple(map(_line, parts(text)))
    names = [name for name, _ in found]
    if len(found) > MOST or len(set(names)) < len(names):
        raise Misread(f"最多 {MOST} 个标签，每个写一条")
    return found


def _line(part: str) -> tuple[str, Tree]:
    name, colon, rest = part.partition(":")
    name = name.strip()
    if not colon or not 1 <= len(name) <= LONGEST_NAME or "、" in name:
        raise Misread(f"「{part[:20]}」要写成 标签：条件，如 {EXAMPLE.partition('；')[0]}")
    return name, conditions_read.read(rest.strip(), LEAD_FIELDS)


def _never(found: Sequence[tuple[str, Tree]]) -> Iterator[str]:
    """Tags no lead can ever have (N4)."""
    for name, tree in found:
        if impossible := condition_logic.clash(tree):
            yield f"：「{name}」永远贴不上，{clashing(impossible)}"


TAGS = Lines(EXAMPLE, 1000, lines, lambda tag: f"{tag[0]}：{tag[1]}", optional=True, odd=_never)
"""The tags, typed one behind the other."""


class LeadTags(Rule):
    """What leads are tagged with, beside source, industry, region and budget."""

    lines: Annotated[str, Item("标签", "什么样的线索贴什么标签，不要就写 没有", TAGS)] = (
        "高潜：预算>20万"
    )

    def of(self, lead: Record) -> list[str]:
        """The tags of one lead; what is not known earns none."""
        return [name for name, tree in lines(self.lines) if judge(tree, lead)[0]]


def check(db: Unit, rule: LeadTags) -> Iterator[str]:
    """Words that are in no dictionary (B25)."""
    for name, tree in lines(rule.lines):
        yield from foreign(db, tree, f"标签「{name}」")


def trial(trial: Trial, before: LeadTags, after: LeadTags) -> list[str]:
    """How many leads of the last month would have each tag."""
    rows = trial.db.execute(
        select(LEAD.source, LEAD.industry, LEAD.region, LEAD.budget_fen.label("budget")).where(
            LEAD.created_at > trial.now - LATELY
        )
    ).mappings()
    leads = [dict(row) for row in rows]
    was, would = (
        Counter(tag for lead in leads for tag in rule.of(lead)) for rule in (before, after)
    )
    told = [f"{name} {would[name]} 条，现在 {was[name]} 条" for name, _ in lines(after.lines)]
    return [f"过去 30 天进来 {len(leads)} 条线索，其中：", *told] if told else ["没有标签"]


LEAD_TAGS = Kind(
    Name("tags", "leads"), "线索标签", "线索除了来源、行业、区域、预算，还贴什么标签",
    "从生效后进来或补充过的线索算起", LeadTags, trial, check,
)  # fmt: skip
