"""Talk tracks: what to answer, three ready texts per industry (requirements B16, B17).

A track is a document (`engine.documents`) of the kind "talk" whose key is its place, such as
医疗/1. Everybody reads what is published, at once; who opened and used which version is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import Field

from engine import documents
from engine.documents import Name, Stored
from engine.errors import Refusal
from engine.model import WITHOUT_ROWID, Row, table
from engine.rulebook import Rulebook
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales import dictionary
from sales.people import PERSON, Person
from sales.rules.terms import INDUSTRIES

KIND = "talk"
TRACKS = 3
"""Tracks of one industry (B16)."""


class TalkUse(Row, table=True):
    """That somebody looked at a version of a track, and how often they took its text."""

    __tablename__ = "talk_use"
    __table_args__ = WITHOUT_ROWID

    track: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    person_id: str = Field(primary_key=True, foreign_key="person.id")
    opened_at: datetime = Field(sa_type=UtcTime)
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Which track: the first, second or third of an industry."""

    industry: str
    slot: int

    @property
    def key(self) -> str:
        """Its document's key, and its name in counts: "医疗/1"."""
        return f"{self.industry}/{self.slot}"

    @property
    def name(self) -> Name:
        """Its document."""
        return Name(KIND, self.key)


@dataclass(frozen=True, slots=True)
class Track:
    """One version of a track; not `active`: taken out of use."""

    place: Place
    version: int
    title: str
    text: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Used:
    """How often the text of a track was taken, by how many people."""

    times: int = 0
    people: int = 0


class UnknownIndustry(Refusal):
    """The word is no industry of the house."""

    code = "unknown_industry"
    text = "没有「{words}」这个行业，现有：{known}。"


class NoTrack(Refusal):
    """The track was taken out of use, or never was."""

    code = "no_talk_track"
    text = "{industry} 没有第 {slot} 条话术，可能已停用。发 /话术 {industry} 看现有的。"


_U = table(TalkUse).c
_OPENED = Statement(
    lambda dialect: dialect.insert(table(TalkUse))
        .values(
            track=bindparam("of"), version=bindparam("number"), person_id=bindparam("by"),
            opened_at=bindparam("at", type_=UtcTime), uses=bindparam("more"),
        )
        .on_conflict_do_update(
            index_elements=["track", "version", "person_id"],
            set_={"opened_at": bindparam("at", type_=UtcTime), "uses": _U.uses + bindparam("more")},
        )
)  # fmt: skip
_USES = Statement(
    select(_U.version, func.sum(_U.uses).label("times"), func.count().label("people"))
    .where(_U.track == bindparam("of"), _U.uses > 0)
    .group_by(_U.version)
)
_READERS = Statement(
    select(_U.person_id)
    .join(Person, PERSON.id == _U.person_id)
    .where(_U.track == bindparam("of"), _U.version < bindparam("number"))
    .where(_U.opened_at >= bindparam("since", type_=UtcTime))
    .where(PERSON.status == "active", PERSON.id != bindparam("but"))
    .distinct()
    .order_by(_U.person_id)
)


def industry(rules: Rulebook, words: str, *, now: datetime) -> str:
    """The house's word for an industry.

    Raises:
        UnknownIndustry: it has none.
    """
    terms = rules.at(INDUSTRIES, now).body.terms
    found = dictionary.of(terms).match(words)
    if found is None:
        raise UnknownIndustry(words=words[:20], known="、".join(terms))
    return found.term


def read(place: Place, row: Stored) -> Track:
    """A stored version."""
    body: Any = row.body
    return Track(place, row.version, body["title"], body["text"], body["active"])


def current(db: Unit, place: Place) -> Track | None:
    """The published version of a track, in use or not; None if there never was one."""
    rows = documents.published(db, place.name)
    return read(place, rows[0]) if rows else None


def of_industry(db: Unit, term: str) -> list[Track]:
    """The tracks of an industry that are in use, in their order."""
    places = [Place(term, slot) for slot in range(1, TRACKS + 1)]
    found = [current(db, place) for place in places]
    return [track for track in found if track is not None and track.active]


def in_use(db: Unit, place: Place) -> Track:
    """The track as it holds.

    Raises:
        NoTrack: it is not in use.
    """
    track = current(db, place)
    if track is None or not track.active:
        raise NoTrack(industry=place.industry, slot=place.slot)
    return track


def opened(db: Unit, tracks: Sequence[Track], who: str, *, now: datetime) -> None:
    """Remember that somebody has these versions before them."""
    for track in tracks:
        _OPENED.run(db, _it(track, who, now) | {"more": 0})


def take(db: Unit, place: Place, who: str, *, now: datetime) -> Track:
    """The newest text, to be sent to a customer; counted.

    Raises:
        NoTrack: it is not in use any more.
    """
    track = in_use(db, place)
    _OPENED.run(db, _it(track, who, now) | {"more": 1})
    return track


def uses(db: Unit, place: Place) -> dict[int, Used]:
    """How often each version was taken."""
    rows = _USES.rows(db, {"of": place.key})
    return {row.version: Used(int(row.times), row.people) for row in rows}


def readers(db: Unit, track: Track, *, since: datetime, but: str) -> list[str]:
    """Who opened an older version of the track since then, without `but` themselves."""
    it = {"of": track.place.key, "number": track.version, "since": since, "but": but}
    return [row.person_id for row in _READERS.rows(db, it)]


def _it(track: Track, who: str, now: datetime) -> dict[str, Any]:
    return {"of": track.place.key, "number": track.version, "by": who, "at": now}
