"""Every regular job and every reaction to a deadline; a new one is added here, nowhere else."""

from __future__ import annotations

from scheduler import (
    audit,
    calendar,
    directory,
    lead_times,
    leads,
    morning,
    pushes,
    unfinished,
    unreached,
    upkeep,
)
from scheduler.api import CronJob
from scheduler.deadlines_api import Reaction


def jobs() -> list[CronJob]:
    """The regular jobs of the whole product."""
    return [
        audit.anchor,
        calendar.warn,
        directory.read,
        lead_times.warn,
        morning.write,
        unreached.warn,
        upkeep.clean_up,
        upkeep.look_after_database,
        upkeep.put_away,
        upkeep.put_away_cards,
    ]


def reactions() -> list[Reaction]:
    """What happens when a deadline fires, kind by kind."""
    return [
        unfinished.remind, pushes.again, leads.unassigned, leads.unopened, leads.not_called,
        leads.not_contacted,
        leads.idle,
    ]  # fmt: skip
