"""Every rule of the product; a new one is added here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine import documents
from engine.unit import Unit
from sales.rules.api import Kind
from sales.rules.assigning_checks import ASSIGNING
from sales.rules.directory import DIRECTORY
from sales.rules.forms import REFERRAL_FORM
from sales.rules.lead_reasons import INVALID_REASONS
from sales.rules.lead_tags import LEAD_TAGS
from sales.rules.lead_times import LEAD_TIMES, POOL
from sales.rules.limits import LIMITS
from sales.rules.pushes import PUSHES
from sales.rules.quota import QUOTA
from sales.rules.retention import RETENTION
from sales.rules.talk import TALK
from sales.rules.terms import INDUSTRIES, REGIONS, SOURCES, STATES
from sales.rules.texts import SENTENCES
from sales.rules.unfinished import UNFINISHED

KINDS: Sequence[Kind[Any]] = (
    UNFINISHED, PUSHES, LIMITS, QUOTA, SENTENCES, REFERRAL_FORM, RETENTION, DIRECTORY,
    ASSIGNING, LEAD_TIMES, POOL, LEAD_TAGS, INVALID_REASONS, INDUSTRIES, REGIONS, SOURCES, STATES,
    TALK,
)  # fmt: skip
PROVIDED = "随产品提供"


def provide(db: Unit, now: datetime) -> None:
    """Have every rule published at least as the product brings it."""
    documents.provide(db, {kind.name: kind.defaults for kind in KINDS}, PROVIDED, now=now)
