"""Numbers in Chinese characters, as people say amounts: 十二万, 三百五, 一亿零五百万."""

from __future__ import annotations

DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)} | {"两": 2}
_UNITS = (("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10))
_WHOLE, _TEN = 10**4, 10
"""What may stand before 万 and 亿 is less than 10,000; before 千, 百 and 十 it is one digit."""
CHARACTERS = "零" + "".join(DIGITS) + "".join(unit for unit, _ in _UNITS)


def read(words: str) -> int | None:
    """The number `words` say, None if they say none; 十二万五 is 125,000, 十二万零五 is 120,005.

    Strict: each unit once and the larger one first, 零 only where a place is left out.
    """
    for unit, size in _UNITS:
        before, found, behind = words.partition(unit)
        if found:
            many = 1 if size == _TEN and not before else read(before)
            rest = _rest(behind, size)
            if many is None or rest is None or many >= (_WHOLE if size >= _WHOLE else _TEN):
                return None
            return many * size + rest
    return DIGITS.get(words)


def _rest(words: str, size: int) -> int | None:
    """What stands behind a unit: nothing, the next place alone, or a number below the unit."""
    if not words:
        return 0
    if words in DIGITS:
        return DIGITS[words] * (size // _TEN)
    skips = words.startswith("零")
    found = read(words.removeprefix("零"))
    if found is None or found >= (size // _TEN if skips else size):
        return None
    return found
