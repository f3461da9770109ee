"""Changing a rule: a draft, its check, its publication, and the way back (A3, B80).

Every step says who did it and why, names versions and fingerprints in the audit trail, and
takes effect only on the state it was decided on: of two editors one publishes, and the other
is told who was quicker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine import audit, documents
from engine.documents import State, Stored
from engine.errors import Refusal
from engine.masking import mask
from engine.unit import Unit
from sales.people import names
from sales.rules.api import Kind
from sales.rules.drafts import Changed, Draft, against, changes, own, told_of
from sales.rules.reading import NoVersion
from sales.rules.values import Amended, Unreadable

AHEAD = timedelta(days=366)
"""A change planned for later than this is forgotten before it comes."""
SHORTEST_REASON, LONGEST_REASON = 2, 200


class BadValue(Refusal):
    """The words are not a value of this item."""

    code = "rule_bad_value"
    text = "「{words}」不能作为{item}：{why}。"


class NothingNew(Refusal):
    """The rule would say what it says already."""

    code = "rule_unchanged"
    text = "和第 {version} 版一样，没有什么要发布的。"


class NoDraft(Refusal):
    """There is no open draft to publish."""

    code = "rule_no_draft"
    text = "「{rule}」没有您的草稿。先改一项：/规则 改 {rule}。"


class NothingPlanned(Refusal):
    """No version waits for its time."""

    code = "rule_nothing_planned"
    text = "「{rule}」没有定好以后生效的版本，不用撤回。要改回以前的：/规则 回滚 {rule}。"


class PlannedAnew(Refusal):
    """The version to call off is not the last one that waits any more."""

    code = "rule_planned_anew"
    text = (
        "没有撤回：「{rule}」第 {version} 版不是最后定好的一版了。现在等着生效的：{there}。"
        "从最后一版撤起：/规则 撤回 {rule}。"
    )


class DraftGone(Refusal):
    """The draft to give up is none any more."""

    code = "rule_draft_gone"
    text = "「{rule}」第 {version} 版{what}，没有可放弃的。看现在的：/规则 看 {rule}。"


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, when, and in which zone their words are meant."""

    person_id: str
    now: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class DraftOver:
    """A draft that was let go; `same` is the published version it would have repeated, or 0."""

    kind: Kind[Any]
    version: int
    same: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """A version that is published; `effective_from` is None when it holds at once."""

    kind: Kind[Any]
    version: int
    changes: tuple[Changed, ...]
    reason: str
    effective_from: datetime | None


@dataclass(frozen=True, slots=True)
class CalledOff:
    """A version that will not come, and (number, from when) of those that still do."""

    kind: Kind[Any]
    version: int
    coming: tuple[tuple[int, datetime], ...]


@dataclass(frozen=True, slots=True)
class Turned:
    """A version that could not be published, and why, in words."""

    draft: Draft
    reasons: tuple[str, ...]


def change(db: Unit, kind: Kind[Any], item: str, words: str, by: By) -> Draft | DraftOver:
    """Draft a version in which one item is what `words` say; it adds to one's open draft.

    A draft in which everything is again as it was published is let go.

    Raises:
        BadValue: `words` are no value of the item.
        NothingNew: the rule would not change, and there is no draft.
    """
    newest = _newest(db, kind)
    mine = own(db, kind, by.person_id)
    start = newest if mine is None or mine.base != newest.version else mine
    present = _body(kind, start)
    body = {**present, item: value(kind, item, words, present)}
    if mine is not None and not changes(kind, newest.body, body):
        give_up(db, kind, by, version=mine.version)
        return DraftOver(kind, mine.version, newest.version)
    return _draft(db, kind, body, newest, by)


def value(kind: Kind[Any], item: str, words: str, present: Mapping[str, Any]) -> Any:
    """What a person means an item to be that is in the body `present` now.

    Raises:
        BadValue: `words` are no value of the item.
    """
    meant = kind.items[item]
    try:
        if isinstance(meant.value, Amended):
            amended = meant.value.amend(words, present[item])
            return meant.value.read(words) if amended is None else amended
        return meant.value.read(words)
    except Unreadable as why:
        raise BadValue(words=words[:20], item=meant.title, why=why) from why


