"""Words people use, turned into the house's words: 教培, 教育行业 and 教肓 are 教育."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from sales import names
from sales.lookalikes import shape

ENDINGS = ("行业", "地区", "大区", "区", "省", "市", "业")
"""What may follow a word without changing it, the longer ones first."""


class How(Enum):
    """Why two words are taken for one."""

    SAME = "same"
    SYNONYM = "synonym"
    SOUND = "sound"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Match:
    """The house's word for something, and why."""

    term: str
    how: How

    @property
    def sure(self) -> bool:
        """Whether the word itself is in the dictionary; the others are likenesses."""
        return self.how in {How.SAME, How.SYNONYM}


class Dictionary:
    """The words of one field, made ready for looking up; see `sales.rules.terms`."""

    def __init__(self, terms: Mapping[str, Sequence[str]]) -> None:
        self.terms = tuple(terms)
        pairs = [(name, term) for term, others in terms.items() for name in (term, *others)]
        self._exact = {_plain(name): term for name, term in reversed(pairs)}
        self._heard = _only((names.sound(name), term) for name, term in pairs)
        self._seen = _only((shape(name), term) for name, term in pairs)

    def match(self, words: str) -> Match | None:
        """What `words` mean in the house's words, None for something unknown.

        A likeness counts only where one single term has it.
        """
        for form in _forms(_plain(words)):
            if (term := self._exact.get(form)) is not None:
                how = How.SAME if _plain(term) == form else How.SYNONYM
                return Match(term, how)
        for form in _forms(_plain(words)):
            if (term := self._seen.get(shape(form))) is not None:
                return Match(term, How.SHAPE)
            if len(form) > 1 and (term := self._heard.get(names.sound(form))) is not None:
                return Match(term, How.SOUND)
        return None

    def begins(self, words: str) -> str:
        """The longest other name `words` begin with, "" for none: 苏州 of 苏州金鸡湖医疗.

        A term itself does not count: 华东泵业 may be anywhere.
        """
        found = (name for name in self._exact if name not in self.terms and words.startswith(name))
        return max(found, key=len, default="")


@lru_cache(maxsize=64)
def _made(pairs: tuple[tuple[str, tuple[str, ...]], ...]) -> Dictionary:
    return Dictionary(dict(pairs))


def of(terms: Mapping[str, Sequence[str]]) -> Dictionary:
    """The dictionary of these terms, made once for each version of a rule."""
    return _made(tuple((term, tuple(others)) for term, others in terms.items()))


def _plain(words: str) -> str:
    return "".join(unicodedata.normalize("NFKC", words).lower().split())


def _forms(plain: str) -> Sequence[str]:
    """The word itself, then without an ending."""
    bare = [plain.removesuffix(end) for end in ENDINGS if plain.endswith(end) and plain != end]
    return list(dict.fromkeys([plain, *bare]))


def _only(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The likenesses that lead to one term only."""
    found: dict[str, set[str]] = {}
    for key, term in pairs:
        found.setdefault(key, set()).add(term)
    return {key: terms.pop() for key, terms in found.items() if len(terms) == 1}
