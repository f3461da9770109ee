"""Erasing a contact as a whole: the key and the raw messages, and what cards say of them.

Only what people read is changed: a name may be part of any key, id or address ("li" stands in
"delivery"). A message that was drawn with the name in it is drawn anew from its card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Text, bindparam, select, type_coerce, update

from cards.tables import CARD, CardRow
from cards.words import masked
from engine.jobs import JOB
from engine.statement import Statement
from engine.unit import Unit
from engine.vault import Vault
from sales import consents, contacts, privacy

SURELY_A_NAME = 3
"""Characters of a name that is looked for on cards with buttons, where a company could have it."""
SURELY_A_PROOF = 6
"""Characters of a consent's proof that nothing else says by chance; "邮件" tells of nobody."""
NOT_READ = frozenset({
    "key", "action", "id", "name", "kind", "style", "tone", "about", "secret", "sort", "blob",
})  # fmt: skip
"""Members of a card that are for machines."""
PLAIN = frozenset({"text", "filename"})
"""What a text or a file has, and a card with buttons has not."""
GIVEN = "args"
"""What a button hands over: ids, and words somebody typed."""
DRAWN = "request"
"""How a drawn message stands in the payload of its job (`bot.parcels`)."""
AT_ONCE = 500
_ESCAPE = "!"


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
    """Numbers were never written there; names, ids that are no e-mail address, proofs may be."""
    words = [values.get(field, "") for field in ("name", "email", "wechat")]
    words += [proof for proof in consents.proofs(values) if len(proof) >= SURELY_A_PROOF]
    for word in words:
        if len(word) >= privacy.SHORTEST_NAME:
            _on_cards(db, word)
            _in_messages(db, word)


def _on_cards(db: Unit, word: str) -> None:
    for row in _rows(db, _CARDS, word):
        said = from_json(row.body)
        if len(word) < SURELY_A_NAME and PLAIN.isdisjoint(said):
            continue
        if (new := without(said, word)) != said:
            _SAYS.run(db, {"wanted": row.id, "words": to_json(new).decode()})


def _in_messages(db: Unit, word: str) -> None:
    for row in _rows(db, _MESSAGES, word):
        drawn = row.payload.get(DRAWN)
        if without(drawn, word) == drawn:
            continue  # the word is one of ours, and what is repeated has to be the same request
        kept = {name: part for name, part in row.payload.items() if name != DRAWN}
        _HOLDS.run(db, {"wanted": row.id, "rest": kept})


def without(said: Any, word: str) -> Any:
    """A card, or a message drawn from one, with the word masked wherever people read it."""
    whole, instead = _whole(word), masked(word)

    def clean(part: Any, for_machines: frozenset[str]) -> Any:
        if isinstance(part, str):
            return whole.sub(lambda _: instead, part)
        if isinstance(part, list):
            return [clean(one, for_machines) for one in part]
        if isinstance(part, dict):
            return {name: one if name in for_machines else clean(one, inside(name, for_machines))
                    for name, one in part.items()}  # fmt: skip
        return part

    def inside(name: str, for_machines: frozenset[str]) -> frozenset[str]:
        return frozenset() if name == GIVEN else for_machines

    # A word of Latin letters may be an id or a choice among what a button hands over.
    latin = word.isascii() and "@" not in word
    return clean(said, NOT_READ | {GIVEN} if latin else NOT_READ)


def _whole(word: str) -> re.Pattern[str]:
    """The word, in Latin letters not as a part of another one."""
    before = r"(?<![A-Za-z0-9])" if word[0].isascii() else ""
    behind = r"(?![A-Za-z0-9])" if word[-1].isascii() else ""
    return re.compile(f"{before}{re.escape(word)}{behind}")


def _rows(db: Unit, those: Statement, word: str) -> Iterator[Any]:
    """Every row with the word somewhere in it, a few hundred at a time."""
    written = to_json(word).decode()[1:-1]
    for special in (_ESCAPE, "%", "_"):
        written = written.replace(special, _ESCAPE + special)
    asked = {"somewhere": f"%{written}%", "least": "", "above": 0}
    while rows := those.rows(db, asked):
        yield from rows
        asked |= {"least": rows[-1].id, "above": rows[-1].id}


_SOMEWHERE = bindparam("somewhere", type_=Text())
_CARDS = Statement(
    select(CARD.id, CARD.body)
    .where(CARD.id > bindparam("least"), CARD.body.like(_SOMEWHERE, escape=_ESCAPE))
    .order_by(CARD.id)
    .limit(AT_ONCE)
    .with_for_update()
)
_SAYS = Statement(
    update(CardRow).where(CARD.id == bindparam("wanted")).values(body=bindparam("words"))
)
_MESSAGES = Statement(
    select(JOB.c.id, JOB.c.payload)
    .where(JOB.c.id > bindparam("above"), JOB.c.lane.startswith("outbox:"))
    .where(type_coerce(JOB.c.payload, Text).like(_SOMEWHERE, escape=_ESCAPE))
    .order_by(JOB.c.id)
    .limit(AT_ONCE)
    .with_for_update()
)
_HOLDS = Statement(
    update(JOB).where(JOB.c.id == bindparam("wanted")).values(payload=bindparam("rest"))
)