def publish(
    db: Unit, kind: Kind[Any], by: By, *, version: int, reason: str, since: datetime | None
) -> Published | Turned:  # fmt: skip
    """Publish a draft now or for a later moment; refused with every reason there is.

    `version` 0 means one's own draft.

    Raises:
        NoDraft: there is no such open draft.
    """
    stored = documents.one(db, kind.name, version) if version else own(db, kind, by.person_id)
    if stored is None or stored.state not in {State.DRAFT, State.CHECKED}:
        raise NoDraft(rule=kind.title)
    return _published(
        db, told_of(db, kind, stored), by, "rule.published", reason=reason, since=since
    )


def refused(db: Unit, turned: Turned, by: By) -> None:
    """Note on the trail that a version was not published, and why."""
    draft = turned.draft
    _record(db, by, "rule.refused", draft.kind, version=draft.version,
            sha256=documents.fingerprint(draft.body), reasons=list(turned.reasons))  # fmt: skip


def roll_back(
    db: Unit, kind: Kind[Any], by: By, *, version: int, reason: str, since: datetime | None
) -> Published | Turned:  # fmt: skip
    """Publish a new version that says what an earlier one said.

    Raises:
        NoVersion: that one was never published.
        NothingNew: it says what the newest says.
    """
    stored = _once_published(db, kind, version)
    draft = _draft(db, kind, _body(kind, stored), _newest(db, kind), by)
    return _published(db, draft, by, "rule.rolled_back", reason=reason, since=since, to=version)


def back(db: Unit, kind: Kind[Any], version: int) -> tuple[Changed, ...]:
    """What going back to a version would change.

    Raises:
        NoVersion: it was never published.
        NothingNew: it says what the newest says.
    """
    stored, newest = _once_published(db, kind, version), _newest(db, kind)
    found = changes(kind, newest.body, stored.body)
    if not found:
        raise NothingNew(version=newest.version)
    return found


def call_off(db: Unit, kind: Kind[Any], by: By, *, version: int) -> CalledOff:
    """Take back the newest version that waits for its time; `version` 0 means whichever it is.

    Raises:
        NothingPlanned: no version waits.
        PlannedAnew: the newest that waits is another one.
    """
    waiting = documents.planned(db, kind.name, now=by.now)
    meant = version or (waiting[-1].version if waiting else 0)
    if not documents.call_off(db, kind.name, meant, now=by.now):
        waiting = documents.planned(db, kind.name, now=by.now)
        if not waiting:
            raise NothingPlanned(rule=kind.title)
        there = "、".join(
            f"第 {one.version} 版（{_moment(one.effective_from, by)} 起）" for one in waiting
        )
        raise PlannedAnew(rule=kind.title, version=meant, there=there)
    stored: Stored = documents.one(db, kind.name, meant)
    _record(db, by, "rule.called_off", kind, version=meant, sha256=stored.sha256)
    left = documents.planned(db, kind.name, now=by.now)
    return CalledOff(kind, meant, tuple((one.version, one.effective_from) for one in left))


def give_up(db: Unit, kind: Kind[Any], by: By, *, version: int) -> DraftOver:
    """Let a draft go, `version` 0 one's own; versions that are published stay.

    Raises:
        NoDraft: there is none of one's own.
        DraftGone: it is no open draft any more.
    """
    if not version:
        if (mine := own(db, kind, by.person_id)) is None:
            raise NoDraft(rule=kind.title)
        version = mine.version
    done = documents.drop(db, kind.name, version, now=by.now)
    stored: Stored = documents.one(db, kind.name, version)
    if not done:
        published = stored is not None and stored.published_at is not None
        what = "已经发布了" if published else "已经放弃了，或换成了新的草稿"
        raise DraftGone(rule=kind.title, version=version, what=what)
    _record(db, by, "rule.dropped", kind, version=version, sha256=stored.sha256)
    return DraftOver(kind, version)


