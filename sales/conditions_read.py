"""Reading conditions: the grammar is a sum of products with brackets, as people write them.

either := both { 或 both }        both := one { 且 one }
one    := 非 one | ( either ) | field operator value | field = from–to
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from sales.conditions import UNKNOWN, Both, Either, Field, Leaf, Misread, Not, Tree

DEEPEST, LONGEST = 8, 400
"""Brackets in brackets, and characters, of a condition somebody still understands."""
_SAID = {"并且": "且", "而且": "且", "或者": "或"}
_MEANT = {">=": "≥", "<=": "≤", "!=": "≠", "<>": "≠", "==": "="}
_TOKEN = re.compile(
    r"\s*(?:([()且或非])|([^()且或非=≠<>≤≥!]+?)\s*(>=|<=|!=|<>|==|[=≠<>≤≥])\s*([^()且或=≠<>≤≥!]+))"
)
"""A word of the grammar, or a field, an operator and what follows up to the next word."""
_RANGE = re.compile(r"(\d[\d,.]*)(\D*?)\s*(?:[-‐‒–—―−─~〜]+|至|到)\s*(\d[\d,.]*)(\D*)")
"""5–20万, with every dash people type; the first number has the second one's unit unless told."""
LIKE = "行业=教育"


class _Reader:
    """Tokens and a place in them."""

    def __init__(self, text: str, fields: Sequence[Field], like: str) -> None:
        self._like = like
        self._fields = {field.title: field for field in fields}
        self._tokens = list(self._split(text))
        self._at = 0

    def tree(self, depth: int = 0) -> Tree:
        """`either`."""
        if depth > DEEPEST:
            raise Misread(f"括号套得太深，最多 {DEEPEST} 层")
        parts = [self._both(depth)]
        while self._take("或"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def end(self) -> None:
        """Nothing may be left over."""
        if self._at < len(self._tokens):
            raise Misread(f"「{self._tokens[self._at]}」前面少了 且 或 或")

    def _both(self, depth: int) -> Tree:
        parts = [self._one(depth)]
        while self._take("且"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self, depth: int) -> Tree:
        if depth > DEEPEST:
            raise Misread(f"非和括号套得太深，最多 {DEEPEST} 层")
        if self._take("非"):
            return Not(self._one(depth + 1))
        if self._take("("):
            inner = self.tree(depth + 1)
            if not self._take(")"):
                raise Misread("少了一个右括号")
            return inner
        if self._at < len(self._tokens) and not isinstance(said := self._tokens[self._at], str):
            self._at += 1
            return said
        raise Misread(f"这里要写一个条件，如 {self._like}")

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == word:
            self._at += 1
            return True
        return False

    def _split(self, text: str) -> Sequence[str | Tree]:
        found: list[str | Tree] = []
        place = 0
        while place < len(text.rstrip()):
            token = _TOKEN.match(text, place)
            if token is None:
                raise Misread(
                    f"看不懂「{text[place : place + 12].strip()}」，要写成 {self._like} 的样子"
                )
            found.append(token[1] or self._asked(token[2], token[3], token[4]))
            place = token.end()
        return found

    def _asked(self, title: str, op: str, written: str) -> Tree:
        field = self._fields.get(title.strip())
        if field is None:
            known = "、".join(self._fields)
            raise Misread(f"没有「{title.strip()}」这一项，有：{known}")
        op, words = _MEANT.get(op, op), written.strip()
        if not field.sort.numeric and op not in {"=", "≠"}:
            raise Misread(f"{field.title}只能写 = 或 ≠")
        if words == UNKNOWN:
            if op not in {"=", "≠"}:
                raise Misread(f"{field.title}{op}未知没有意义，只能写 = 或 ≠")
            return Leaf(field, op, None)
        if field.sort.numeric and (span := _RANGE.fullmatch(words)) is not None:
            return _within(field, op, f"{span[1]}{span[2] or span[4]}", f"{span[3]}{span[4]}")
        return Leaf(field, op, field.sort.read(words))


def _within(field: Field, op: str, least: str, most: str) -> Tree:
    low, high = field.sort.read(least), field.sort.read(most)
    if op not in {"=", "≠"}:
        raise Misread(f"{field.title}{op} 后面只能写一个数，范围写成 {field.title}={least}–{most}")
    if int(low) > int(high):
        raise Misread(f"{field.title}的范围要从小到大写，如 {field.title}={most}–{least}")
    inside = Both((Leaf(field, "≥", low), Leaf(field, "≤", high)))
    return inside if op == "=" else Not(inside)


def read(text: str, fields: Sequence[Field], *, like: str = LIKE) -> Tree:
    """The condition a person typed; `like` is an example that may stand here.

    Raises:
        Misread: says what is wrong, and where.
    """
    if len(text) > LONGEST:
        raise Misread(f"条件太长，最多 {LONGEST} 个字")
    plain = unicodedata.normalize("NFKC", text)
    for said, meant in _SAID.items():
        plain = plain.replace(said, meant)
    reader = _Reader(plain, fields, like)
    tree = reader.tree()
    reader.end()
    return tree
