"""Company names: what makes two of them the same, near, or found by a few letters.

All functions are pure. A name has these forms, kept in columns:
- core: NFKC, lower case, without spaces, punctuation and legal form
  ("华东泵业有限公司" → "华东泵业");
- stem: the core without place, branch and general words ("上海恒信阀门" → "恒信阀门");
- sound: the core's pinyin without tones, syllables apart ("恒信" → "heng xin");
- letters: the same in one word ("hengxin"), and initials: its first letters ("hx").
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from engine import text
from sales import stems
from sales.spelling import spoken

LEGAL = (
    "股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "股份公司", "分公司",
    "总公司", "公司", "集团", "厂",
)  # fmt: skip
PUNCTUATION = re.compile(r"[\s\W_]+")
_WITHOUT_LEGAL = re.compile(rf"(.{{{stems.SHORTEST},}}?)(?:{'|'.join(LEGAL)})*+")
LEAST = 3
"""Characters a slip must leave: two names that share fewer are two companies."""


class Forms(NamedTuple):
    """A company name and its comparable forms."""

    name: str
    core: str
    stem: str
    sound: str
    letters: str
    initials: str


def clean(name: str) -> str:
    """The name as it is shown: nothing invisible in it, single spaces."""
    return " ".join(text.clean(name).split())


@lru_cache(maxsize=4096)
def forms(name: str) -> Forms:
    """The comparable forms of a company name; a name of punctuation only keeps itself."""
    shown = clean(name)
    wide = unicodedata.normalize("NFKC", shown)
    core = _core(wide) or shown
    heard, first = spoken(core)
    return Forms(
        name=shown, core=core, stem=stems.of(_without_place(wide, core)),
        sound=heard, letters=heard.replace(" ", ""), initials=first,
    )  # fmt: skip


def says_something(name: str) -> bool:
    """Whether a letter, a digit or a Han character is in the name."""
    return any(c.isalnum() for c in name)


def sound(words: str) -> str:
    """Pinyin without tones, syllables apart by spaces; other letters stay as they are."""
    return spoken(words)[0]


def initials(words: str) -> str:
    """The first letters of the pinyin: "恒信阀门" → "hxfm"."""
    return spoken(words)[1]


@lru_cache(maxsize=4096)
def keys(stem: str) -> frozenset[str]:
    """What two stems share at least one of if they are one slip apart, or sound alike.

    The stem, its sound, and the stem without each character that is no serial mark: "恒信阀门"
    and "恒星阀门" both have "恒阀门". So do "恒阀信门" and a few more: `near` decides.
    """
    missing = {stem[:i] + stem[i + 1 :] for i in _slips(stem)} if len(stem) > LEAST else ()
    return frozenset((stem, f"~{sound(stem)}", *missing))


def near(one: str, other: str) -> bool:
    """Whether two stems that share a key may be the same company.

    They are alike, one character is other, missing or too much, or they sound alike; a serial
    mark in place of another is never a slip: "新客户乙" and "新客户一".
    """
    if len(one) != len(other):
        return True
    differ = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    if any(stems.MARKS.issuperset(pair) for pair in differ):
        return False
    return len(differ) <= 1 or sound(one) == sound(other)


def _core(wide: str) -> str:
    core = PUNCTUATION.sub("", wide).lower()
    found = _WITHOUT_LEGAL.fullmatch(core)
    return core if found is None else found[1]


def _without_place(wide: str, core: str) -> str:
    """The core without a place in brackets, if anything is left then."""
    outside = stems.without_bracketed_place(wide)
    if outside == wide:
        return core
    bare = _core(outside)
    return bare if len(bare) >= stems.SHORTEST else core


def _slips(stem: str) -> list[int]:
    return [i for i, character in enumerate(stem) if character not in stems.MARKS]
