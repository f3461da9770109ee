"""Looking at the rules: what holds, what is planned, who lags behind, and what was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import documents, workers
from engine.documents import State, Stored
from engine.errors import Refusal
from engine.unit import Unit
from engine.workers import Running
from sales.people import names
from sales.rules.all import KINDS
from sales.rules.api import Kind


class UnknownRule(Refusal):
    """No rule is called that."""

    code = "unknown_rule"
    text = "没有叫「{words}」的规则。有：{known}。"


class UnknownItem(Refusal):
    """The rule has no such item."""

    code = "unknown_rule_item"
    text = "「{rule}」没有「{words}」这一项。有：{known}。"


class NoVersion(Refusal):
    """No version of this number was ever published."""

    code = "rule_no_version"
    text = "「{rule}」没有发布过第 {version} 版。有哪些版本：/规则 历史 {rule}。"


@dataclass(frozen=True, slots=True)
class Edition:
    """One version as people are told of it; `by` is a name, "" for the system.

    `status`: "draft", "planned", "current", "former", "dropped" (a draft given up, or a
    version called off before its time).
    """

    number: int
    status: str
    by: str
    at: datetime
    reason: str
    effective_from: datetime | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one rule stands: what holds, what is planned (the next first), and who lags behind."""

    kind: Kind[Any]
    current: Edition
    planned: tuple[Edition, ...]
    body: Any
    behind: tuple[Running, ...]
    processes: int


def find(words: str) -> Kind[Any]:
    """The rule called that, by its title, its name, or an unmistakable part of the title.

    Raises:
        UnknownRule: none or several.
    """
    fit = [kind for kind in KINDS if words in {kind.title, str(kind.name)}]
    fit = fit or [kind for kind in KINDS if words and words in kind.title]
    if len(fit) != 1:
        raise UnknownRule(words=words[:20], known="、".join(kind.title for kind in KINDS))
    return fit[0]


def find_item(kind: Kind[Any], words: str) -> str:
    """The name of the item called that.

    Raises:
        UnknownItem: none or several.
    """
    fit = [name for name, item in kind.items.items() if words in {name, item.title}]
    fit = fit or [name for name, item in kind.items.items() if words and words in item.title]
    if len(fit) != 1:
        known = "、".join(item.title for item in kind.items.values())
        raise UnknownItem(rule=kind.title, words=words[:20], known=known)
    return fit[0]


def standing(db: Unit, kind: Kind[Any], *, now: datetime) -> Standing:
    """How a rule stands now."""
    running, newest = workers.running(db, now=now), documents.publication(db, kind.name)
    found = documents.published(db, kind.name)
    # What was published since the question was asked has ended what held then.
    told = _editions(db, found, max(now, found[-1].effective_from))
    row, current = next(
        pair for pair in zip(found, told, strict=True) if pair[1].status == "current"
    )
    return Standing(
        kind=kind,
        current=current,
        planned=tuple(one for one in reversed(told) if one.status == "planned"),
        body=kind.read(row.body),
        behind=tuple(one for one in running if one.publication < newest),
        processes=len(running),
    )


def history(db: Unit, kind: Kind[Any], *, who: str, most: int, now: datetime) -> list[Edition]:
    """The newest versions ever published, and one's own draft, the newest first."""
    return _editions(db, documents.history(db, kind.name, by=who, most=most), now)


def former(db: Unit, kind: Kind[Any], *, most: int, now: datetime) -> list[Edition]:
    """The newest versions that held before the one that holds, the newest first."""
    return _editions(db, documents.held(db, kind.name, most=most + 1, now=now), now)[1:]


def edition(db: Unit, kind: Kind[Any], number: int, *, now: datetime) -> tuple[Edition, Any]:
    """One version as people are told of it, and what it says.

    Raises:
        NoVersion: there is none of that number.
    """
    stored = _stored(db, kind, number)
    later = documents.published(db, kind.name)
    rows = [stored, *(row for row in later if row.version != number)]
    return _editions(db, rows, now)[0], kind.read(stored.body)


def held(db: Unit, kind: Kind[Any], moment: datetime) -> tuple[Edition, Any]:
    """The version that held at a moment, and what it says; the first has always held."""
    rows = documents.held(db, kind.name, most=1, now=moment)
    return _editions(db, rows, moment)[0], kind.read(rows[0].body)


def body_of(db: Unit, kind: Kind[Any], number: int) -> Any:
    """What a version says.

    Raises:
        NoVersion: there is none of that number.
    """
    return kind.read(_stored(db, kind, number).body)


def _stored(db: Unit, kind: Kind[Any], number: int) -> Stored:
    stored = documents.one(db, kind.name, number)
    if stored is None:
        raise NoVersion(rule=kind.title, version=number)
    return stored


def _editions(db: Unit, rows: list[Stored], now: datetime) -> list[Edition]:
    known = names(db, {row.published_by or row.author for row in rows})
    return [
        Edition(
            number=row.version, status=_status(row, rows, now),
            by=known.get(row.published_by or row.author, ""),
            at=row.published_at or row.created_at, reason=row.reason,
            effective_from=row.effective_from, sha256=row.sha256,
        )
        for row in rows
    ]  # fmt: skip


def _status(row: Stored, rows: list[Stored], now: datetime) -> str:
    if row.published_at is None:
        return "dropped" if row.state == State.RETIRED else "draft"
    if row.retired_at is not None:
        return "dropped" if row.retired_at < row.effective_from else "former"
    if row.effective_from > now:
        return "planned"
    later = (one for one in rows if one.version > row.version and one.state == State.PUBLISHED)
    return "former" if any(one.effective_from <= now for one in later) else "current"
