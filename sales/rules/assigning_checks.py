"""What is wrong with assignment rules that only the company's own data can tell (B24 to B26)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from engine.unit import Unit
from sales import condition_logic, figure_doubts, figures, lead_replay, lead_sellers, people
from sales.assigning import Record
from sales.condition_logic import Conjunction
from sales.conditions import judge, leaves
from sales.lead_sellers import LASTING
from sales.leads import LEAD
from sales.people import Role
from sales.rules.api import LATELY, Kind
from sales.rules.assigning import NAME, POOL, Assigning, lines, written
from sales.rules.literals import foreign, foreign_word

MOSTLY, ENOUGH = 50, 20
"""Of a hundred leads without a value, and how many leads say anything at all."""


def check(db: Unit, rule: Assigning) -> Iterator[str]:
    """Words that are in no dictionary, with the one that was probably meant (B25)."""
    for line in lines(rule.lines):
        for tree in (line.when, line.who):
            yield from foreign(db, tree, f"规则「{line.name}」")
    for word in rule.sources:
        yield from foreign_word(db, "source", word, "来源白名单")
    if rule.open_from and not figures.of(db, rule.open_from):
        known = "、".join(figures.titles(db)) or "还没有，先把同事指标表发给我"
        yield f"待办取自「{rule.open_from}」，但没有这个指标。有：{known}"
    if rule.fallback != POOL and people.one_named(db, rule.fallback, Role.REP) is None:
        yield f"兜底的「{rule.fallback}」不是在职的销售，或有同名的，请写另一位或「{POOL}」"


def warn(db: Unit, rule: Assigning) -> Iterator[str]:
    """Comparisons that say nothing of most leads of the last month, a field of something else."""
    if rule.open_from and (doubt := figure_doubts.doubt(db, rule.open_from)) is not None:
        yield str(doubt)
    yield from _nobody(db, rule)
    empty = _empty(db)
    for line in lines(rule.lines):
        for leaf in leaves(line.when):
            share = empty.get(leaf.field.name, 0)
            if leaf.value is not None and share >= MOSTLY:
                yield (
                    f"规则「{line.name}」的「{leaf}」对 {share}% 的线索无法判断："
                    f"最近 30 天进来的没有{leaf.field.title}。可以加一条 {leaf.field.title}=未知"
                )


def _nobody(db: Unit, rule: Assigning) -> Iterator[str]:
    """Rules none of those who sell today can ever be given a lead by (N4)."""
    people = lead_sellers.traits(db)
    for line in lines(rule.lines):
        ways = None if line.who is None else condition_logic.ways(line.who)
        if people and ways is not None and not any(_may_fit(one, ways) for one in people):
            yield (
                f"规则「{line.name}」现在没有一位销售符合「{written(line.who)}」，"
                "合适的线索会接着看后面的规则"
            )


def _may_fit(person: Record, ways: Sequence[Conjunction]) -> bool:
    """Whether somebody may fit, depending on the lead and the day at most."""
    lasting = ([leaf for leaf in way if leaf.field.name in LASTING] for way in ways)
    return any(all(judge(leaf, person)[0] for leaf in way) for way in lasting)


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
