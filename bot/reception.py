"""What happens with everything a platform can bring: one table, and what it takes to follow it.

Words and presses are the dispatcher's. Here is the rest: what was sent without a word, and what
happened by itself. Nothing is an error: an unknown sort gets one polite line if a person sent it,
and silence if it is the platform's own (documents 90239 and 90240, robot-message-type).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from bot.platforms.api import Inbound
from cards import help as texts
from cards import operations, outbox
from cards.model import Content
from engine import leases
from engine.unit import Unit
from handlers.api import Family, Happening, Registry
from sales import people
from sales.people import Role, Who
from sales.rules.texts import Sentences

log = structlog.get_logger(__name__)


class Way(StrEnum):
    """What is done with an event of the platform."""

    GREET = "greet"  # say what one can do, at most once a day
    ALARM = "alarm"  # tell the administrators, at most once a day
    DIRECTORY = "directory"  # hand it to whoever looks after the directory
    APPROVAL = "approval"  # hand it to whoever looks after approvals
    SILENT = "silent"


SENT: Mapping[str, str] = {
    "voice": "语音",
    "audio": "语音",
    "video": "视频",
    "shortvideo": "视频",
    "location": "位置",
    "link": "链接",
    "chatrecord": "聊天记录",
    "interactivecard": "别处的卡片",
    "image": "图片",
    "picture": "图片",
    "file": "文件",
    "richtext": "图文",
}
"""What a person can send that holds no words, as people call it; the answer is one line."""
SOMETHING = "这类消息"
"""What a sort is called that no list knows."""

HAPPENS: Mapping[str, Way] = {
    "subscribe": Way.GREET,
    "enter_agent": Way.GREET,
    "over_quota": Way.ALARM,
    "not_published": Way.ALARM,
    "change_contact": Way.DIRECTORY,
    "user_add_org": Way.DIRECTORY,
    "user_modify_org": Way.DIRECTORY,
    "user_leave_org": Way.DIRECTORY,
    "org_dept_create": Way.DIRECTORY,
    "org_dept_modify": Way.DIRECTORY,
    "org_dept_remove": Way.DIRECTORY,
    "open_approval_change": Way.APPROVAL,
    "sys_approval_change": Way.APPROVAL,
    "bpms_instance_change": Way.APPROVAL,
    "bpms_task_change": Way.APPROVAL,
    **dict.fromkeys(
        (
            "malformed", "unsubscribe", "location", "view", "view_miniprogram", "scancode_push",
            "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
            "location_select", "batch_job_result",
            "change_external_contact", "change_external_chat", "change_external_tag",
            "share_agent_change", "share_chain_change", "inactive_alert", "close_inactive_agent",
            "reopen_inactive_agent", "low_active_alert", "low_active", "active_restored",
            "robot_msg_read", "robot_msg_recall", "meeting_status_change",
            "calendar_event_change",
        ),
        Way.SILENT,
    ),
}  # fmt: skip
"""What a platform tells of by itself, by its name in small letters; any other one is silent."""

ONCE = timedelta(days=1)
SHOWN = 4
"""Commands a greeting names."""
_FAMILIES: Mapping[Way, Family] = {Way.DIRECTORY: "directory", Way.APPROVAL: "approval"}


def unreadable(inbound: Inbound, words: Sentences) -> Content:
    """The line for something sent that holds no words, and that no handler takes."""
    sort = inbound.attachments[0].kind if inbound.attachments else inbound.text.lower()
    what = {"sheet": "表格", "document": "文档", "other": "文件"}.get(
        sort, SENT.get(sort, SOMETHING)
    )
    return texts.say(words.unsupported, what=what)


def happened(
    db: Unit, inbound: Inbound, who: Who | None, *,
    registry: Registry, words: Sentences, now: datetime,
) -> Content | None:  # fmt: skip
    """Follow the table for an event; what the person it names is told, if anything."""
    way = HAPPENS.get(inbound.text.lower(), Way.SILENT)
    if way is Way.ALARM:
        return _alarm(db, inbound, who, words, now)
    if way is Way.GREET and who is not None:
        return _greeting(db, who, registry, words, now)
    if way in _FAMILIES:
        happening = Happening(
            inbound.platform, inbound.tenant, inbound.text, inbound.account, inbound.at,
            inbound.values,
        )  # fmt: skip
        for hook in registry.hooks.get(_FAMILIES[way], ()):
            hook(db, happening, now)
        log.info("reception.happened", platform=inbound.platform, sort=inbound.text)
    return None


def _greeting(
    db: Unit, who: Who, registry: Registry, words: Sentences, now: datetime
) -> Content | None:  # fmt: skip
    if leases.acquire(db, f"greeted/{who.id}", "", now=now, ttl=ONCE) is None:
        return None
    topics = dict.fromkeys(f"/{route.topic}" for route in registry.allowed(who) if route.topic)
    named = "、".join(list(topics)[:SHOWN])
    return texts.say(words.greeting, name=who.name, commands=named)


def _alarm(
    db: Unit, inbound: Inbound, who: Who | None, words: Sentences, now: datetime
) -> Content | None:  # fmt: skip
    """The words are lost for good: the platform did not send them. Both sides are told."""
    log.error("reception.not_received", platform=inbound.platform, reason=inbound.text)
    name = f"alarm/{inbound.text}/{inbound.platform}/{inbound.tenant}"
    if leases.acquire(db, name, "", now=now, ttl=ONCE) is not None:
        card = operations.not_received(inbound.text, inbound.platform, now=now)
        for person_id in people.in_roles(db, Role.ADMIN):
            if (address := people.usual_address(db, person_id)) is not None:
                outbox.post(db, card, [address], now=now)
    if who is None or leases.acquire(db, f"{name}/{who.id}", "", now=now, ttl=ONCE) is None:
        return None
    return texts.say(words.not_received)
