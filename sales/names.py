"""Company names: what makes two of them the same, near, or found by a few letters.

All functions are pure. A name has three forms, kept in indexed columns:
- core: NFKC, lower case, without spaces, punctuation and legal form
  ("华东泵业有限公司" → "华东泵业");
- stem: the core without a trailing general word ("杭州智云科技" → "杭州智云");
- sound: the core's pinyin without tones, initials apart ("恒信" → "heng xin").
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

LEGAL = (
    "股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "股份公司", "分公司",
    "总公司", "公司", "集团", "厂",
)  # fmt: skip
GENERAL = (
    "科技", "技术", "实业", "工业", "贸易", "商贸", "发展", "机械", "设备", "制造", "电子", "信息",
)  # fmt: skip
SERIAL = re.compile(r"[0-9a-z一二三四五六七八九十甲乙丙丁东南西北中上下新]")
PUNCTUATION = re.compile(r"[\s\W_]+")
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Forms:
    """A company name and its three comparable forms."""

    name: str
    core: str
    stem: str
    sound: str


def clean(name: str) -> str:
    """The name as it is shown: no control or invisible characters, single spaces."""
    return " ".join("".join(c for c in name if unicodedata.category(c)[0] != "C").split())


@lru_cache(maxsize=4096)
def forms(name: str) -> Forms:
    """The comparable forms of a company name; a name of punctuation only keeps itself."""
    shown = clean(name)
    core = PUNCTUATION.sub("", unicodedata.normalize("NFKC", shown)).lower() or shown
    core = _strip(core, LEGAL)
    return Forms(shown, core, _strip(core, GENERAL), sound(core))


@lru_cache(maxsize=4096)
def sound(words: str) -> str:
    """Pinyin without tones, syllables apart by spaces; other letters stay as they are."""
    return " ".join(lazy_pinyin(words, style=Style.NORMAL))


@lru_cache(maxsize=4096)
def initials(words: str) -> str:
    """The first letters of the pinyin: "恒信阀门" → "hxfm"."""
    return "".join(lazy_pinyin(words, style=Style.FIRST_LETTER))


def one_less(core: str) -> list[str]:
    """Names that lack one character of `core`, where that character is no serial mark.

    "华东泵业泵" lacks to "华东泵业"; "华东泵业2" and "华东泵业二" are other companies.
    """
    if len(core) <= SHORTEST + 1:
        return []
    shorter = {core[:i] + core[i + 1 :] for i, c in enumerate(core) if not SERIAL.match(c)}
    return sorted(shorter)


def _strip(core: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if core.endswith(ending) and len(core) - len(ending) >= SHORTEST:
            return _strip(core[: -len(ending)], endings)
    return core
