"""Words in conditions that are in no dictionary, with the one that was probably meant (B25)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import documents
from engine.unit import Unit
from sales import dictionary
from sales.conditions import Tree, leaves
from sales.rules.api import Kind
from sales.rules.terms import INDUSTRIES, REGIONS, SOURCES

WORDED: Mapping[str, Kind[Any]] = {"source": SOURCES, "industry": INDUSTRIES, "region": REGIONS}
"""The dictionaries whose words alone may stand in a condition."""


def foreign(db: Unit, tree: Tree | None, where: str) -> Iterator[str]:
    """What is wrong with the words of a condition."""
    for leaf in leaves(tree) if tree is not None else ():
        if leaf.field.name in WORDED and leaf.value is not None:
            yield from foreign_word(db, leaf.field.name, str(leaf.value), where)


def foreign_word(db: Unit, field: str, word: str, where: str) -> Iterator[str]:
    """What is wrong with one word."""
    kind = WORDED[field]
    published = documents.published(db, kind.name)
    terms = kind.read(published[0].body if published else {}).terms
    if word in terms:
        return
    match = dictionary.of(terms).match(word)
    perhaps = f"，是否为「{match.term}」？" if match else f"，有：{'、'.join(terms)}"
    yield f"{where}里的「{word}」，{kind.title}里没有这个词{perhaps}"
