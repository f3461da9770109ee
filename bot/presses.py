"""A press, judged against what was really shown: the database knows every button's meaning.

The phone only sends a message reference and a key such as "3.0". Which action that is, and
with which arguments, stands in the stored card; an old face or a stranger's card does
nothing (decision 0007, attacks D14–D17).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.platforms.api import Inbound
from cards.model import Card, load
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine.errors import Refusal
from engine.statement import Statement
from engine.unit import Unit
from sales.people import Who

_INDEX = re.compile(r"[0-9]{1,4}")
CHOICE = "choice"
"""Input under which a drop-down of buttons comes back (more buttons than a card can show)."""


class NotYours(Refusal):
    """The card was sent to somebody else."""

    code = "not_your_card"
    text = "这张卡片不是发给您的，不能代为操作。"


class NothingChosen(Refusal):
    """A drop-down was submitted on its placeholder."""

    code = "nothing_chosen"
    text = "还没有选择，请先在下拉框里选一项再提交。"


@dataclass(frozen=True, slots=True)
class Press:
    """What a press means: an action, its arguments, and the errand it continues."""

    action: str
    args: Mapping[str, Any]
    card_key: str
    fresh: bool
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stale:
    """A press on a face that is no longer the newest: show the present one again."""

    delivery_id: str


_SHOWN = Statement(
    select(
        DELIVERY.id, DELIVERY.opened_at, DELIVERY.created_at,
        CARD.person_id, CARD.key, CARD.version, CARD.body,
    )
    .join(CardRow, CARD.id == DELIVERY.card_id)
    .where(
        DELIVERY.id == bindparam("wanted"),
        DELIVERY.platform == bindparam("on"),
        DELIVERY.tenant == bindparam("of"),
    )
)  # fmt: skip
_BY_ID = update(Delivery).where(DELIVERY.id == bindparam("wanted"))
_NEW_TOKEN = Statement(_BY_ID.values(token=bindparam("newest")))
_OPENED = Statement(_BY_ID.values(opened_at=bindparam("at")))


def resolve(db: Unit, inbound: Inbound, who: Who) -> Press | Stale | None:
    """What the press means; None for a message we never sent.

    Raises:
        NotYours: the card belongs to another person.
        NothingChosen: the drop-down still shows its placeholder.
    """
    wanted = {"wanted": inbound.ref, "on": inbound.platform, "of": inbound.tenant}
    row = _SHOWN.row(db, wanted)
    if row is None:
        return None
    if row.person_id != who.id:
        raise NotYours
    if inbound.reply_token:
        _NEW_TOKEN.run(db, {"wanted": row.id, "newest": inbound.reply_token})
    card = load(row.body)
    version, _, part = inbound.key.partition(".")
    if not isinstance(card, Card) or version != str(row.version) or card.done:
        return Stale(row.id)
    if part == "form" and card.form is not None:
        fields = {field.name for field in card.form.fields}
        values = {k: v for k, v in inbound.values.items() if k in fields}
        opened = row.opened_at or _opened_when_sent(db, row)
        return Press(card.form.action, {**card.form.args, **values}, row.key, False, opened)
    if part == "form":
        part = _chosen(inbound)
    if not _INDEX.fullmatch(part) or int(part) >= len(card.buttons):
        return Stale(row.id)
    button = card.buttons[int(part)]
    return Press(button.action, button.args, row.key, button.fresh, row.opened_at)


def _opened_when_sent(db: Unit, row: Any) -> datetime:
    """A form inside the card is open from the start; later taps of the errand count from it."""
    opened: datetime = row.created_at
    _OPENED.run(db, {"wanted": row.id, "at": opened})
    return opened


def _chosen(inbound: Inbound) -> str:
    version, _, index = inbound.values.get(CHOICE, "").partition(".")
    if not version or not index:
        raise NothingChosen
    return index
