"""Who gets a lead, as the company writes it: rules in order, a limit, and a fallback (B11–B12).

A rule is one line, 教育中单：行业=教育 且 预算≤20万 → 成单率>65% 且 待办<8: its name, which
leads, and to whom they go. The lines are kept as they are written; `sales.conditions_read` is
their one grammar.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from engine import documents
from engine.documents import Name
from engine.unit import Unit
from sales import conditions_read, dictionary, people
from sales.assigning import Line, RuleSet, Seller
from sales.conditions import Both, Field, Misread, Tree, leaves
from sales.people import Role
from sales.rules.api import Item, Kind, Rule
from sales.rules.assigning_values import Amount, Number, Share, Word, YesNo
from sales.rules.terms import INDUSTRIES, REGIONS, SOURCES
from sales.rules.values import Count, Unreadable

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
WORDED: Mapping[str, Kind[Any]] = {"source": SOURCES, "industry": INDUSTRIES, "region": REGIONS}
"""The dictionaries whose words alone may stand in a condition."""
ALL, ANYBODY, POOL = "全部", "任何人", "公共池"
MOST_LINES, LONGEST_NAME = 30, 12
EXAMPLE = "教育中单：行业=教育 且 预算≤20万 → 成单率>65% 且 待办<8；其余：全部 → 任何人"
_BETWEEN, _ARROW = re.compile(r"[;；\n]"), re.compile(r"→|->")


@lru_cache(maxsize=256)
def lines(text: str) -> tuple[Line, ...]:
    """The rules somebody wrote, in their order.

    Raises:
        Misread: says which one cannot be understood, and why.
    """
    plain = unicodedata.normalize("NFKC", text)
    found = [_line(part) for part in _BETWEEN.split(plain) if part.strip()]
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
        people = None if who == ANYBODY else conditions_read.read(who, SELLER_FIELDS)
    except Misread as why:
        raise Misread(f"「{name}」：{why}") from why
    return Line(name, leads, people)


def written(tree: Tree | None) -> str:
    """A side of a rule as it is typed."""
    if tree is None:
        return ANYBODY
    return str(tree) or ALL


@dataclass(frozen=True, slots=True)
class Lines:
    """The rules, typed one behind the other."""

    longest = 2000

    @property
    def example(self) -> str:
        """How rules are typed."""
        return EXAMPLE

    def read(self, words: str) -> str:
        """The rules in their one form."""
        try:
            found = lines(words)
        except Misread as why:
            raise Unreadable(str(why)) from why
        return "；".join(f"{one.name}：{written(one.when)} → {written(one.who)}" for one in found)

    def words(self, value: str) -> str:
        """The rules as they are typed."""
        return value

    def faults(self, value: str) -> Iterator[str]:
        """A rule nobody can read, or one that is never reached."""
        try:
            found = lines(value)
        except Misread as why:
            yield f"：{why}"
            return
        for place, line in enumerate(found[:-1]):
            if not str(line.when) and line.who is None:
                yield f"：「{found[place + 1].name}」永远轮不到，因为「{line.name}」已经收下全部"


@dataclass(frozen=True, slots=True)
class Listed:
    """Words of the house, typed apart by 、."""

    longest = 400

    @property
    def example(self) -> str:
        """How they are typed."""
        return "官网表单、展会扫码"

    def read(self, words: str) -> list[str]:
        """Every word once."""
        found = [word for word in re.split(r"[、,，;；\s]+", words.strip()) if word]
        if not found:
            raise Unreadable(f"要写成 {self.example}")
        return list(dict.fromkeys(found))

    def words(self, value: list[str]) -> str:
        """The words as they are typed."""
        return "、".join(value)

    def faults(self, value: list[str]) -> Iterator[str]:
        """None at all."""
        if not value:
            yield "不能为空，否则什么线索都分不出去"


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


_GIVEN_OUT = [
    "官网表单", "展会扫码", "电话呼入", "白皮书下载", "转介绍", "转发", "表格导入", "自拓",
]  # fmt: skip


class Assigning(Rule):
    """The rules leads are given out by."""

    lines: Annotated[str, Item("规则", "哪些线索给谁，从上往下看，第一条合适的算数", Lines())] = (
        "本区域：区域≠未知 → 同区域=是；其余：全部 → 任何人"
    )
    sources: Annotated[list[str], Item("来源白名单", "哪些来源的线索自动分配", Listed())] = (
        _GIVEN_OUT
    )
    capacity: Annotated[
        int, Item("在手上限", "一个人手上最多多少条，到了就不再分给他",
                  Count("条", 1, 1000, "不想分给谁，请写进规则"))
    ] = 50  # fmt: skip
    fallback: Annotated[
        str, Item("兜底", "没有规则合适时交给谁，写一位销售或公共池", Named())
    ] = POOL  # fmt: skip

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


ASSIGNING = Kind(
    Name("assign", "leads"), "分配规则", "新线索自动分给谁",
    "从生效后进来的线索算起，已分配的不变", Assigning, check=check,
)  # fmt: skip
