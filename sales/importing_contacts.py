"""The people a customer list names: found again by number, else by name, or new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.unit import Unit
from engine.vault import State, Vault, normalised
from sales import contacts

COLUMNS: Mapping[str, str] = {
    "contact": "name",
    "phone": "phone",
    "email": "email",
    "wechat": "wechat",
}
"""What a contact's fields are called among the columns of a line."""


class _Person:
    """Somebody at a customer: `had` was known before, `told` is new; a frozen one learns nothing.

    `id` "" is somebody new.
    """

    def __init__(
        self, contact_id: str, customer_id: str, had: Mapping[str, str], *, frozen: bool = False
    ) -> None:
        self.id, self.customer_id, self.had, self.frozen = contact_id, customer_id, had, frozen
        self.told: dict[str, str] = {}

    def value(self, field: str) -> str:
        return self.had.get(field) or self.told.get(field, "")

    def is_meant_by(self, values: Mapping[str, str]) -> bool:
        """The numbers decide, if both are known; else the names; else nothing speaks against it."""
        mine, other = (
            normalised("phone", v) for v in (self.value("phone"), values.get("phone", ""))
        )
        if mine and other:
            return mine == other
        name, other_name = self.value("name"), values.get("name", "")
        return name == other_name or not (name and other_name)


class People:
    """Gathers what an import says about contacts, then writes it."""

    def __init__(self, db: Unit, vault: Vault, source: str, now: datetime) -> None:
        self._db, self._vault, self._source, self._now = db, vault, source, now
        self._at: dict[str, list[_Person]] = {}

    def take(
        self, customer_id: str, line: Mapping[str, Any], known: Iterable[_Person] | None = None
    ) -> bool:
        """Whether the line says anything new about a contact; `known` () for a new customer."""
        values = {
            field: str(line[column]).strip()
            for column, field in COLUMNS.items()
            if line.get(column)
        }
        if not values:
            return False
        if customer_id not in self._at:
            self._at[customer_id] = self._known(customer_id) if known is None else list(known)
        there = self._at[customer_id]
        person = next((one for one in there if one.is_meant_by(values)), None)
        if person is None:
            person = _Person("", customer_id, {})
            there.append(person)
        if person.frozen:
            return False
        new = {field: value for field, value in values.items() if not person.value(field)}
        person.told |= new
        return bool(new)

    def write(self) -> None:
        """Store the new contacts, and what was learnt about the others."""
        for person in (one for there in self._at.values() for one in there if one.told):
            if person.id:
                contacts.complete(self._db, self._vault, person.id, person.told, now=self._now)
            else:
                contacts.add(self._db, self._vault, person.customer_id, person.told,
                             source=self._source, now=self._now)  # fmt: skip

    def _known(self, customer_id: str) -> list[_Person]:
        return [
            _Person(one.id, customer_id, one.values, frozen=one.state is State.FROZEN)
            for one in contacts.of_customer(self._db, self._vault, customer_id)
        ]
