"""A contact on a card, masked, and the message that tells the number to one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cards.model import Button, Secret, Text
from cards.words import masked
from engine.masking import mask, shortened
from engine.vault import State
from sales.contacts import Known

REVEAL = "contact.reveal"
SHOWN = 2
"""Contacts on a customer card; more would leave no room for the rest."""
FIELD_NAMES: Mapping[str, str] = {
    "name": "联系人",
    "phone": "电话",
    "email": "邮箱",
    "wechat": "微信",
}
"""A contact's fields as people call them."""


def line(contact: Known) -> str:
    """Who it is, masked: "王* · 138****8000"; one without a phone shows the next best."""
    if contact.state is State.DESTROYED:
        return "已删除"
    known = contact.values
    parts = [masked(known["name"])] if "name" in known else []
    if "phone" in known:
        parts.append(shortened(known["phone"]))
    elif "email" in known:
        parts.append(mask(known["email"]))
    elif "wechat" in known:
        parts.append("有微信")
    return " · ".join(parts) + ("（已冻结）" if contact.state is State.FROZEN else "")


def facts(contacts: Sequence[Known]) -> tuple[tuple[str, str], ...]:
    """The rows of a customer card about its contacts."""
    rows = [(FIELD_NAMES["name"], line(contact)) for contact in contacts[:SHOWN]]
    if (left := len(contacts) - SHOWN) > 0:
        rows.append(("", f"还有 {left} 位联系人"))
    return tuple(rows)


def buttons(contacts: Sequence[Known]) -> tuple[Button, ...]:
    """One to look at each number that may be used, for who may look."""
    usable = [one for one in contacts[:SHOWN] if one.state is State.KEPT]
    return tuple(
        Button(_look(contact, alone=len(usable) == 1), REVEAL, {"contact": contact.id})
        for contact in usable
    )


def revealed(contact_id: str, customer: str, *, left: int) -> Text:
    """The number, in a message of its own to the person who asked."""
    words = f"{customer} 的联系方式，只发给您本人，已记录。今天还能看 {left} 个。"
    return Text(words, Secret(contact_id, "numbers"))


def _look(contact: Known, *, alone: bool) -> str:
    if alone or "name" not in contact.values:
        return "查看号码"
    return f"查看号码 {masked(contact.values['name'])}"