def _draft(
    db: Unit, kind: Kind[Any], body: Mapping[str, Any], newest: Stored, by: By
) -> Draft:  # fmt: skip
    if not changes(kind, newest.body, body):
        raise NothingNew(version=newest.version)
    version = documents.draft(
        db, kind.name, body, base=newest.version, author=by.person_id, now=by.now
    )
    told = {"version": version, "sha256": documents.fingerprint(body)}
    _record(db, by, "rule.drafted", kind, **told, base=newest.version)
    draft = against(db, kind, version, newest, body)
    if not draft.faults:
        documents.checked(db, kind.name, version)
        _record(db, by, "rule.checked", kind, **told)
    return draft


def _published(
    db: Unit, draft: Draft, by: By, action: str, *, reason: str, since: datetime | None,
    **more: Any,
) -> Published | Turned:  # fmt: skip
    kind, starts = draft.kind, since or by.now
    reason = mask(reason)  # a version is kept for ever
    newest = _newest(db, kind)
    told = {"version": draft.version, "sha256": documents.fingerprint(draft.body)}
    reasons = [*draft.faults, *_reason_faults(reason), *_time_faults(newest, starts, by)]
    if draft.base != newest.version:
        reasons.append(_overtaken(db, draft, newest, by))
    if not reasons:
        documents.checked(db, kind.name, draft.version)
        done = documents.publish(
            db, kind.name, draft.version, by=by.person_id, reason=reason,
            effective_from=starts, now=by.now,
        )  # fmt: skip
        if not done:  # somebody was quicker by less than this unit takes
            reasons.append(_overtaken(db, draft, _newest(db, kind), by))
    if reasons:
        turned = Turned(draft, tuple(reasons))
        refused(db, turned, by)
        return turned
    _record(db, by, action, kind, **told, reason=reason, base=draft.base,
            effective_from=starts.isoformat(), **more)  # fmt: skip
    return Published(kind, draft.version, draft.changes, reason, since)


def _reason_faults(reason: str) -> Sequence[str]:
    if SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        return ()
    return (f"原因要有 {SHORTEST_REASON} 到 {LONGEST_REASON} 个字，以后的人靠它知道为什么改",)


def _time_faults(newest: Stored, starts: datetime, by: By) -> Sequence[str]:
    if starts < by.now:
        return ("生效时间已经过去了，要写以后的时间，或者不写就是现在",)
    if starts > by.now + AHEAD:
        return ("生效时间在一年以后，到时候再发布",)
    if newest.effective_from > starts:
        then = _moment(newest.effective_from, by)
        return (
            f"第 {newest.version} 版已定在 {then} 生效，不能插在它前面。先撤回它，或排在它后面",
        )
    return ()


def _overtaken(db: Unit, draft: Draft, newest: Stored, by: By) -> str:
    who = names(db, [newest.published_by]).get(newest.published_by, "系统")
    when = _moment(newest.published_at, by)
    return (
        f"这份草稿是在第 {draft.base} 版上改的，现在最新的是第 {newest.version} 版"
        f"（{who} {when} 发布：{newest.reason}）。请在新的上面重新改"
    )


def _moment(at: datetime, by: By) -> str:
    return f"{at.astimezone(by.zone):%Y-%m-%d %H:%M}"


def _newest(db: Unit, kind: Kind[Any]) -> Stored:
    published = documents.published(db, kind.name)
    if not published:
        raise LookupError(f"{kind.name} was never provided")
    return published[0]


def _once_published(db: Unit, kind: Kind[Any], version: int) -> Stored:
    stored = documents.one(db, kind.name, version)
    if stored is None or stored.published_at is None:
        raise NoVersion(rule=kind.title, version=version)
    return stored


def _body(kind: Kind[Any], stored: Stored) -> dict[str, Any]:
    body: dict[str, Any] = kind.read(stored.body).model_dump()
    return body


def _record(db: Unit, by: By, action: str, kind: Kind[Any], **detail: Any) -> None:
    audit.record(db, action, ("rule", str(kind.name)), at=by.now, detail=detail)
