"""Cards of `/隐私`: a person's rights over their data, for compliance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from cards.contacts import FIELD_NAMES, line
from cards.model import Button, Card, Secret, Text
from cards.words import day
from engine.vault import State
from sales import contacts
from sales.consents import SCOPE_NAMES, Given
from sales.contacts import Known
from sales.privacy import BASIS_NAMES

EXPORT, ERASE, FREEZE, THAW = "privacy.export", "privacy.erase", "privacy.freeze", "privacy.thaw"
LISTED = 10
STATES = {State.KEPT: "正常使用", State.FROZEN: "已冻结：只保存，不使用", State.DESTROYED: "已删除"}


def which(found: Sequence[Known], action: str, args: Mapping[str, Any], *, flow: str) -> Card:
    """Several people are meant; one tap goes on with one."""
    listed = found[:LISTED]
    return Card(
        key=flow,
        title="是哪一位联系人？",
        subtitle=f"只列出前 {LISTED} 位，请写完整的电话" if len(found) > LISTED else "",
        facts=tuple((f"{i}", f"{line(c)} · {c.customer}") for i, c in enumerate(listed, 1)),
        buttons=tuple(
            Button(f"{i}. {line(c).partition(' ')[0]}", action, {**args, "who": c.id})
            for i, c in enumerate(listed, 1)
        ),
        about=tuple(contacts.subject(c.id) for c in listed),
    )


def overview(
    contact: Known, consents: Sequence[Given], *, zone: ZoneInfo, flow: str, note: str = ""
) -> Card:
    """What is kept of a contact, what they agreed to, and what can be done about it."""
    agreed = [_consent(one, zone) for one in consents] or ["没有登记过"]
    kept = "、".join(name for field, name in FIELD_NAMES.items() if field in contact.values)
    frozen = contact.state is State.FROZEN
    who = {"who": contact.id}
    erased = contact.state is State.DESTROYED
    return Card(
        key=flow,
        title=f"联系人 {line(contact)}",
        subtitle=note,
        facts=(
            ("客户", contact.customer),
            ("状态", STATES[contact.state]),
            ("保存的", kept or "没有"),
            ("同意", "；".join(agreed)),
        ),
        buttons=() if erased else (
            Button("导出", EXPORT, who),
            Button("解冻", THAW, who) if frozen else Button("冻结", FREEZE, who),
            Button("删除", ERASE, who, "danger"),
        ),
        tone="good" if note else "plain",
        about=(contacts.subject(contact.id),),
    )  # fmt: skip


def confirm(contact: Known, *, flow: str) -> Card:
    """What erasing means, and why it is done: the tap that names the reason does it."""
    return Card(
        key=flow,
        title=f"删除联系人 {line(contact)}？",
        subtitle="选一个理由就会删除，不能撤销",
        facts=(
            ("客户", contact.customer),
            ("会删掉", "姓名、电话、邮箱、微信和同意的凭据；提到此人的原始消息；还没发出的号码"),
            ("会留下", "联系人的编号、谁在什么时候因为什么删除"),
            ("备份", "恢复旧备份时会再删一遍"),
        ),
        buttons=tuple(
            Button(f"删除：{name}", "privacy.erase_for", {"who": contact.id, "basis": basis},
                   "danger")
            for basis, name in BASIS_NAMES.items()
        ),
        tone="warning",
        about=(contacts.subject(contact.id),),
    )  # fmt: skip


def erased(contact: Known, basis: str, wiped: int, *, flow: str) -> Card:
    """The certificate: who was erased, by number only, and what went with them."""
    messages = f"，连同 {wiped} 条提到此人的原始消息" if wiped else ""
    return Card(
        key=flow,
        title="联系人已删除",
        subtitle=f"资料的密钥已经销毁{messages}",
        facts=(("编号", contact.id), ("客户", contact.customer), ("理由", BASIS_NAMES[basis])),
        tone="good",
    )


def exported(contact_id: str) -> Text:
    """The bundle, in a message of its own to the person who asked."""
    return Text("联系人资料的导出，只发给您本人，已记录：", Secret(contact_id, "bundle"))


def _consent(one: Given, zone: ZoneInfo) -> str:
    since = day(one.since.astimezone(zone).date())
    until = f"，{day(one.until.astimezone(zone).date())} 撤回" if one.until else ""
    return f"{SCOPE_NAMES[one.scope]}（{since} 起{until}）"
