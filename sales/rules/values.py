"""How an item of a rule is written by a person, read by one, and what it may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from engine.masking import holds_number

HOUR = 60
HOURS, HOURS_A_DAY = "小时", 24
TYPED = 20
"""Characters of a number with its unit."""
_NUMBER = re.compile(r"(\d{1,6})\s*(\D*)")
_SPAN = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)\s*(个?(?:工作)?小时|h|分钟|分|min|)", re.IGNORECASE)
_PLACE = re.compile(r"\{([^{}]*)\}")
_APART = re.compile(r"[、,，;；\s]+")
NONE = "没有"


class Unreadable(ValueError):
    """What was typed is not such a value; the text says what one looks like."""


class Value(Protocol):
    """A sort of value."""

    @property
    def example(self) -> str:
        """How one is typed."""

    @property
    def longest(self) -> int:
        """Characters a form lets one type."""

    def read(self, words: str) -> Any:
        """The value a person typed; raises Unreadable."""

    def words(self, value: Any) -> str:
        """The value as a person reads it."""

    def faults(self, value: Any) -> Iterator[str]:
        """Why it cannot be this value, without naming the item: "最少 3 天，因为 …"."""


@runtime_checkable
class Amended(Value, Protocol):
    """A sort of value that can also be typed as what changes of it."""

    @property
    def amending(self) -> str:
        """How a change is typed."""

    def amend(self, words: str, present: Any) -> Any | None:
        """The value after the change `words` say; None if they say a whole value."""

    def apart(self, before: Any, after: Any) -> tuple[str, str]:
        """What of two values differs, in words."""


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number of something, `least` to `most`; `because` and `so` say why no other."""

    unit: str
    least: int
    most: int
    because: str
    so: str = ""
    longest = TYPED

    @property
    def example(self) -> str:
        """How one is typed: "30"."""
        return str(self.least)

    def read(self, words: str) -> int:
        """A number, with its unit or without; days where hours are counted: 3天 is 72."""
        found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", words).strip())
        if found is not None and self.unit == HOURS and found[2].strip() == "天":
            return int(found[1]) * HOURS_A_DAY
        if found is None or found[2].strip() not in {"", self.unit, f"个{self.unit}"}:
            raise Unreadable(f"要写一个整数（单位 {self.unit}），如 {self.example}")
        return int(found[1])

    def words(self, value: int) -> str:
        """A number with its unit: "30 条"."""
        return f"{value} {self.unit}"

    def faults(self, value: int) -> Iterator[str]:
        """Too few or too many."""
        if value < self.least:
            yield f"最少 {self.words(self.least)}：{self.because}"
        if value > self.most:
            yield f"最多 {self.words(self.most)}" + (f"：{self.so}" if self.so else "")


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A span of working time in minutes, `least` to `most`."""

    least: int
    most: int
    longest = TYPED

    @property
    def example(self) -> str:
        """How one is typed."""
        return "2 小时"

    def read(self, words: str) -> int:
        """Hours unless minutes are said: "2", "1.5小时", "90 分钟"."""
        found = _SPAN.fullmatch(unicodedata.normalize("NFKC", words).strip())
        if found is None:
            raise Unreadable("要写工作时间，如 2 小时、1.5 小时、90 分钟")
        minutes = found[2].lower() in {"分钟", "分", "min"}
        span = Decimal(found[1]) * (1 if minutes else HOUR)
        if span != int(span):
            raise Unreadable("精确到分钟就够了，如 90 分钟")
        return int(span)

    def words(self, value: int) -> str:
        """Hours where they come out even: "2 小时", "1.5 小时", "50 分钟"."""
        hours = (Decimal(value) / HOUR).normalize()
        short = value >= HOUR and value * 2 % HOUR == 0
        return f"{hours:f} 小时" if short else f"{value} 分钟"

    def faults(self, value: int) -> Iterator[str]:
        """Too short or too long."""
        if not self.least <= value <= self.most:
            yield f"要在 {self.words(self.least)} 到 {self.words(self.most)} 之间"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few named ways; `words_of` gives each stored value its name."""

    words_of: Mapping[str, str]
    longest = TYPED

    @property
    def example(self) -> str:
        """How one is typed: the first of them."""
        return next(iter(self.words_of.values()))

    def read(self, words: str) -> str:
        """The way of this name."""
        found = [stored for stored, name in self.words_of.items() if name == words.strip()]
        if not found:
            raise Unreadable(f"只能写：{self._names}")
        return found[0]

    def words(self, value: str) -> str:
        """Its name."""
        return self.words_of.get(value, value)

    def faults(self, value: str) -> Iterator[str]:
        """Not one of them."""
        if value not in self.words_of:
            yield f"只能是：{self._names}"

    @property
    def _names(self) -> str:
        return "、".join(self.words_of.values())


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence people are told; `places` are its placeholders, each with a sample.

    All of them have to be there, and nothing else in braces: a sentence is filled in, never
    run (attacks D21).
    """

    most: int
    places: Mapping[str, str]
    least: int = 2

    @property
    def example(self) -> str:
        """How one is typed."""
        return "整句话" + "".join(f"，里面要有 {place}" for place in self._written)

    def read(self, words: str) -> str:
        """The sentence, its white space made single."""
        return " ".join(words.split())

    def words(self, value: str) -> str:
        """The sentence as it is."""
        return value

    def faults(self, value: str) -> Iterator[str]:
        """Its length, its placeholders, and what may not be said to everybody."""
        if not self.least <= len(value) <= self.most:
            yield f"要有 {self.least} 到 {self.most} 个字，现在 {len(value)} 个"
        if any(unicodedata.category(letter).startswith("C") for letter in value):
            yield "里面有看不见的控制字符，请重新打一遍"
        found = {f"{{{place}}}" for place in _PLACE.findall(value)}
        wanted = set(self._written)
        for place in sorted(found - wanted):
            known = "、".join(self._written) or "都不能用"
            yield f"不认识 {place}，这里的占位符：{known}"
        for place in sorted(wanted - found):
            yield f"缺少 {place}，少了它看的人不知道说的是什么"
        if {"{", "}"} & set(_PLACE.sub("", value)):
            yield "花括号只能用来写占位符"
        if holds_number(value):
            yield "不要写个人的号码，这句话谁都看得到"

    def filled(self, value: str) -> str:
        """The sentence as somebody would read it."""
        return fill(value, self.places)

    @property
    def longest(self) -> int:
        """Its own limit, and a little more, so that too long is said and not cut."""
        return self.most + 40

    @property
    def _written(self) -> list[str]:
        return [f"{{{place}}}" for place in self.places]


@dataclass(frozen=True, slots=True)
class Listed:
    """Words of the house, typed apart by 、; `needed` says why there has to be one, if so."""

    example: str
    needed: str = ""
    longest = 400

    def read(self, words: str) -> list[str]:
        """Every word once; 没有 for none."""
        if words.strip() == NONE and not self.needed:
            return []
        found = [word for word in _APART.split(words.strip()) if word]
        if not found:
            raise Unreadable(f"要写成 {self.example}")
        return list(dict.fromkeys(found))

    def words(self, value: list[str]) -> str:
        """The words as they are typed."""
        return "、".join(value) or NONE

    def faults(self, value: list[str]) -> Iterator[str]:
        """None at all, where one is needed."""
        if self.needed and not value:
            yield f"不能为空，{self.needed}"


def fill(sentence: str, facts: Mapping[str, str]) -> str:
    """Put facts in their places; whatever else stands in braces stays as it is."""
    return _PLACE.sub(lambda place: facts.get(place[1], place[0]), sentence)
