"""Who gets a lead, as the company writes it: rules in order, a limit, and a fallback (B11–B12).

A rule is one line, 教育中单：行业=教育 且 预算≤20万 → 成单率>65% 且 待办<8: its name, which
leads, and to whom they go. The lines are kept as they are written; `sales.conditions_read` is
their one grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from engine.documents import Name
from sales import condition_logic, conditions_read
from sales.assigning import Line, Record, RuleSet, Seller
from sales.conditions import Both, Field, Leaf, Misread, Tree, judge, leaves
from sales.rules.api import Item, Rule
from sales.rules.assigning_values import Amount, Number, Share, Word, YesNo
from sales.rules.lines import Lines, parts
from sales.rules.values import Count, Listed

LEAD_FIELDS = (
    Field("source", "来源", Word()), Field("industry", "行业", Word()),
    Field("region", "区域", Word()), Field("budget", "预算", Amount()),
)  # fmt: skip
SELLER_FIELDS = (
    Field("won", "成单率", Share()), Field("open", "待办", Number()),
    Field("region", "区域", Word()), Field("same_region", "同区域", YesNo()),
    Field("rank", "职级", Word()), Field("series", "序列", Word()),
    Field("product", "产品线", Word()),
)  # fmt: skip
"""What a condition may ask of a colleague; 成单率 is of the lead's industry, of 30 days."""
ALL, ANYBODY, POOL, OURS = "全部", "任何人", "公共池", "系统"
MOST_LINES, LONGEST_NAME = 30, 12
WHO = "区域=华东 且 待办<8"
EXAMPLE = "教育中单：行业=教育 且 预算≤20万 → 成单率>65% 且 待办<8；其余：全部 → 任何人"
_ARROW = re.compile(r"→|->")


NAME = Name("assign", "leads")
CASE = "行业=教育 且 预算=12万 → 教育中单"
NO_RULE, NOT_GIVEN = "兜底", "不分配"
"""What a case expects where no rule fits, and where the source is not on the list."""


@lru_cache(maxsize=256)
def lines(text: str) -> tuple[Line, ...]:
    """The rules somebody wrote, in their order.

    Raises:
        Misread: says which one cannot be understood, and why.
    """
    found = [_line(part) for part in parts(text)]
    names = [line.name for line in found]
    for name in names:
        if names.count(name) > 1:
            raise Misread(f"有两条都叫「{name}」")
    if not 1 <= len(found) <= MOST_LINES:
        raise Misread(f"要有 1 到 {MOST_LINES} 条，每条写成 {EXAMPLE.partition('；')[0]}")
    return tuple(found)


def _line(part: str) -> Line:
    name, colon, rest = part.partition(":")
    sides = _ARROW.split(rest)
    name = name.strip()
    if not colon or len(sides) != 2 or not 1 <= len(name) <= LONGEST_NAME:  # noqa: PLR2004  leads → people
        raise Misread(f"「{part.strip()[:20]}」要写成 名称：哪些线索 → 给谁")
    when, who = (side.strip() for side in sides)
    try:
        leads = Both(()) if when == ALL else conditions_read.read(when, LEAD_FIELDS)
        people = None if who == ANYBODY else conditions_read.read(who, SELLER_FIELDS, like=WHO)
    except Misread as why:
        raise Misread(f"「{name}」：{why}") from why
    return Line(name, leads, people)


def gives(text: str, sources: Sequence[str], lead: Record) -> str:
    """The name of the first rule that fits a lead, whoever there may be to give it to."""
    if lead.get("source") not in sources:
        return NOT_GIVEN
    fitting = (line.name for line in lines(text) if judge(line.when, lead)[0])
    return next(fitting, NO_RULE)


def written(tree: Tree | None) -> str:
    """A side of a rule as it is typed."""
    if tree is None:
        return ANYBODY
    return str(tree) or ALL


def _in_words(line: Line) -> str:
    return f"{line.name}：{written(line.when)} → {written(line.who)}"


def _unreached(found: Sequence[Line]) -> Iterator[str]:
    """Rules that can never give a lead away, and why (N4)."""
    anybodys: list[Line] = []
    for line in found:
        if impossible := condition_logic.clash(line.when):
            yield f"：「{line.name}」永远轮不到，{clashing(impossible)}"
        elif line.who is not None and (impossible := condition_logic.clash(line.who)):
            yield f"：「{line.name}」永远没有人合适，{clashing(impossible)}"
        elif condition_logic.covered(line.when, (one.when for one in anybodys)):
            yield f"：「{line.name}」永远轮不到，因为{_takers(line, anybodys)}"
        elif line.who is None:
            anybodys.append(line)


def clashing(leaves: Sequence[Leaf]) -> str:
    """Why a condition never holds, in words."""
    return f"因为「{' 且 '.join(map(str, leaves))}」不可能成立"


def _takers(line: Line, anybodys: Sequence[Line]) -> str:
    """Which rules before it have taken whatever a rule would take."""
    for one in anybodys:
        if not str(one.when):
            return f"「{one.name}」已经收下全部"
        if condition_logic.covered(line.when, [one.when]):
            return f"「{one.name}」已经收下这样的线索"
    return "前面的规则加起来已经收下这样的线索"


