"""Cards for who runs the bot: what did not arrive or was not done, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cards.dead_letters import NOTICE, OUTBOX, Told
from cards.health import lane_name
from cards.model import Button, Card, Menu
from cards.words import PLATFORMS

LIST, SHOW = "operations.dead_letter_list", "operations.dead_letter"
REPLAY, DROP = "operations.replay", "operations.drop"
LISTED = 5
"""Letters named on a notice; the buttons mean all of them."""

WHY = "您是管理员：没有送达、没有办成的事，由您决定重办还是放下。"
TWICE = "重发可能让对方收到两次：平台没有说上一次到没到。"
FOR_GOOD = "放下以后就找不回来了，真的不要了吗？"
REASONS: Mapping[str, str] = {
    "channel_down": "平台没有应答",
    "rate_limited": "发得太快，平台不收",
    "quota_exhausted": "平台的调用次数用完了",
    "config": "应用的配置不对",
    "permission": "应用缺少权限",
    "user_left": "对方没有账号或已离职",
    "user_out_of_scope": "对方不在应用的可见范围",
    "card_invalid": "平台不认这张卡片",
    "media_expired": "平台不认上传过的文件",
    "media_gone": "文件已过期，不再保存",
    "media_too_large": "文件太大，平台不收",
    "crashed": "处理时程序崩溃",
    "unreadable": "当前版本读不懂",
}
"""Why something failed, by the first word of its error."""
OTHER_REASON = "程序出错"
KEPT_BACK: Mapping[str, tuple[str, str]] = {
    "over_quota": (
        "本月的接收额度用完了，之后的消息只来通知，没有内容",
        "到钉钉开放平台购买流量包，下月初会自动恢复；期间请同事用企业微信或直接找您",
    ),
    "not_published": (
        "应用没有发布版本，不知道是谁发的",
        "到钉钉开放平台「版本管理与发布」发布一个版本，可见范围选全体同事",
    ),
}
"""Why a platform sends no words, and what the administrator does about it."""


def notice(found: Sequence[Told], lane: str, *, now: datetime) -> Card:
    """What newly waits for a decision in one lane, all of it of one kind."""
    uncertain, several = found[0].uncertain, len(found) > 1
    kind = "uncertain" if uncertain else "dead"
    key = f"{NOTICE}{kind}/{lane}/{now:%Y%m%d%H}"
    more = Button("逐条看", LIST, fresh=True)
    return Card(
        key=key,
        title=_title(len(found), lane, uncertain=uncertain),
        subtitle=lane_name(lane),
        facts=tuple((f"{i}", _line(told)) for i, told in enumerate(found[:LISTED], 1)),
        quote=TWICE if uncertain else "",
        buttons=(*_choices([told.id for told in found], lane, key), *([more] if several else [])),
        tone="warning" if uncertain else "bad",
        menu=Menu(WHY, f"{NOTICE}{kind}/{lane}"),
    )


def letters(found: Sequence[Told], *, flow: str) -> Card:
    """The newest letters, a button each."""
    if not found:
        return Card(key=flow, title="没有等您决定的死信", tone="good")
    return Card(
        key=flow,
        title=f"最近 {len(found)} 封死信",
        subtitle="没有送达、不确定是否送达、没有办成的事",
        facts=tuple((f"{i}", _line(told)) for i, told in enumerate(found, 1)),
        buttons=tuple(
            Button(f"{i}. {told.who or lane_name(told.lane)}", SHOW, {"letter": told.id})
            for i, told in enumerate(found, 1)
        ),
    )


def letter(told: Told, *, flow: str) -> Card:
    """One letter with its two ways out."""
    return Card(
        key=flow,
        title=_title(1, told.lane, uncertain=told.uncertain),
        subtitle=lane_name(told.lane),
        facts=(
            *([("对象" if told.outgoing else "来自", told.who)] if told.who else []),
            ("内容", told.what or "读不出来"),
            ("原因", reason(told)),
            ("编号", f"E{told.id}"),
        ),
        quote=TWICE if told.uncertain else "",
        buttons=(*_choices([told.id], told.lane, flow), Button("返回", LIST)),
        tone="warning" if told.uncertain else "bad",
    )


def not_received(reason: str, platform: str, *, now: datetime) -> Card:
    """Words a platform has kept back, and what ends it; `reason` is a key of `KEPT_BACK`."""
    why, what_to_do = KEPT_BACK[reason]
    return Card(
        key=f"{NOTICE}{reason}/{platform}/{now:%Y%m%d%H}",
        title=f"{PLATFORMS[platform]}没有把同事的消息转过来",
        subtitle=why,
        facts=(("怎么办", what_to_do),),
        tone="bad",
    )


def decided(done: int, asked: int, *, again: bool, key: str, by: str = "") -> Card:
    """What the decision `by` somebody came to; somebody else may have taken it before."""
    late = f"，其余 {asked - done} 件已经有人处理" if 0 < done < asked else ""
    words = f"{'已重新安排' if again else '已放下'} {done} 件{late}" if done else "已经有人处理过了"
    facts = (("处理人", by),) if done else ()
    return Card(key=key, title=words, facts=facts, done="已处理", tone="good")


def _title(count: int, lane: str, *, uncertain: bool) -> str:
    if not lane.startswith(OUTBOX):
        return f"有 {count} 件事没有办成"
    return f"有 {count} 条消息{'不确定是否送达' if uncertain else '没有送达'}"


def _line(told: Told) -> str:
    who = told.who or lane_name(told.lane)
    return f"{who} · {told.what or '内容读不出来'} · {reason(told)}"


def reason(told: Told) -> str:
    """Why it failed, in words."""
    return REASONS.get(told.reason, OTHER_REASON)


def _choices(ids: Sequence[int], lane: str, key: str) -> tuple[Button, Button]:
    again, never = ("重发", "不发了") if lane.startswith(OUTBOX) else ("再办一次", "不办了")
    args = {"letters": list(ids), "card": key}
    return (
        Button(again, REPLAY, args, "primary"),
        Button(never, DROP, args, confirm=FOR_GOOD),
    )
