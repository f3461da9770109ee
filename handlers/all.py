"""Every topic by name; a new one is added here and nowhere else."""

from __future__ import annotations

from handlers import customers, help, opportunities  # noqa: A004  the topic's own name
from handlers.api import Registry


def registry() -> Registry:
    """The routes of the whole product."""
    return Registry([opportunities.routes, customers.routes, help.routes])
