"""A press, judged against what was really shown: the database knows every button's meaning.

The phone only sends a message reference and a key such as "3.0". Which action that is, and
with which arguments, stands in the stored card; an old face or a stranger's card does
nothing (decision 0007, attacks D14–D17).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.platforms.api import Inbound
from cards.model import BACK, ENTRIES, Card, Form, load
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine.errors import Refusal
from engine.statement import Statement
from engine.unit import Unit
from sales.people import Who

_INDEX = re.compile(r"[0-9]{1,4}")
_APART = re.compile(r"[,，、\s]+")
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
    """What a press means: an action, its arguments, and the errand it continues.

    `face` is what the pressed card shows from now on, before anything the action makes of it:
    the question of a button that has one, or the card again once that was answered. With a
    question nothing else happens yet (`asks`).
    """

    action: str
    args: Mapping[str, Any]
    card_key: str
    fresh: bool
    opened_at: datetime | None
    face: Card | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """A question was taken back: the card as it was."""

    face: Card


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


def resolve(db: Unit, inbound: Inbound, who: Who) -> Press | Back | Stale | None:
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
    return _meant(db, row, inbound)


def _meant(db: Unit, row: Any, inbound: Inbound) -> Press | Back | Stale:
    """What the key means on the card as it is now; `row` is one of `_SHOWN`."""
    card = load(row.body)
    if not isinstance(card, Card) or card.done:
        return Stale(row.id)
    version, _, part = inbound.key.partition(".")
    if part in ENTRIES and card.menu is not None:  # the reason is the same on every face
        return Press(f"push.{part}", {"card": row.key}, row.key, True, row.opened_at)
    if version != str(row.version):
        return Stale(row.id)
    if card.asking is not None:
        return _answered(card, row, part)
    if part == "form" and card.form is not None:
        opened = row.opened_at or _opened_when_sent(db, row)
        return Press(card.form.action, _filled(card.form, inbound), row.key, False, opened)
    return _chosen(card, row, _picked(inbound) if part == "form" else part)


def _chosen(card: Card, row: Any, part: str) -> Press | Stale:
    """A button; one that has a question asks it first."""
    if (index := _index(part, card)) is None:
        return Stale(row.id)
    press = _pressed(card, row, index)
    if not card.buttons[index].confirm:
        return press
    return replace(press, face=replace(card, key=row.key, asking=index), asks=True)


def _answered(card: Card, row: Any, part: str) -> Press | Back | Stale:
    """A press on a card that asks: yes, no, or a button that is not there at the moment."""
    again = replace(card, key=row.key, asking=None)
    if part == BACK:
        return Back(again)
    if (index := _index(part, card)) is None or index != card.asking:
        return Stale(row.id)
    return replace(_pressed(card, row, index), face=again)


def _pressed(card: Card, row: Any, index: int) -> Press:
    button = card.buttons[index]
    return Press(button.action, button.args, row.key, button.fresh, row.opened_at)


def _index(part: str, card: Card) -> int | None:
    """Which of the card's buttons a key means."""
    if not _INDEX.fullmatch(part) or int(part) >= len(card.buttons):
        return None
    return int(part)


def _filled(form: Form, inbound: Inbound) -> dict[str, Any]:
    """The form's arguments; of several choices those that are offered, in the card's order."""
    values: dict[str, Any] = dict(form.args)
    for field in form.fields:
        if (value := inbound.values.get(field.name)) is None:
            continue
        chosen = set(_APART.split(value))
        several = [choice.id for choice in field.options if choice.id in chosen]
        values[field.name] = several if field.kind == "multi" else value
    return values


def _opened_when_sent(db: Unit, row: Any) -> datetime:
    """A form inside the card is open from the start; later taps of the errand count from it."""
    opened: datetime = row.created_at
    _OPENED.run(db, {"wanted": row.id, "at": opened})
    return opened


def _picked(inbound: Inbound) -> str:
    """The button chosen from a list, which is an option by its key."""
    version, _, index = inbound.values.get(CHOICE, "").partition(".")
    if not version or not index:
        raise NothingChosen
    return index
