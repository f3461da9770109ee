"""The trace of a decision: everything it was made from, and how that is stored (B22, N1).

Read back it names every person with what they had, every rule, and every comparison in the words
of then. Stored it stands in columns: who could get leads at all once for all (a roster), of
everything else each different value once and one small number a person. Of 136 people that is
6 to 9 kB instead of 31, in half the time.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from pydantic_core import to_json

from engine.types import EPOCH, MICROSECOND
from sales.assigning import Decision, Record, Seller, Tried
from sales.conditions import Checked, Leaf, Value
from sales.rules.assigning import written

Column: TypeAlias = Mapping[str, Any]
"""{"of": every different value once, "at": which of them each person has}."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison in words: "待办<8", the value it met ("" for unknown), and how it ended."""

    asked: str
    met: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person in one rule: why not ("" for eligible), and every comparison."""

    id: str
    reason: str
    compared: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule: whether it fitted the lead (None: not known), and whom it weighed."""

    name: str
    when: str
    who: str
    fits: bool | None
    compared: tuple[Compared, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """One person as they stood at the moment; `waiting_since` when they got their last lead."""

    id: str
    name: str
    open: int
    waiting_since: datetime
    away: bool = False
    record: dict[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """The lead or customer it was taken for; `number` is "" for a customer."""

    kind: str
    id: str
    number: str
    company: str
    owner: str
    owner_region: str
    why: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything a decision was made from; `open_from` is the figure 待办 was, "" for our count."""

    lead: dict[str, Value]
    owner: str = ""
    runner_up: str = ""
    capacity: int = 0
    fallback: str = ""
    considered: tuple[Considered, ...] = ()
    people: tuple[Present, ...] = ()
    same: Same | None = None
    open_from: str = ""


_TRACE: TypeAdapter[Trace] = TypeAdapter(Trace)


@dataclass(frozen=True, slots=True)
class Roster:
    """Who could get leads, in order; `id` is the same for the same people."""

    id: str
    people: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace as it is written, and the roster it speaks of, if it speaks of people."""

    body: dict[str, Any]
    roster: Roster | None = None


def plain(trace: Trace) -> Stored:
    """A trace that weighed nobody."""
    return Stored(_TRACE.dump_python(trace, mode="json", exclude_defaults=True))


def packed(
    lead: Record, decision: Decision, people: Sequence[Seller], *, capacity: int, fallback: str,
    open_from: str,
) -> Stored:  # fmt: skip
    """A decision with everything it was made from."""
    who = [(one.id, one.name) for one in people]
    roster = Roster(blake2b(to_json(who), digest_size=12).hexdigest(), who)
    fields = people[0].record if people else ()
    return Stored(
        {
            "lead": known(lead),
            "owner": "" if decision.owner is None else decision.owner.id,
            "runner_up": "" if decision.runner_up is None else decision.runner_up.id,
            "capacity": capacity, "fallback": fallback, "open_from": open_from,
            "open": [one.open for one in people],
            "since": [(one.waiting_since - EPOCH) // MICROSECOND for one in people],
            "away": [place for place, one in enumerate(people) if one.away],
            "record": {name: _column([one.record[name] for one in people]) for name in fields},
            "tried": [_tried(one) for one in decision.tried],
        },
        roster,
    )  # fmt: skip


def _tried(one: Tried) -> dict[str, Any]:
    leaves = [checked.leaf for checked in one.weighed[0].checked] if one.weighed else []
    return {
        "name": one.line.name, "when": written(one.line.when), "who": written(one.line.who),
        "fits": one.fits,
        "compared": [[str(it.leaf), _met(it.leaf, it.met), it.holds] for it in one.checked],
        "reason": _column([each.reason for each in one.weighed]),
        "asked": [
            [str(leaf), _asked(leaf, [each.checked[place] for each in one.weighed])]
            for place, leaf in enumerate(leaves)
        ],
    }  # fmt: skip


def _asked(leaf: Leaf, checked: Sequence[Checked]) -> Column:
    column = _column([(one.met, one.holds) for one in checked])
    return {**column, "of": [[_met(leaf, met), holds] for met, holds in column["of"]]}


def _met(leaf: Leaf, met: Value | None) -> str:
    return "" if met is None else leaf.field.sort.words(met)


def _column(values: Sequence[Hashable]) -> Column:
    places: dict[Hashable, int] = {}
    at = [places.setdefault(value, len(places)) for value in values]
    return {"of": list(places), "at": at}


def _spread(column: Column) -> list[Any]:
    """The value of each person."""
    return [column["of"][place] for place in column["at"]]


def unpacked(body: Mapping[str, Any], roster: Sequence[tuple[str, str]] | None) -> Trace:
    """A trace as it was, from what was stored; without a roster it is one that weighed nobody.

    Until version 0.1 everything was written out; such a one is read as well.
    """
    if roster is None:
        return _TRACE.validate_python(body)
    return Trace(
        lead=body["lead"], owner=body["owner"], runner_up=body["runner_up"],
        capacity=body["capacity"], fallback=body["fallback"], open_from=body["open_from"],
        people=tuple(_people(body, roster)),
        considered=tuple(_considered(one, [who for who, _ in roster]) for one in body["tried"]),
    )  # fmt: skip


def _people(body: Mapping[str, Any], roster: Sequence[tuple[str, str]]) -> list[Present]:
    away = set(body["away"])
    records = {name: _spread(column) for name, column in body["record"].items()}
    return [
        Present(
            who, name, body["open"][place],
            EPOCH + timedelta(microseconds=body["since"][place]), away=place in away,
            record=known({field: values[place] for field, values in records.items()}),
        )
        for place, (who, name) in enumerate(roster)
    ]  # fmt: skip


def _considered(one: Mapping[str, Any], ids: Sequence[str]) -> Considered:
    reasons = _spread(one["reason"])
    met = [[Compared(asked, *it) for it in _spread(column)] for asked, column in one["asked"]]
    return Considered(
        one["name"], one["when"], one["who"], one["fits"],
        tuple(Compared(*it) for it in one["compared"]),
        tuple(
            Candidate(ids[place], reason, tuple(each[place] for each in met))
            for place, reason in enumerate(reasons)
        ),
    )  # fmt: skip


def known(record: Record) -> dict[str, Value]:
    """A record without what nobody knows."""
    return {name: value for name, value in record.items() if value is not None}
