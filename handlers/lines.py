"""Reading a line of chat: a command, a near miss, or nothing we know."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from handlers.api import Registry, Route
from sales import names

ENOUGH = 0.5
"""Least likeness of a suggestion: two-character words share one character at 0.5."""


@dataclass(frozen=True, slots=True)
class Call:
    """A route and the arguments a person gave."""

    route: Route
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guess:
    """What an unknown line probably meant; `line` is how it should have been written."""

    call: Call
    line: str


def read(line: str, registry: Registry) -> Call | Guess | None:
    """The command in a line such as "/商机 某阀门制造 华东泵业二期".

    Full-width slashes and spaces count; what follows the command stays as it was written. A
    word with or without slash that is close to a command (one of two characters, or the same
    pinyin) is a guess, never run unasked.
    """
    words = line.split()
    if not words:
        return None
    typed = unicodedata.normalize("NFKC", words[0])
    slash = typed.startswith("/")
    first = typed.removeprefix("/") if slash else typed
    if slash:
        if (route := registry.by_word.get(first.lower())) is not None:
            return Call(route, route.bind(words[1:]))
        if (glued := _glued(words[0][1:], registry)) is not None:
            return Call(glued[0], glued[0].bind([glued[1], *words[1:]]))
    route, likeness = _closest(first, registry)
    if route is None or likeness < (ENOUGH if slash else 1.0):
        return None
    return Guess(Call(route, route.bind(words[1:])), " ".join([f"/{route.word}", *words[1:]]))


def _glued(first: str, registry: Registry) -> tuple[Route, str] | None:
    """The command a word begins with when the space was left out: "/商机某阀门"."""
    for word, route in registry.by_word.items():
        if first.startswith(word) and not word.isascii():
            return route, first.removeprefix(word)
    return None


def _closest(typed: str, registry: Registry) -> tuple[Route | None, float]:
    best: Route | None = None
    score = 0.0
    for route in registry.routes:
        for word in (route.word, route.alias):
            likeness = _likeness(typed.lower(), word) if word else 0.0
            if likeness > score:
                best, score = route, likeness
    return best, score


def _likeness(typed: str, word: str) -> float:
    """1.0 for the same word or the same sound; else the better of shape and sound."""
    from rapidfuzz import fuzz  # 4 MB, for those who mistype

    shape = fuzz.ratio(typed, word) / 100
    heard = names.sound(typed).split(), names.sound(word).split()
    same = sum(a == b for a, b in zip(*heard, strict=False)) / max(len(heard[0]), len(heard[1]))
    spelled = float(typed in (names.sound(word).replace(" ", ""), names.initials(word)))
    return max(shape, same, spelled)
