"""What the use-cases of leads work with at one moment: the vault, the rules, time and calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from engine.calendar import Calendar
from engine.rulebook import Rulebook
from engine.vault import Vault


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
