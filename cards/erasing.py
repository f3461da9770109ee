"""Erasing a contact as a whole: the key and the raw messages, and what cards say of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, func, literal, update

from cards.tables import CARD, CardRow
from cards.words import masked
from engine.jobs import JOB
from engine.statement import Statement
from engine.unit import Unit
from engine.vault import Vault
from sales import contacts, privacy

SURELY_A_NAME = 3
"""Characters of a name that is looked for on cards with buttons, where a company could have it."""
_TEXT = '{"text":'
"""How the JSON of a plain text begins."""


def erase(
    db: Unit, vault: Vault, contact_id: str, basis: str, *, now: datetime
) -> int:  # fmt: skip
    """`privacy.erase`, and the contact's name and addresses on kept cards and messages masked.

    Raises:
        UnknownContact, Erased: there is nobody to erase.
    """
    known = contacts.get(db, vault, contact_id)
    wiped = privacy.erase(db, vault, contact_id, basis, now=now)
    if known is not None:
        _forget(db, known.values)
    return wiped


def _forget(db: Unit, values: Mapping[str, str]) -> None:
    """Numbers were never written there; names, and ids that are no e-mail address, may be."""
    for field in ("name", "email", "wechat"):
        word = values.get(field, "")
        if len(word) < privacy.SHORTEST_NAME:
            continue
        change = {"word": word, "instead": masked(word)}
        (_ON_CARDS if len(word) >= SURELY_A_NAME else _IN_TEXTS).run(db, change)
        _IN_MESSAGES.run(db, change)


_REPLACED: tuple[BindParameter[str], ...] = (bindparam("word"), bindparam("instead"))
_ON_ANY = (
    update(CardRow)
    .where(func.replace(CARD.body, *_REPLACED) != CARD.body)
    .values(body=func.replace(CARD.body, *_REPLACED))
)
_ON_CARDS = Statement(_ON_ANY)
_IN_TEXTS = Statement(_ON_ANY.where(func.substr(CARD.body, 1, len(_TEXT)) == literal(_TEXT)))
_IN_MESSAGES = Statement(
    update(JOB)
    .where(JOB.c.lane.startswith("outbox:"))
    .where(func.replace(JOB.c.payload, *_REPLACED) != JOB.c.payload)
    .values(payload=func.replace(JOB.c.payload, *_REPLACED))
)
