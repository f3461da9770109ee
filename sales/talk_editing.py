"""Changing talk tracks: a draft to look at, then one press and everybody has it (B17)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from engine import audit, documents
from engine.documents import State, Stored
from engine.errors import Refusal
from engine.masking import holds_number
from engine.unit import Unit
from sales import talk
from sales.talk import TRACKS, Place, Track

LEAST, MOST_TITLE, MOST_TEXT = 2, 16, 300
"""Characters; a card shows a whole text of that length on both platforms."""
SUBJECT = "talk"


class Full(Refusal):
    """Every place of the industry is taken."""

    code = "talk_full"
    text = "{industry} 已经有 {most} 条话术。先改其中一条（/话术 改 {industry} 1 …），或停用一条。"


class Unfit(Refusal):
    """The words cannot be a talk track."""

    code = "talk_unfit"
    text = "{why}。"


class Unchanged(Refusal):
    """The track says that already."""

    code = "talk_unchanged"
    text = "和现在的一样，没有改动。"


class DraftGone(Refusal):
    """The draft was published or given up, or is somebody else's."""

    code = "talk_draft_gone"
    text = "这份草稿已经发布或放弃了。发 /话术 {industry} 看现在的。"


class Overtaken(Refusal):
    """Somebody has published another version since the draft was made."""

    code = "talk_overtaken"
    text = "您起草以后，别人发布了 {industry} 第 {slot} 条的新版。请看过新版再改。"


def create(
    db: Unit, industry: str, title: str, text: str, *, by: str, now: datetime
) -> Track:  # fmt: skip
    """A draft of a further track of an industry.

    Raises:
        Full: there are three already.
        Unfit: too long, empty, or with somebody's number in it.
    """
    places = [Place(industry, slot) for slot in range(1, TRACKS + 1)]
    taken = {track.place for track in talk.of_industry(db, industry)}
    free = [place for place in places if place not in taken]
    if not free:
        raise Full(industry=industry, most=TRACKS)
    untouched = [place for place in free if not documents.drafts(db, place.name)]
    return _draft(db, (untouched or free)[0], title, text, by=by, now=now)


def change(
    db: Unit, place: Place, *, title: str = "", text: str = "", by: str, now: datetime
) -> Track:  # fmt: skip
    """A draft of the next version of a track; what is not given stays.

    Raises:
        NoTrack: it is not in use.
        Unfit: too long, or with somebody's number in it.
        Unchanged: it says that already.
    """
    track = talk.in_use(db, place)
    title, text = _clean(title) or track.title, _clean(text) or track.text
    if (title, text) == (track.title, track.text):
        raise Unchanged
    return _draft(db, place, title, text, by=by, now=now)


def drafted(db: Unit, place: Place, version: int, *, by: str) -> Track:
    """One's own open draft.

    Raises:
        DraftGone: it is not open any more.
    """
    row = documents.one(db, place.name, version)
    if row is None or row.author != by or row.state not in {State.DRAFT, State.CHECKED}:
        raise DraftGone(industry=place.industry)
    return talk.read(place, row)


def publish(
    db: Unit, place: Place, version: int, *, seen: timedelta, by: str, now: datetime
) -> tuple[Track, list[str]]:  # fmt: skip
    """Publish one's draft; it and who has opened an older version within `seen`.

    Raises:
        DraftGone: it is not open any more.
        Overtaken: somebody has published meanwhile.
    """
    track = drafted(db, place, version, by=by)
    _publish(db, track, "新版" if version > 1 else "新建", by=by, now=now)
    return track, talk.readers(db, track, since=now - seen, but=by)


def give_up(db: Unit, place: Place, version: int, *, by: str, now: datetime) -> Track:
    """Let one's draft go.

    Raises:
        DraftGone: it is not open any more.
    """
    track = drafted(db, place, version, by=by)
    if not documents.drop(db, place.name, version, now=now):
        raise DraftGone(industry=place.industry)
    return track


def retire(db: Unit, place: Place, *, by: str, now: datetime) -> Track:
    """Take a track out of use; its history stays, its place is free.

    Raises:
        NoTrack: it is not in use.
    """
    track = talk.in_use(db, place)
    body = _body(track.title, track.text, active=False)
    version = documents.draft(db, place.name, body, base=track.version, author=by, now=now)
    retired = Track(place, version, track.title, track.text, active=False)
    _publish(db, retired, "停用", by=by, now=now)
    return retired


def history(db: Unit, place: Place, *, most: int) -> list[Stored]:
    """What was ever published, the newest first."""
    return documents.history(db, place.name, by="", most=most)


def _draft(
    db: Unit, place: Place, title: str, text: str, *, by: str, now: datetime
) -> Track:  # fmt: skip
    title, text = _clean(title), _clean(text)
    for words, what, most in ((title, "标题", MOST_TITLE), (text, "正文", MOST_TEXT)):
        if not LEAST <= len(words) <= most:
            raise Unfit(why=f"{what}要有 {LEAST} 到 {most} 个字，现在 {len(words)} 个")
        if holds_number(words):
            raise Unfit(why=f"{what}里不要写个人的号码，话术谁都能转发")
    now_is = talk.current(db, place)
    base, body = now_is.version if now_is else 0, _body(title, text, active=True)
    version = documents.draft(db, place.name, body, base=base, author=by, now=now)
    return Track(place, version, title, text)


def _publish(db: Unit, track: Track, reason: str, *, by: str, now: datetime) -> None:
    place, version = track.place, track.version
    documents.checked(db, place.name, version)
    if not documents.publish(
        db, place.name, version, by=by, reason=reason, effective_from=now, now=now
    ):
        raise Overtaken(industry=place.industry, slot=place.slot)
    told = {"version": version, "title": track.title, "active": track.active}
    action = "talk.published" if track.active else "talk.retired"
    audit.record(db, action, (SUBJECT, place.key), at=now, detail={audit.SET: told})


def _body(title: str, text: str, *, active: bool) -> dict[str, Any]:
    return {"title": title, "text": text, "active": active}


def _clean(words: str) -> str:
    return words.strip()