RULES = Lines(EXAMPLE, 2000, lines, _in_words, odd=_unreached)
"""The rules, typed one behind the other; one that is never reached is said."""


@dataclass(frozen=True, slots=True)
class Named:
    """A colleague by name, or the pool."""

    longest = 20

    @property
    def example(self) -> str:
        """How it is typed."""
        return POOL

    def read(self, words: str) -> str:
        """A name."""
        return words.strip()

    def words(self, value: str) -> str:
        """The name."""
        return value or "没有写"

    def faults(self, value: str) -> Iterator[str]:
        """Nothing: then a lead no rule fits would be stuck (B27)."""
        if not 1 <= len(value) <= self.longest:
            yield f"必须写：没有规则合适的线索交给谁，写一位同事的姓名或「{POOL}」"


@dataclass(frozen=True, slots=True)
class Counted:
    """Who counts something: we, or the heading of a sheet another system writes."""

    longest = 20

    @property
    def example(self) -> str:
        """How it is typed."""
        return OURS

    def read(self, words: str) -> str:
        """A heading; "" for our own count."""
        return "" if words.strip() == OURS else words.strip()

    def words(self, value: str) -> str:
        """The heading, or ours."""
        return value or OURS

    def faults(self, value: str) -> Iterator[str]:
        """Longer than any heading."""
        if len(value) > self.longest:
            yield f"最多 {self.longest} 个字"


@dataclass(frozen=True, slots=True)
class Case:
    """A lead somebody thought of, and the rule that has to give it out."""

    lead: Record
    expected: str
    words: str


@lru_cache(maxsize=64)
def cases(text: str) -> tuple[Case, ...]:
    """The cases somebody wrote (N8).

    Raises:
        Misread: says which one cannot be understood, and why.
    """
    found = tuple(_case(part) for part in parts(text))
    if len(found) > MOST_LINES:
        raise Misread(f"最多 {MOST_LINES} 个")
    return found


def _case(part: str) -> Case:
    sides = _ARROW.split(part)
    if len(sides) != 2:  # noqa: PLR2004  lead → rule
        raise Misread(f"「{part[:20]}」要写成 {CASE}")
    told = conditions_read.read(sides[0].strip(), LEAD_FIELDS)
    parts = told.parts if isinstance(told, Both) else (told,)
    if not all(isinstance(part, Leaf) and part.op == "=" for part in parts):
        raise Misread(f"「{part[:20]}」说的是一条线索，只能用 = 和 且，如 {CASE}")
    lead = {leaf.field.name: leaf.value for leaf in leaves(told)}
    return Case(lead, sides[1].strip(), f"{told} → {sides[1].strip()}")


CASES = Lines(CASE, 2000, cases, lambda case: case.words, optional=True)
"""What has to be true of every version, typed one behind the other."""


_GIVEN_OUT = [
    "官网表单", "展会扫码", "电话呼入", "白皮书下载", "转介绍", "转发", "表格导入", "自拓",
]  # fmt: skip


class Assigning(Rule):
    """The rules leads are given out by."""

    lines: Annotated[str, Item("规则", "哪些线索给谁，从上往下看，第一条合适的算数", RULES)] = (
        "本区域：区域≠未知 → 同区域=是；其余：全部 → 任何人"
    )
    sources: Annotated[
        list[str],
        Item(
            "来源白名单",
            "哪些来源的线索自动分配",
            Listed("官网表单、展会扫码", "否则什么线索都分不出去"),
        ),
    ] = _GIVEN_OUT
    capacity: Annotated[
        int, Item("在手上限", "一个人手上最多多少条，到了就不再分给他",
                  Count("条", 1, 1000, "不想分给谁，请写进规则"))
    ] = 50  # fmt: skip
    fallback: Annotated[
        str, Item("兜底", "没有规则合适时交给谁，写一位销售或公共池", Named())
    ] = POOL  # fmt: skip

    open_from: Annotated[
        str, Item("待办取自", "规则里的待办：系统数的在手线索，或同事指标表里的一列", Counted())
    ] = ""  # fmt: skip
    cases: Annotated[
        str, Item("用例", "哪样的线索该由哪条规则分，发布前都试一遍；不要就写 没有", CASES)
    ] = ""  # fmt: skip

    def faults(self) -> Iterator[str]:
        """Cases that would go another way than somebody wants them to (N8)."""
        for case in cases(self.cases):
            lead = {"source": next(iter(self.sources), None), **case.lead}
            if (given := gives(self.lines, self.sources, lead)) != case.expected:
                yield f"用例「{case.words}」：现在是「{given}」"

    def rule_set(self, people: Sequence[Seller]) -> RuleSet:
        """The rules ready to decide by; `people` are those who may get leads.

        A fallback who is not among them any more, or one of two with the same name, leaves the
        lead in the pool.
        """
        named = [one.id for one in people if one.name == self.fallback]
        return RuleSet(
            lines(self.lines), frozenset(self.sources), self.capacity,
            named[0] if len(named) == 1 else "",
        )  # fmt: skip
