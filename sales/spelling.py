"""How names are read aloud: pinyin without tones, syllable by syllable.

pypinyin's dictionary of 40,000 phrases costs every process 42 MB and 0.2 s of start. Company
names need little of it: the readings below are those whose usual one is not the first one. Its
dictionary of characters (13 MB, 60 ms) is loaded with the first name that is spelt out.
"""

from __future__ import annotations

import os
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pypinyin.core import Pinyin

ALONE = {
    "长": "chang", "都": "du", "佛": "fo", "厦": "xia", "莞": "guan", "盛": "sheng", "曾": "zeng",
    "贾": "jia", "朴": "pu", "泊": "bo", "柏": "bai", "行": "xing", "乐": "le", "调": "diao",
    "重": "zhong", "藏": "cang", "传": "chuan", "朝": "chao", "参": "can", "会": "hui",
}  # fmt: skip
"""How a character is read in names when no word below says otherwise."""

WORDS = {
    "重庆": "chong qing", "重阳": "chong yang", "西藏": "xi zang", "藏药": "zang yao",
    "银行": "yin hang", "商行": "shang hang", "车行": "che hang", "洋行": "yang hang",
    "行业": "hang ye", "同行": "tong hang", "音乐": "yin yue", "乐器": "yue qi",
    "乐团": "yue tuan", "空调": "kong tiao", "调味": "tiao wei", "调料": "tiao liao",
    "调节": "tiao jie", "调和": "tiao he", "人参": "ren shen", "海参": "hai shen",
    "参茸": "shen rong", "会计": "kuai ji", "校长": "xiao zhang", "成长": "cheng zhang",
    "院长": "yuan zhang", "大厦": "da sha", "供给": "gong ji", "给水": "ji shui",
    "省心": "sheng xin", "模具": "mu ju", "模板": "mu ban", "弹簧": "tan huang",
    "弹性": "tan xing", "传记": "zhuan ji", "单县": "shan xian", "六安": "lu an",
    "台州": "tai zhou", "蚌埠": "beng bu", "铅山": "yan shan", "东阿": "dong e",
}  # fmt: skip
"""Words in which a character is read another way."""


class _Reader(NamedTuple):
    """What reads, and what it reads at a time.

    A piece is a word, a single character, or everything up to the next Chinese character.
    """

    pinyin: Pinyin
    pieces: re.Pattern[str]


@cache
def _reader() -> _Reader:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # read once, when pypinyin is imported
    import pypinyin
    import pypinyin.constants
    from pypinyin.core import Pinyin

    pypinyin.load_single_dict({ord(character): reading for character, reading in ALONE.items()})
    pypinyin.load_phrases_dict(
        {word: [[syllable] for syllable in reading.split()] for word, reading in WORDS.items()}
    )
    han = pypinyin.constants.RE_HANS.pattern.removeprefix("^(?:").removesuffix(")+$")
    return _Reader(Pinyin(), re.compile(f"{'|'.join(WORDS)}|{han}|[^{han[1:-1]}]+"))


@lru_cache(maxsize=4096)
def spoken(words: str) -> tuple[str, str]:
    """The syllables, apart by spaces, and their first letters: "恒信" → "heng xin", "hx".

    What is not Chinese stays as it is, in one piece.
    """
    read = [_read(piece) for piece in _reader().pieces.findall(words)]
    return " ".join([syllables for syllables, _ in read]), "".join([first for _, first in read])


@lru_cache(maxsize=65536)
def _read(piece: str) -> tuple[str, str]:
    """Names share their characters, and spelling one out takes 100 µs."""
    from pypinyin import Style  # here, and loaded: `_reader` found the piece

    pinyin = _reader().pinyin
    syllables = pinyin.lazy_pinyin([piece], style=Style.NORMAL)
    letters = pinyin.lazy_pinyin([piece], style=Style.FIRST_LETTER)
    return " ".join(syllables), "".join(letters)
