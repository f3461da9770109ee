"""How the values in a condition are written: words, amounts, shares, numbers, yes or no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from sales import money
from sales.conditions import Misread, Value
from sales.money import FEN, NotMoney

PER_PERCENT = 10_000
"""A share is kept in millionths, so that 65.01 % of a thousand deals is more than 65 %."""
LONGEST = 12
WAN = 10_000 * FEN
_SHARE, _NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)%?"), re.compile(r"\d{1,6}")


def share(part: int, whole: int) -> int | None:
    """How much of the whole it is, in millionths, rounded down; None of nothing."""
    return part * 100 * PER_PERCENT // whole if whole else None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the house; whether it is one is checked where the rule is."""

    numeric = False

    def read(self, words: str) -> Value:
        """The word itself."""
        if not 1 <= len(words) <= LONGEST:
            raise Misread(f"「{words[:LONGEST]}」太长，最多 {LONGEST} 个字")
        return words

    def words(self, value: Value) -> str:
        """The word itself."""
        return str(value)


@dataclass(frozen=True, slots=True)
class YesNo:
    """是 or 否."""

    numeric = False

    def read(self, words: str) -> Value:
        """One of the two."""
        if words not in {"是", "否"}:
            raise Misread(f"只能写 是 或 否，不能写「{words[:LONGEST]}」")
        return words

    def words(self, value: Value) -> str:
        """One of the two."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money: 5万, 120000."""

    numeric = True

    def read(self, words: str) -> Value:
        """In 分."""
        try:
            return money.read(words)
        except NotMoney as why:
            raise Misread(str(why).removesuffix("。")) from why

    def words(self, value: Value) -> str:
        """In 万 where that comes out even, else in yuan."""
        fen = int(value)
        if fen and fen % (WAN // 100) == 0 and fen >= WAN:
            return f"{Decimal(fen) / WAN:f}万"
        whole, rest = divmod(fen, FEN)
        return f"{whole}.{rest:02d}" if rest else f"{whole}"


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a hundred: 65%."""

    numeric = True

    def read(self, words: str) -> Value:
        """In millionths."""
        words = words.strip()
        found = _SHARE.fullmatch(words)
        if found is None:
            raise Misread(f"「{words[:LONGEST]}」不是百分比，要写成 65%")
        part = Decimal(found[1])
        if part <= 1 and "." in words and not words.endswith("%"):
            raise Misread(f"「{words}」是百分之几，要写成 {(part * 100).normalize():f}%")
        return int(part * PER_PERCENT)

    def words(self, value: Value) -> str:
        """With as many decimals as it takes, four at most."""
        return f"{(Decimal(value) / PER_PERCENT).normalize():f}%"


@dataclass(frozen=True, slots=True)
class Number:
    """How many."""

    numeric = True

    def read(self, words: str) -> Value:
        """A whole number."""
        if _NUMBER.fullmatch(words.strip()) is None:
            raise Misread(f"「{words[:LONGEST]}」不是整数")
        return int(words)

    def words(self, value: Value) -> str:
        """The number."""
        return str(value)
