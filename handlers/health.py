"""`/体检`: how the machinery is, red points first, each with what to do."""

from __future__ import annotations

from datetime import timedelta

from cards import health as cards
from cards import quota, unreached
from cards.health import Found
from cards.model import Content
from engine import runs, vitals
from handlers.api import Ctx, Routes

routes = Routes("health")

LATELY = timedelta(days=7)


@routes.query(
    "体检", alias="health", summary="看看系统哪里要处理", example="/体检", permission="health"
)
def show(ctx: Ctx) -> Content:
    """Database, processes, backlog, dead letters, calendar, and every regular job's last run."""
    calendar, since = ctx.calendars.current(ctx.db), ctx.now - LATELY
    found = Found(
        database=ctx.db.dialect.name,
        size=vitals.size(ctx.db),
        vitals=vitals.vitals(ctx.db, now=ctx.now),
        regular=tuple(runs.record(ctx.db, name, since=since) for name in cards.JOB_NAMES),
        covered=calendar.covered_until(ctx.today),
        missing=calendar.notice_needed(ctx.today),
        unreached=unreached.find(ctx.db),
        gauges=tuple(quota.gauges(ctx.db, ctx.rules, calendar, now=ctx.now)),
    )
    return cards.report(found, now=ctx.now, zone=calendar.zone, flow=ctx.flow)
