"""Money as people write it: 12万, ¥120,000, 1.2亿元, 十二万五; inside it is an integer of 分.

Strict: what is no plain amount is refused, never guessed. No signs, no exponents, no more
decimals than 分 can hold (attacks D24).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from engine.errors import Refusal
from sales import numerals

FEN = 100
UNITS = {"": 1, "元": 1, "块": 1, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "亿": 10**8}
MOST_FEN = 10**14
"""A trillion yuan: whatever is more is a slip of the finger."""
_AMOUNT = re.compile(
    r"(?:¥|人民币|rmb)?\s*"
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d{1,15})(?P<decimals>\.\d{1,6})?\s*"
    r"(?P<unit>[千k万w亿]?)(?:元|块钱?)?整?",
    re.ASCII,
)
_SPELLED = re.compile(rf"(?:人民币)?\s*(?P<number>[{numerals.CHARACTERS}]{{1,20}})(?:元|块钱?)?整?")


class NotMoney(Refusal):
    """The words are no amount of money."""

    code = "not_money"
    text = "看不懂金额「{words}」。要写成 12万、120000 或 ¥120,000.50 的样子。"


def read(words: str) -> int:
    """The amount in 分.

    Raises:
        NotMoney: not one amount, finer than 分, or beyond any budget.
    """
    amount = _yuan(unicodedata.normalize("NFKC", words).strip().lower())
    if amount is None or amount * FEN != int(amount * FEN) or amount * FEN > MOST_FEN:
        raise NotMoney(words=words[:20])
    return int(amount * FEN)


def _yuan(plain: str) -> Decimal | None:
    if (spelled := _SPELLED.fullmatch(plain)) is not None:
        number = numerals.read(spelled["number"])
        return None if number is None else Decimal(number)
    if (found := _AMOUNT.fullmatch(plain)) is None:
        return None
    digits = found["digits"].replace(",", "") + (found["decimals"] or "")
    return Decimal(digits) * UNITS[found["unit"]]
