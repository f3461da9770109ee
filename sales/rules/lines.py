"""Items that are lines of a small language, typed one behind the other: 规则, 用例, 标签."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sales.conditions import Misread
from sales.rules.values import NONE, Unreadable

_BETWEEN = re.compile(r"[;；\n]")


def parts(text: str) -> list[str]:
    """The lines of a text, full-width characters in their plain form."""
    plain = unicodedata.normalize("NFKC", text)
    return [part.strip() for part in _BETWEEN.split(plain) if part.strip()]


def _nothing(_: Sequence[Any]) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Lines:
    """A sort of value: `parse` reads a whole text (raises Misread), `written` is one line of it.

    `optional`: 没有 stands for none. `odd` says what is wrong between lines that can be read.
    """

    example: str
    longest: int
    parse: Callable[[str], Sequence[Any]]
    written: Callable[[Any], str]
    optional: bool = False
    odd: Callable[[Sequence[Any]], Iterable[str]] = _nothing

    def read(self, words: str) -> str:
        """The lines in their one form."""
        if self.optional and words.strip() == NONE:
            return ""
        try:
            return "；".join(map(self.written, self.parse(words)))
        except Misread as why:
            raise Unreadable(str(why)) from why

    def words(self, value: str) -> str:
        """The lines as they are typed."""
        return value or NONE

    def faults(self, value: str) -> Iterator[str]:
        """A line nobody can read, or what is odd between them."""
        try:
            found = self.parse(value)
        except Misread as why:
            yield f"：{why}"
            return
        yield from self.odd(found)
