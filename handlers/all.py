"""Every topic by name; a new one is added here and nowhere else."""

from __future__ import annotations

from handlers import (
    audit,
    away,
    binding,
    contacts,
    customers,
    directory,
    directory_events,
    health,
    help,  # noqa: A004  the topic's own name
    imports,
    lead_care,
    lead_conflicts,
    lead_export,
    lead_outcome,
    lead_times,
    leads,
    messages,
    operations,
    opportunities,
    people,
    privacy,
    pushes,
    rules,
    talk,
    talk_editing,
    unfinished,
)
from handlers.api import Registry


def registry() -> Registry:
    """The routes of the whole product."""
    return Registry([
        opportunities.routes, leads.routes, lead_care.routes, lead_outcome.routes,
        lead_conflicts.routes, lead_export.routes, lead_times.routes, customers.routes,
        health.routes, operations.routes, people.routes, directory.routes,
        directory_events.routes, binding.routes, away.routes, rules.routes, audit.routes,
        contacts.routes, privacy.routes, messages.routes, talk.routes, talk_editing.routes,
        unfinished.routes, pushes.routes, imports.routes, help.routes,
    ])  # fmt: skip
