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
from dataclasses import dataclass
from functools import lru_cache

from sales import stems
from sales.spelling import spoken

LEGAL = (
    "股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "股份公司", "分公司",
    "总公司", "公司", "集团", "厂",
)  # fmt: skip
PUNCTUATION = re.compile(r"[\s\W_]+")
LEAST = 3
"""Characters a slip must leave: two names that share fewer are two companies."""


@dataclass(frozen=True, slots=True)
class Forms:
    """A company name and its comparable forms."""

    name: str
    core: str
    stem: str
    sound: str
    letters: str
    initials: str


def clean(name: str) -> str:
    """The name as it is shown: no control or invisible characters, single spaces."""
    if name.isprintable():
        return " ".join(name.split())
    return " ".join("".join(c for c in name if unicodedata.category(c)[0] != "C").split())


@lru_cache(maxsize=4096)
def forms(name: str) -> Forms:
    """The comparable forms of a company name; a name of punctuation only keeps itself."""
    shown = clean(name)
    wide = unicodedata.normalize("NFKC", shown)
    core = _core(wide) or shown
    bare = _core(stems.without_bracketed_place(wide))
    heard = sound(core)
    return Forms(
        name=shown, core=core, stem=stems.of(bare if len(bare) >= stems.SHORTEST else core),
        sound=heard, letters=heard.replace(" ", ""), initials=initials(core),
    )  # fmt: skip


def says_something(name: str) -> bool:
    """Whether a letter, a digit or a Han character is in the name."""
    return any(c.isalnum() for c in name)


def sound(words: str) -> str:
    """Pinyin without tones, syllables apart by spaces; other letters stay as they are."""
    return " ".join([syllable for syllable, _ in spoken(words)])


def initials(words: str) -> str:
    """The first letters of the pinyin: "恒信阀门" → "hxfm"."""
    return "".join([letter for _, letter in spoken(words)])


def stored_keys(stem: str) -> set[str]:
    """What a customer is found by when somebody writes its stem with one slip.

    The stem, its sound, and the stem with a "*" for each character that is no serial mark:
    "恒信阀门" has "恒*阀门", and so has "恒星阀门".
    """
    return {stem, f"~{sound(stem)}", *_starred(stem)}


def asked_keys(stem: str) -> set[str]:
    """The keys of every stem at most one slip away: one character other, missing or too much.

    A serial mark is never a slip: "华东泵业2" asks for no key of "华东泵业".
    """
    keys = stored_keys(stem)
    if len(stem) >= LEAST:
        keys |= {f"{stem[:i]}*{stem[i:]}" for i in range(len(stem) + 1)}
    if len(stem) > LEAST:
        keys |= {stem[:i] + stem[i + 1 :] for i in _unmarked(stem)}
    return keys


def numbered_apart(one: str, other: str) -> bool:
    """Whether two stems of one sound differ in a serial mark: "新客户乙" and "新客户一"."""
    return len(one) == len(other) and any(
        a != b and a in stems.MARKS and b in stems.MARKS for a, b in zip(one, other, strict=True)
    )


def _core(wide: str) -> str:
    core = PUNCTUATION.sub("", wide).lower()
    while core.endswith(LEGAL) and (ending := next((e for e in LEGAL if _ends(core, e)), "")) != "":
        core = core.removesuffix(ending)
    return core


def _ends(core: str, ending: str) -> bool:
    return core.endswith(ending) and len(core) - len(ending) >= stems.SHORTEST


def _starred(stem: str) -> set[str]:
    if len(stem) <= LEAST:
        return set()
    return {f"{stem[:i]}*{stem[i + 1 :]}" for i in _unmarked(stem)}


def _unmarked(stem: str) -> list[int]:
    return [i for i, character in enumerate(stem) if character not in stems.MARKS]
