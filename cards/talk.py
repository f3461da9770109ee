"""Cards about talk tracks: which there are, one as a text to copy, and the news of a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cards.model import Button, Card, Menu, Text
from sales.talk import Place, Track, Used

SHOW, TAKE = "talk.show", "talk.take"
WHY = "您最近看过这条话术的旧版，市场部发布了新版，告诉您一次。"
TOPIC = "talk"


def button(industry: str | None) -> Button:
    """The way to the talk tracks of an industry from any card about a lead or a customer.

    Without an industry it asks which.
    """
    return Button("话术", SHOW, {"industry": industry or ""}, fresh=True)


def listed(
    industry: str, tracks: Sequence[Track], used: Mapping[Place, Used], *,
    may_edit: bool, flow: str,
) -> Card:  # fmt: skip
    """The tracks of an industry, a button each."""
    how = "点一条，全文单独发给您，长按就能整条复制"
    if not tracks:
        how = "还没有话术，请市场部的同事来写"
    if may_edit:
        how = f"要改：/话术 改 {industry} 1 新的正文" if tracks else _how_to_write(industry)
    return Card(
        key=flow,
        title=f"{industry} · {len(tracks)} 条话术",
        subtitle=how,
        facts=tuple((named(track.place), _line(track, used)) for track in tracks),
        buttons=tuple(
            Button(f"{named(track.place)}全文", TAKE, where(track.place)) for track in tracks
        ),
    )


def text(track: Track) -> Text:
    """The text alone, so that a long press copies all of it and nothing else."""
    return Text(track.text)


def renewed(track: Track) -> Card:
    """A newer version of what this person has looked at lately."""
    return Card(
        key=f"talk/{track.place.key}/{track.version}",
        title=f"{track.place.industry}话术有新版：{track.title}",
        subtitle="您看过的是旧版，请改用这一版",
        quote=track.text,
        buttons=(Button("全文，好复制", TAKE, where(track.place), "primary"),),
        menu=Menu(WHY, TOPIC),
    )


def named(place: Place) -> str:
    """A track among those of its industry: "第 1 条"."""
    return f"第 {place.slot} 条"


def where(place: Place) -> Mapping[str, str]:
    """Which track, as arguments of a button."""
    return {"industry": place.industry, "number": str(place.slot)}


def _line(track: Track, used: Mapping[Place, Used]) -> str:
    times = used.get(track.place, Used()).times
    return f"{track.title} · 用过 {times} 次" if times else track.title


def _how_to_write(industry: str) -> str:
    return f"还没有话术。写一条：/话术 新建 {industry} 标题 正文"
