"""Cards about changing talk tracks: the draft, what became of it, and the versions there were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cards.model import Button, Card
from cards.talk import SHOW, named, where
from sales.talk import Place, Track, Used

PUBLISH, GIVE_UP, RETIRE = "talk_editing.publish", "talk_editing.give_up", "talk_editing.retire"


@dataclass(frozen=True, slots=True)
class Edition:
    """A published version: who published it when, and how often its text was taken.

    `at` is in the zone of whoever reads it.
    """

    version: int
    by: str
    at: datetime
    used: Used
    active: bool


def draft(track: Track, told: int, days: int, *, flow: str) -> Card:
    """A draft as everybody would have it; `told` have seen an older version in `days` days."""
    hear = f"，{told} 位近 {days} 天看过旧版的同事会收到一次通知" if told else ""
    args = {**where(track.place), "version": track.version}
    return Card(
        key=flow,
        title=f"{_title(track.place)} · 第 {track.version} 版草稿",
        subtitle=f"还没有发布。发布后大家马上用上{hear}",
        facts=(("标题", track.title),),
        quote=track.text,
        buttons=(Button("发布", PUBLISH, args, "primary"), Button("放弃", GIVE_UP, args)),
    )


def published(track: Track, told: int, *, flow: str) -> Card:
    """Everybody has it now."""
    heard = f"，已通知 {told} 位看过旧版的同事" if told else ""
    return Card(
        key=flow,
        title=f"已发布：{_title(track.place)} · 第 {track.version} 版",
        subtitle=f"大家现在看到的就是这一版{heard}",
        facts=(("标题", track.title),),
        quote=track.text,
        buttons=(_see(track.place),),
        tone="good",
    )


def given_up(track: Track, *, flow: str) -> Card:
    """The draft once its author has let it go."""
    title = f"{_title(track.place)} · 第 {track.version} 版草稿"
    return Card(key=flow, title=title, done="已放弃")


def retiring(track: Track, *, flow: str) -> Card:
    """The question whether to take a track out of use."""
    return Card(
        key=flow,
        title=f"停用 {_title(track.place)}？",
        subtitle="停用后销售看不到它，位置空出来给新的",
        facts=(("标题", track.title),),
        quote=track.text,
        buttons=(Button("停用", RETIRE, where(track.place), "danger"),),
    )


def retired(track: Track, *, flow: str) -> Card:
    """It is out of use."""
    title = f"{_title(track.place)}：{track.title}"
    return Card(key=flow, title=title, subtitle="销售现在看不到它了", done="已停用")


def history(place: Place, editions: Sequence[Edition], *, flow: str) -> Card:
    """The versions of a track, the newest first."""
    return Card(
        key=flow,
        title=f"{_title(place)} · 各版用量",
        subtitle="" if editions else "还没有发布过",
        facts=tuple((f"第 {one.version} 版", _told(one)) for one in editions),
        buttons=(_see(place),),
    )


def _told(one: Edition) -> str:
    if not one.active:
        return f"{one.at:%m-%d} {one.by} 停用"
    return f"{one.at:%m-%d} {one.by} · {one.used.people} 人用 {one.used.times} 次"


def _see(place: Place) -> Button:
    return Button(f"看{place.industry}话术", SHOW, {"industry": place.industry}, fresh=True)


def _title(place: Place) -> str:
    return f"{place.industry}{named(place)}"
