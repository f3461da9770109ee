"""What is wrong with assignment rules that only the company's own data can tell (B25, B26)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from engine import documents
from engine.unit import Unit
from sales import dictionary, lead_replay, people
from sales.conditions import leaves
from sales.lead_replay import LATELY
from sales.leads import LEAD
from sales.people import Role
from sales.rules.api import Kind
from sales.rules.assigning import NAME, POOL, Assigning, lines
from sales.rules.terms import INDUSTRIES, REGIONS, SOURCES

WORDED: Mapping[str, Kind[Any]] = {"source": SOURCES, "industry": INDUSTRIES, "region": REGIONS}
"""The dictionaries whose words alone may stand in a condition."""
MOSTLY, ENOUGH = 50, 20
"""Of a hundred leads without a value, and how many leads say anything at all."""


def check(db: Unit, rule: Assigning) -> Iterator[str]:
    """Words that are in no dictionary, with the one that was probably meant (B25)."""
    for line in lines(rule.lines):
        for tree in (line.when, line.who):
            for leaf in leaves(tree) if tree is not None else ():
                if leaf.field.name in WORDED and leaf.value is not None:
                    yield from _foreign(
                        db, leaf.field.name, str(leaf.value), f"规则「{line.name}」"
                    )
    for word in rule.sources:
        yield from _foreign(db, "source", word, "来源白名单")
    if rule.fallback != POOL and people.one_named(db, rule.fallback, Role.REP) is None:
        yield f"兜底的「{rule.fallback}」不是在职的销售，或有同名的，请写另一位或「{POOL}」"


def _foreign(db: Unit, field: str, word: str, where: str) -> Iterator[str]:
    kind = WORDED[field]
    published = documents.published(db, kind.name)
    terms = kind.read(published[0].body if published else {}).terms
    if word in terms:
        return
    match = dictionary.of(terms).match(word)
    perhaps = f"，是否为「{match.term}」？" if match else f"，有：{'、'.join(terms)}"
    yield f"{where}里的「{word}」，{kind.title}里没有这个词{perhaps}"


def warn(db: Unit, rule: Assigning) -> Iterator[str]:
    """Comparisons that say nothing of most leads of the last month (B26)."""
    empty = _empty(db)
    for line in lines(rule.lines):
        for leaf in leaves(line.when):
            share = empty.get(leaf.field.name, 0)
            if leaf.value is not None and share >= MOSTLY:
                yield (
                    f"规则「{line.name}」的「{leaf}」对 {share}% 的线索无法判断："
                    f"最近 30 天进来的没有{leaf.field.title}。可以加一条 {leaf.field.title}=未知"
                )


def _empty(db: Unit) -> dict[str, int]:
    """{field: how many of a hundred leads do not have it}, of the month before the newest lead."""
    newest = db.execute(select(func.max(LEAD.created_at))).scalar()
    if newest is None:
        return {}
    known = (func.count(LEAD.industry), func.count(LEAD.region), func.count(LEAD.budget_fen))
    total, *filled = db.execute(
        select(func.count(), *known).where(LEAD.created_at > newest - LATELY)
    ).one()
    if total < ENOUGH:
        return {}
    return {
        name: (total - there) * 100 // total
        for name, there in zip(("industry", "region", "budget"), filled, strict=True)
    }


ASSIGNING = Kind(
    NAME, "分配规则", "新线索自动分给谁",
    "从生效后进来的线索算起，已分配的不变", Assigning, lead_replay.trial, check, warn,
)  # fmt: skip
