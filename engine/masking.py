"""Masking: what a text shows of people's numbers and addresses to those who need not know.

Mobile numbers keep three digits in front and four behind ("138****8000"), so do land lines,
foreign numbers, identity cards (GB 11643) and bank cards (Luhn); an e-mail address keeps its
first letter and its domain. Digits of every script, separators and invisible characters
between them hide nothing: a text is judged by its NFKC form without what cannot be seen, and
only the found places change. Our own numbers, dates, addresses of machines and amounts stay.

Most texts hold nothing of the sort; seeing that costs about a microsecond.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json

HIDDEN = "****"
SHOWN_FIRST, SHOWN_LAST = 3, 4
"""Digits of a number that stay to be read."""

_APART = r"(?:[^\w,，、;；:：/+=。!！?？\"“”《》<>%¥￥$€@#\x00]|_){0,3}"
"""What may stand between the digits of one number; lists, times and amounts are several."""
_RUN = re.compile(rf"[0-9](?:{_APART}[0-9])+(?:{_APART}[Xx](?![0-9A-Za-z]))?")
_DAY_AND_COUNT = r"[09][0-9]{6}-[0-9]{4,6}"
"""OPP-20261123-0001 from its second digit on; a busy day counts beyond 9999."""
_OUR_NUMBER = rf"(?<=[A-Z]-[12]){_DAY_AND_COUNT}(?!{_APART}[0-9])"
_LONG_RUN = re.compile(rf"[0-9](?![A-Za-z])(?<![0-9][0-9])(?!{_OUR_NUMBER})(?:{_APART}[0-9]){{10}}")
"""Begins with what it looks for, and gives up early: it reads every text that is stored."""
_FOREIGN = re.compile(r"\+\s?[0-9]")
_UNUSUAL = re.compile(r"[^\t\n -~\u4e00-\u9fff，。、：；！？（）《》「」·…—“”￥¥]")
"""Characters that may be digits of another script, or cannot be seen."""
_EMAIL = re.compile(
    r"(?:(?<![\w.%+'-])[A-Za-z0-9._%+'-]+|(?<!\w)\w+)\s?@\s?"
    r"(?=(?:[\w-]{1,63}\s?\.\s?){1,8}[^\W\d_]{2,})"
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]\d|\d)"
_ALONE = "".join(rf"(?<![0-9]{'[^0-9A-Za-z]' * apart})" for apart in (1, 2, 3))
_OURS = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    rf"[A-Z]{{2,5}}-[12]{_DAY_AND_COUNT}(?!\d)"
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}(?![0-9A-Za-z])"  # a ULID
    r"|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
    r"|[0-9a-f]{32,}(?![0-9A-Za-z])"  # a hash
    r"|[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])"  # a credit code, unless `_is_no_credit_code`
    rf"|{_ALONE}(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)"
    rf"|{_ALONE}(?:{_OCTET}\.){{3}}{_OCTET}(?!{_APART}\d)"
    r")"
)
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by their category that show nothing."""

Place: TypeAlias = tuple[int, int, str]
"""Where something was found, from and to, and what stands there instead."""


def mask(text: str) -> str:
    """`text` with its personal numbers and addresses masked; itself if there are none."""
    if harmless(text):
        return text
    plain, origin = _plain(text)
    parts, end = [], 0
    for start, stop, shown in sorted(_places(plain)):
        parts += [text[end : origin[start]], shown]
        end = origin[stop - 1] + 1
    return "".join((*parts, text[end:])) if parts else text


def harmless(text: str) -> bool:
    """Whether `text` surely holds nothing to mask; False says only that one has to look."""
    if "@" in text or _UNUSUAL.search(text) is not None:
        return False
    if _LONG_RUN.search(text) is not None:
        return False
    return "+" not in text or _FOREIGN.search(text) is None


