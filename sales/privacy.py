"""Rights over personal data: find, export, freeze, erase (PIPL art. 44–47, requirement B58).

Erasing destroys the contact's key and wipes the raw messages that mention them. What stays is
the skeleton: that there was a contact, and the audit rows, which hold ids only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from engine import audit, blobs, jobs, retention, vault
from engine.ids import is_ulid
from engine.masking import plain_digits, plain_text
from engine.statement import Statement
from engine.unit import Unit
from engine.vault import Destroyed, State, Vault
from sales import consents, contacts, finding, leads, names
from sales.contacts import CONTACT, Erased, Known, UnknownContact
from sales.opportunities import OPPORTUNITY
from sales.reach import EVERYTHING

LANE = "erasures"
"""Work that writes down outside the database who was erased."""
SHORTEST_NUMBER = 7
"""Digits a number needs to be looked for in what people wrote."""
SHORTEST_NAME = 2
ACCESS = "access"
"""What an export is for: the person's right to see and copy what is kept (PIPL art. 45)."""


class Meant(NamedTuple):
    """The contacts somebody may mean; `sure` if the words cannot mean any other company's."""

    contacts: Sequence[Known]
    sure: bool


class Basis(StrEnum):
    """Why somebody is erased (PIPL art. 47 paragraph 1)."""

    REQUEST = "request"
    WITHDRAWN = "withdrawn"
    PURPOSE = "purpose"
    PERIOD = "period"
    UNLAWFUL = "unlawful"


BASIS_NAMES: Mapping[str, str] = {
    Basis.REQUEST: "本人要求",
    Basis.WITHDRAWN: "撤回同意",
    Basis.PURPOSE: "目的已达到",
    Basis.PERIOD: "保存期已满",
    Basis.UNLAWFUL: "处理违法",
}
"""Reasons as colleagues call them."""

_USED = Statement(
    select(OPPORTUNITY.number)
    .where(OPPORTUNITY.customer_id == bindparam("customer"))
    .order_by(OPPORTUNITY.number)
)
_ORIGIN = Statement(
    select(CONTACT.source, CONTACT.created_at).where(CONTACT.id == bindparam("wanted"))
)


def find(db: Unit, vault: Vault, words: str) -> Meant:
    """The contacts meant by an id, a phone number, an e-mail address or a customer's name.

    Raises:
        UnknownContact: nobody is meant.
    """
    ids = [words] if is_ulid(words) else contacts.by_number(db, vault, words)
    found = [known for one in ids if (known := contacts.get(db, vault, one)) is not None]
    if found:
        return Meant(found, sure=True)
    named = finding.find(db, words, EVERYTHING).customers
    found = [known for one in named for known in contacts.of_customer(db, vault, one.id)]
    if not found:
        raise UnknownContact
    wanted = names.forms(words).core
    return Meant(found, sure=[names.forms(one.name).core for one in named] == [wanted])


def bundle(db: Unit, vault_: Vault, contact_id: str) -> dict[str, Any]:
    """Everything kept about a contact, for machines (PIPL art. 45 paragraph 3).

    Raises:
        Destroyed: the contact was erased.
    """
    known = contacts.get(db, vault_, contact_id)
    if known is None or known.state is State.DESTROYED:
        raise Destroyed
    origin = _ORIGIN.one(db, {"wanted": contact_id})
    return {
        "contact": contact_id,
        "customer": known.customer,
        "source": origin.source,
        "since": origin.created_at.isoformat(timespec="seconds"),
        "state": known.state.value,
        "data": {name: known.values[name] for name in contacts.FIELDS if name in known.values},
        "consents": [
            {"scope": one.scope.value, "since": one.since.isoformat(timespec="seconds"),
             "until": one.until and one.until.isoformat(timespec="seconds"),
             "proof": known.values.get(f"{consents.PROOF}{one.id}", "")}
            for one in consents.of_contact(db, contact_id)
        ],
        "opportunities": [row.number for row in _USED.rows(db, {"customer": known.customer_id})],
    }  # fmt: skip


def written(bundle: Mapping[str, Any]) -> str:
    """A bundle as it is given out, letter by letter."""
    return json.dumps(bundle, ensure_ascii=False, indent=1)


def exported(db: Unit, vault_: Vault, contact_id: str, *, now: datetime) -> str:
    """The bundle as it is given out, and a row in the trail that it was (B58).

    The row has the purpose, the columns, how many records there are (the contact and the
    consents) and the SHA-256 of what is given out.

    Raises:
        Erased: there is nothing any more.
    """
    try:
        found = bundle(db, vault_, contact_id)
    except Destroyed:
        raise Erased from None
    given = written(found)
    detail = {
        "purpose": ACCESS, "fields": sorted(found["data"]), "rows": 1 + len(found["consents"]),
        "sha256": hashlib.sha256(given.encode()).hexdigest(),
    }  # fmt: skip
    audit.record(db, "contact.exported", contacts.subject(contact_id), at=now, detail=detail)
    return given


def freeze(db: Unit, contact_id: str, *, frozen: bool, now: datetime) -> None:
    """Only keep a contact's data from now on, or use it again.

    Raises:
        Erased: there is nothing to freeze.
    """
    of = contacts.subject(contact_id)
    if not vault.freeze(db, of, since=now if frozen else None):
        raise Erased
    action = "contact.frozen" if frozen else "contact.unfrozen"
    audit.record(db, action, of, at=now)


def erase(
    db: Unit, vault_: Vault, contact_id: str, basis: str, *, now: datetime
) -> int:  # fmt: skip
    """Make a contact's data unreadable wherever it lies; how many raw messages were wiped.

    Raises:
        UnknownContact, Erased: there is nobody to erase.
    """
    of = contacts.subject(contact_id)
    known = contacts.get(db, vault_, contact_id)
    if known is None:
        raise UnknownContact
    if not vault.destroy(db, of, now=now):
        raise Erased
    wiped = retention.wipe(db, _Mentions(known.values), now=now)
    blobs.forget_people(db)
    leads.forget(db, contact_id)
    consents.withdraw_all(db, contact_id, now=now)
    audit.record(db, "contact.erased", of, at=now, detail={"basis": basis, "messages": wiped})
    jobs.add(db, LANE, contact_id, {}, due=now, now=now)
    return wiped


class _Mentions:
    """Whether somebody is mentioned: by number, address or name, in any disguise.

    Also by what proves a consent, where it is all or the end of what was written.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        number = vault.normalised("phone", values.get("phone", ""))
        self._number = number if len(number) >= SHORTEST_NUMBER else ""
        words = (plain_text(values.get(name, "")) for name in ("name", "email", "wechat"))
        self._words = tuple(word for word in words if len(word) >= SHORTEST_NAME)
        proofs = (plain_text(proof).split() for proof in consents.proofs(values))
        self._proofs = tuple(f" {' '.join(proof)}" for proof in proofs)

    def __call__(self, text: str) -> bool:
        if self._number and self._number in plain_digits(text):
            return True
        plain = plain_text(text)
        if any(word in plain for word in self._words):
            return True
        return f" {' '.join(plain.split())}".endswith(self._proofs)
