"""What the use-cases of leads work with at one moment: the vault, the rules, time and calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from engine.calendar import Calendar
from engine.rulebook import Rulebook
from engine.vault import Vault


class Timed(Protocol):
    """What the clocks of leads are set by: the rules, the working calendar and the moment."""

    @property
    def rules(self) -> Rulebook:
        """What the company has decided."""

    @property
    def calendar(self) -> Calendar:
        """When it works."""

    @property
    def now(self) -> datetime:
        """The moment."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A `Timed` for whoever has no business with people's data."""

    rules: Rulebook
    calendar: Calendar
    now: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """Made by whoever brings something in: a handler, a job, the command line.

    `today` is the business day of `now`.
    """

    vault: Vault
    rules: Rulebook
    calendar: Calendar
    now: datetime
    today: date
