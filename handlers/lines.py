"""Reading a line of chat: a command, a near miss, or nothing we know."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple

from handlers.api import TOPIC, Registry, Route
from sales import names

ENOUGH = 0.5
"""Least likeness of a suggestion: two-character words share one character at 0.5."""


class Call(NamedTuple):
    """A route and the arguments a person gave."""

    route: Route
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guess:
    """What an unknown line probably meant; `line` is how it should have been written.

    `typed` is what of the line is no command of ours.
    """

    call: Call
    line: str
    typed: str


def read(line: str, registry: Registry) -> Call | Guess | None:
    """The command in a line such as "/商机 某阀门制造 华东泵业二期" or "/规则 列表".

    Full-width slashes and spaces count; what follows the command stays as it was written. A
    word with or without slash that is close to a command (one of two characters, or the same
    pinyin) is a guess, never run unasked. The first part of commands of two, with nothing we
    know behind it, is the question which of them.
    """
    said, rest = _word(line)
    if not said:
        return None
    typed = unicodedata.normalize("NFKC", said)
    slash = typed.startswith("/")
    first = typed.removeprefix("/").lower() if slash else typed.lower()
    if slash:
        if (call := _exact(first, rest, registry)) is not None:
            return call
        glued = _glued_two(said[1:], registry) or _glued(said[1:], registry)
        if glued is not None:
            return Call(glued[0], glued[0].bind(f"{glued[1]} {rest}"))
    return _guess(first, said, rest, registry, slash=slash)


def _word(text: str) -> tuple[str, str]:
    """The first word, and what stands behind it as it was written; "" for none."""
    first, *rest = text.split(None, 1) or [""]
    return first, "".join(rest)


def _exact(first: str, rest: str, registry: Registry) -> Call | None:
    second, more = _word(rest)
    if second and (both := registry.by_word.get(_joined(first, second))) is not None:
        return Call(both, both.bind(more))
    if (one := registry.by_word.get(first)) is not None:
        return Call(one, one.bind(rest))
    if (topic := registry.topics.get(first)) is not None and not rest:
        return Call(registry.by_action[TOPIC], {"topic": topic})
    return None


def _joined(first: str, second: str) -> str:
    return f"{first} {unicodedata.normalize('NFKC', second).lower()}"


def _glued(first: str, registry: Registry) -> tuple[Route, str] | None:
    """The command a word begins with when the space was left out: "/商机某阀门"."""
    for word, route in registry.by_word.items():
        if first.startswith(word) and not word.isascii() and " " not in word:
            return route, first.removeprefix(word)
    return None


def _glued_two(first: str, registry: Registry) -> tuple[Route, str] | None:
    """The command of two words without the space between, if only one fits: "/线索列表"."""
    words = {
        word.replace(" ", ""): route for word, route in registry.by_word.items() if " " in word
    }
    if (route := words.get(first)) is not None:
        return route, ""
    fits = [word for word in words if first.startswith(word) and not word.isascii()]
    return (words[fits[0]], first.removeprefix(fits[0])) if len(fits) == 1 else None


def _guess(
    first: str, typed: str, rest: str, registry: Registry, *, slash: bool
) -> Call | Guess | None:  # fmt: skip
    """What the words come nearest to: a command, or a topic if its second part is not there."""
    second, more = _word(rest)
    starts = dict.fromkeys(word.partition(" ")[0] for word in registry.by_word)
    near = max(starts, key=lambda start: _likeness(first, start))
    if _likeness(first, near) < (ENOUGH if slash else 1.0):
        return None
    topic, alone = registry.topics.get(near), registry.by_word.get(near)
    if topic is not None and second:
        parts = {w.partition(" ")[2]: r for w, r in registry.by_word.items() if r.topic == topic}
        meant = max(parts, key=lambda part: _likeness(second.lower(), part))
        if _likeness(second.lower(), meant) >= ENOUGH:
            route = parts[meant]
            unknown = f"{typed} {second}" if first == near else typed
            return _meant(route, more, unknown)
    if alone is not None:  # also where others begin with its word: /商机 and /商机 结果
        return _meant(alone, rest, typed)
    which = Call(registry.by_action[TOPIC], {"topic": topic})
    return which if slash and first == near else Guess(which, f"/{topic}", typed)


def _meant(route: Route, rest: str, typed: str) -> Guess:
    return Guess(Call(route, route.bind(rest)), " ".join([f"/{route.word}", *rest.split()]), typed)


def _likeness(typed: str, word: str) -> float:
    """1.0 for the same word or the same sound; else the better of shape and sound."""
    from rapidfuzz import fuzz  # 4 MB, for those who mistype

    shape = fuzz.ratio(typed, word) / 100
    heard = names.sound(typed).split(), names.sound(word).split()
    same = sum(a == b for a, b in zip(*heard, strict=False)) / max(len(heard[0]), len(heard[1]))
    spelled = float(typed in (names.sound(word).replace(" ", ""), names.initials(word)))
    return max(shape, same, spelled)
