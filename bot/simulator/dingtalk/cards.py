"""Card instances of the fake, and what each reader's phone shows of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import structlog

from bot.simulator.dingtalk.faults import NAME, ApiFault
from bot.simulator.phones import Phones

log = structlog.get_logger(__name__)

VALUE_BYTES = 1024
"""A variable's documented size; an official example sends more, so the fake only warns."""
_ALL_BYTES = 100 * 1024


@dataclass(slots=True)
class Instance:
    """One card: what all see, what only one sees, and what only the presser sees so far."""

    ref: str
    callback: str
    route: str
    public: dict[str, str]
    private: dict[str, dict[str, str]] = field(default_factory=dict)
    answered: dict[str, dict[str, str]] = field(default_factory=dict)

    def seen_by(self, account: str) -> dict[str, str]:
        """The variables as drawn for one reader: public ones, overlaid by private ones."""
        return self.answered.get(account) or self.public | self.private.get(account, {})

    def update(self, public: dict[str, str] | None, private: dict[str, Any], by_key: Any) -> None:
        """The update API; without the "by key" flags what is not named is gone."""
        if public is not None:
            kept = self.public if by_key.get("updateCardDataByKey") is True else {}
            self.public = kept | public
        for account, data in private.items():
            mine = self.private.get(account, {})
            kept = mine if by_key.get("updatePrivateDataByKey") is True else {}
            self.private[account] = kept | params(data)
        self.answered.clear()

    def answer(self, account: str, response: dict[str, Any]) -> None:
        """The response to a press: the presser sees it at once, others wait for an update."""
        by_key = response.get("cardUpdateOptions") or {}
        kept = self.seen_by(account) if by_key.get("updateCardDataByKey") is True else {}
        shown = params(response.get("cardData"))
        self.answered[account] = kept | shown | params(response.get("userPrivateData"))


class Cards:
    """All instances by `outTrackId`, drawn on the phones."""

    def __init__(self, phones: Phones) -> None:
        self._phones = phones
        self._instances: dict[str, Instance] = {}

    def add(self, instance: Instance, readers: list[str]) -> None:
        """Deliver a new card.

        Raises:
            ApiFault: there is one with this outTrackId.
        """
        if instance.ref in self._instances:
            raise ApiFault("param.cardAlreadyExist")
        self._instances[instance.ref] = instance
        for reader in readers:
            wire = dict(instance.seen_by(reader))
            self._phones.show(NAME, reader, "card", wire, ref=instance.ref)

    def get(self, ref: str) -> Instance:
        """The card with this outTrackId.

        Raises:
            ApiFault: there is none.
        """
        if ref not in self._instances:
            raise ApiFault("param.cardNotExist")
        return self._instances[ref]

    def redraw(self, instance: Instance) -> None:
        """Show a changed card on every phone that has it."""
        for message in self._phones.with_ref(NAME, instance.ref):
            wire = dict(instance.seen_by(message.account))
            if wire != message.wire:
                self._phones.change(message.id, wire=wire, state="updated")


def params(data: Any) -> dict[str, str]:
    """The `cardParamMap` in `data`.

    Raises:
        ApiFault: a value is no string, or all together are too large.
    """
    found = (data or {}).get("cardParamMap") if isinstance(data or {}, dict) else None
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ApiFault("param.invalid")
    if sum(len(v.encode()) for v in found.values()) > _ALL_BYTES:
        raise ApiFault("param.invalid")
    for name, value in found.items():
        if name != "form" and len(value.encode()) > VALUE_BYTES:
            log.warning("dingtalk_fake_value_over_1_kb", variable=name)
        if name not in template_variables():
            log.warning("dingtalk_fake_variable_not_in_template", variable=name)
    return found


@cache
def template_variables() -> frozenset[str]:
    """The variables of the template the product ships."""
    folder = resources.files("bot.platforms.dingtalk") / "templates"
    export = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return frozenset(v["name"] for v in json.loads(export["editorData"])["variableList"])
