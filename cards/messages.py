"""`/消息 为什么没收到`: what became of the messages to somebody, and the button that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cards.deliveries import Sent
from cards.model import Button, Card
from cards.operations import OTHER_REASON, REASONS
from cards.words import PLATFORMS

WHY, AGAIN = "messages.why", "messages.resend"
LISTED = 5
SHORT = 12
"""Characters of a title on one line with what became of it."""
ADMIN = "请管理员处理"
MUTED = (
    "平台都说收到了。手机上没提醒，多半是给机器人设了免打扰，或会话被折叠；到应用的会话里能看到。"
)
REMEDIES = {
    "user_out_of_scope": "请管理员在后台把您加进应用的可见范围，再点重发",
    "user_left": "请管理员用 /同事 绑定 核对账号",
    "config": ADMIN,
    "permission": ADMIN,
    "erased": "说的联系人已经删除，不再发",
}
"""What mends what was given up, where sending it again alone does not."""
HELD = {
    "quota_exhausted": "本月的调用次数用完了，每小时试一次，最迟下个月 1 日补发",
    "rate_limited": "平台嫌我们发得太快，稍后自动再发",
}


def report(
    name: str, standing: str, found: Sequence[Sent], *, now: datetime, zone: ZoneInfo, flow: str
) -> Card:
    """The messages of the last week, those in trouble first.

    `name` is that of a colleague, "" for oneself; `standing` is what keeps everything from that
    person, if anything.
    """
    whose, shown = name or "您", found[:LISTED]
    trouble = sum(not one.arrived for one in shown)
    title = f"{whose}有 {trouble} 条消息没有送到" if trouble else f"{whose}最近的消息都送到了"
    lines = [f"{n}. {_line(one, now, zone)}" for n, one in enumerate(shown, 1)]
    mendable = [(n, one) for n, one in enumerate(shown, 1) if _mendable(one)]
    notes = [standing] if standing else []
    notes += [MUTED] if shown and not trouble else []
    return Card(
        key=flow,
        title=title if found else f"7 天内没有发给{whose}的消息",
        quote="\n".join((*lines, *notes)),
        buttons=(
            *(Button(f"再发一次 {n}", AGAIN, {"delivery": one.id}) for n, one in mendable),
            Button("再查一次", WHY, {"name": name}),
        ),
        tone="warning" if trouble or standing else "good",
    )


def resent(title: str, *, flow: str) -> Card:
    """It is on its way once more."""
    return Card(key=flow, title=f"「{title[:SHORT]}」已重新安排发送", done="已安排", tone="good")


def _mendable(one: Sent) -> bool:
    over = one.state == "shown" or one.given_up
    return over and not one.tells_secret and one.reason != "erased"


def _line(one: Sent, now: datetime, zone: ZoneInfo) -> str:
    platform = PLATFORMS.get(one.to.platform, one.to.platform)
    sent = f"{one.at.astimezone(zone):%m-%d %H:%M}"
    return f"{sent}「{one.title[:SHORT]}」{platform}：{what(one, now, zone)}"


def what(one: Sent, now: datetime, zone: ZoneInfo) -> str:
    """What became of one message, in words."""
    if one.state == "replaced":
        return "已换成新的一条"
    if one.arrived:
        at = one.done_at or one.at
        receipt = f"，回执 …{one.receipt[-8:]}" if one.receipt else ""
        return f"{at.astimezone(zone):%H:%M:%S} 已收下{receipt}"
    if one.state == "uncertain":
        return "不确定到没到，平台没有回答；再发可能收到两次"
    if one.given_up:
        remedy = REMEDIES.get(one.reason)
        reason = REASONS.get(one.reason, OTHER_REASON)
        return f"没发出去，{reason}" + (f"；{remedy}" if remedy else "")
    return _waiting(one, now, zone)


def _waiting(one: Sent, now: datetime, zone: ZoneInfo) -> str:
    if one.held:
        return HELD.get(one.held, "平台暂时不收，稍后自动再发")
    if not one.waiting or one.due is None or one.due <= now:
        return "排队中，马上就发"
    due = one.due.astimezone(zone)
    at = f"{due:%H:%M}" if due.date() == now.astimezone(zone).date() else f"{due:%m-%d %H:%M}"
    if one.error == "paced":
        return f"短时间发得太多，{at} 再发，免得被平台丢掉"
    if one.error:
        reason = REASONS.get(one.error, OTHER_REASON)
        return f"{reason}，试了 {one.attempts} 次，{at} 再试"
    return f"定在 {at} 发"
