"""Slow work: what takes longer than a transaction may, or needs the outside, as durable jobs.

A handler only asks for it and says so; the result is posted when it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import jobs
from engine.unit import Unit

LANE = "slow"


def ask(db: Unit, work: str, about: Mapping[str, Any], *, key: str, now: datetime) -> bool:
    """Have `work` done; False when the same `key` was asked for before."""
    payload = {"work": work, "about": dict(about), "cause": db.cause}
    return jobs.add(db, LANE, f"{work}/{key}", payload, due=now, now=now) is not None