def mask_all(value: Any) -> Any:
    """A JSON value with every text in it masked; the names of its members stay."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {name: mask_all(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [mask_all(part) for part in value]
    return value


def masked_json(text: str) -> str:
    """JSON with every text in it masked; itself if there is nothing to mask.

    An escape may stand between two digits, so JSON with one is looked at text by text.
    """
    if "\\" not in text and harmless(text):
        return text
    return to_json(mask_all(from_json(text))).decode()


def holds_number(text: str) -> bool:
    """Whether a mobile, land line, identity card or bank card number stands in `text`."""
    return not harmless(text) and any(_numbers(_unclaimed(_plain(text)[0])))


def shortened(number: str) -> str:
    """A number known to be personal, masked whatever its shape: "138****8000", "02****"."""
    digits = plain_digits(number)
    if len(digits) > SHOWN_FIRST + SHOWN_LAST:
        return f"{digits[:SHOWN_FIRST]}{HIDDEN}{digits[-SHOWN_LAST:]}"
    return f"{digits[: len(digits) // 3]}{HIDDEN}"


def plain_digits(text: str) -> str:
    """The digits of `text` in ASCII, without anything that stands between them."""
    return "".join(c for c in _plain(text)[0] if c.isdecimal())


def plain_text(text: str) -> str:
    """`text` in its NFKC form without invisible characters, in small letters."""
    return _plain(text)[0].casefold()


def _plain(text: str) -> tuple[str, list[int]]:
    """What a reader sees, and which character of `text` each of its characters comes from."""
    shown: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        for one in _seen(character):
            shown.append(one)
            origin.append(at)
    return "".join(shown), origin


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() or character in "\t\n" else ""
    if unicodedata.category(character)[0] in "CM" or character in _INVISIBLE:
        return ""
    wide = unicodedata.normalize("NFKC", character)
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in wide)


def _places(plain: str) -> Iterator[Place]:
    rest = _unclaimed(plain)
    for found in _EMAIL.finditer(rest):
        yield found.start(), found.end(), f"{found[0][0]}***@"
    yield from _numbers(_EMAIL.sub(_blank, rest))


def _unclaimed(plain: str) -> str:
    """The text without our own numbers, each character of them a NUL."""
    return _OURS.sub(
        lambda found: found[0] if _is_no_credit_code(found[0]) else _blank(found), plain
    )


def _blank(found: re.Match[str]) -> str:
    return "\0" * len(found[0])


def _numbers(text: str) -> Iterator[Place]:
    for run in _RUN.finditer(text):
        yield from _numbers_of(text, run)


def _numbers_of(text: str, run: re.Match[str]) -> Iterator[Place]:
    """The numbers in a run of digits; each begins and ends where digits written together do."""
    where = [at for at in range(run.start(), run.end()) if text[at] in "0123456789Xx"]
    digits = "".join(text[at] for at in where).upper()
    breaks = {0, len(where), *(i for i in range(1, len(where)) if where[i] - where[i - 1] > 1)}
    abroad = text[max(0, where[0] - 2) : where[0]].rstrip().endswith("+")
    at = 0
    while at < len(digits):
        length = _length(digits, breaks, at, abroad=abroad and at == 0)
        if length:
            number = digits[at : at + length]
            yield where[at], where[at + length - 1] + 1, _short(number)
        at += length or 1


def _length(digits: str, breaks: set[int], at: int, *, abroad: bool) -> int:
    """How many digits the personal number that begins with digit `at` has; 0 if none does."""
    whole = at in breaks or _follows(digits, breaks, at, CHINA)
    if not whole and not _follows(digits, breaks, at, DIALLED):
        return 0
    for length, fits in KINDS if whole else MOBILE:
        end = at + length
        if end in breaks and fits(digits[at:end]) and not _split_area(digits, breaks, at):
            return length
    if abroad and not digits.startswith(CHINA):
        return next((end for end in FOREIGN if end in breaks), 0)
    return 0


def _follows(digits: str, breaks: set[int], at: int, prefixes: tuple[str, ...]) -> bool:
    """Whether one of the prefixes stands right in front of digit `at`, and begins where one may."""
    return any(digits.endswith(one, 0, at) and at - len(one) in breaks for one in prefixes)


def _split_area(digits: str, breaks: set[int], at: int) -> bool:
    """Whether this is a decimal ("0.3512345678") and no land line: its area code falls apart."""
    return digits[at] == "0" and not breaks.isdisjoint((at + 1, at + 2))


def _short(number: str) -> str:
    return f"{number[:SHOWN_FIRST]}{HIDDEN}{number[-SHOWN_LAST:]}"


def _is_mobile(number: str) -> bool:
    return re.fullmatch(r"1[3-9]\d{9}", number) is not None


def _is_land_line(number: str) -> bool:
    return re.fullmatch(r"0(?:10|2\d)\d{8}|0[3-9]\d{2}\d{7,8}", number) is not None


def _is_identity_card(number: str) -> bool:
    """GB 11643: region, day of birth, serial and a check character (ISO 7064 MOD 11-2)."""
    if re.fullmatch(r"[1-8]\d{16}[\dX]", number) is None:
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]


def _is_bank_card(number: str) -> bool:
    """The first digits banks have, and Luhn's check digit (ISO/IEC 7812)."""
    if re.fullmatch(r"(?:[34569]\d|2[2-7])\d{14,17}", number) is None:
        return False
    doubled = (sum(divmod(2 * int(c), 10)) for c in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


def _is_no_credit_code(word: str) -> bool:
    """Whether 18 characters are no credit code (GB 32100) after all.

    Digits alone need the right check character, and must not be an identity card's.
    """
    if len(word) != CODE_LENGTH or not word[:-1].isdecimal():
        return False
    total = sum(int(c) * pow(3, i, 31) for i, c in enumerate(word[:-1]))
    return CODE_LETTERS[-total % 31] != word[-1] or _is_identity_card(word)


CODE_LENGTH = 18
CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CHINA = ("0086", "86")
DIALLED = ("0", "17951", "12593")
"""What is dialled in front of a mobile number: for another province, for a cheap line."""
FOREIGN = range(15, 8, -1)
"""Digits of a number written with its country's code (E.164), the most first."""
MOBILE = ((11, _is_mobile),)
KINDS: tuple[tuple[int, Callable[[str], bool]], ...] = (
    (18, _is_identity_card),
    *MOBILE,
    *((length, _is_bank_card) for length in (19, 18, 17, 16)),
    (12, _is_land_line),
    (11, _is_land_line),
)
"""How many digits what kind of number has; what comes first is tried first."""
