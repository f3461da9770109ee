"""What this process counts, for Prometheus; `docs/operators.md` says what each number means.

A label is a platform, a reason or a code: never a person, a customer or a word somebody said.
Counting costs a microsecond or two, because a counter of given labels is looked up once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from functools import cache

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from bot.platforms.api import Answer, Inbound, Outcome, Receipt, Receive, Unavailable
from engine.vitals import Lane, Vitals

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Bucket borders: DingTalk waits 2 s for an acknowledgement, WeCom 5; a call may take 15."""
CODE = re.compile(r"http \d{3}|[\w.-]{1,60}", re.IGNORECASE)
"""What a platform's error begins with; what follows is for the log."""

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the lines
COUNTED = CollectorRegistry()
ProcessCollector(registry=COUNTED)

_CALLBACKS = Counter("jianliu_callbacks", "Events received.", ["platform", "outcome"],
                     registry=COUNTED)  # fmt: skip
_REJECTED = Counter("jianliu_callbacks_rejected", "Callbacks that are not authentic or not well "
                    "formed.", ["platform", "reason"], registry=COUNTED)  # fmt: skip
_FLOODED = Counter("jianliu_flood_dropped", "Events dropped because one person sent too many.",
                   ["platform"], registry=COUNTED)  # fmt: skip
_ACK = Histogram("jianliu_ack_seconds", "From an event's arrival to its acknowledgement.",
                 ["platform"], buckets=SECONDS, registry=COUNTED)  # fmt: skip
_HANDLE = Histogram("jianliu_handle_seconds", "From the start of an event's handling to its "
                    "commit.", buckets=SECONDS, registry=COUNTED)  # fmt: skip
_REFUSALS = Counter("jianliu_refusals", "Requests the rules turned down.", ["code"],
                    registry=COUNTED)  # fmt: skip
_INCIDENTS = Counter("jianliu_incidents", "Events given up with a number.", registry=COUNTED)
_SENT = Counter("jianliu_messages_sent", "Messages the platform took.", ["platform"],
                registry=COUNTED)  # fmt: skip
_FAILED = Counter("jianliu_messages_failed", "Attempts to send that failed.",
                  ["platform", "reason"], registry=COUNTED)  # fmt: skip
_ERRORS = Counter("jianliu_platform_errors", "Error codes the platforms answered with.",
                  ["platform", "code"], registry=COUNTED)  # fmt: skip
_SEND = Histogram("jianliu_send_seconds", "One attempt to send a message.", ["platform"],
                  buckets=SECONDS, registry=COUNTED)  # fmt: skip


@cache
def _callbacks(platform: str, outcome: str) -> Counter:
    return _CALLBACKS.labels(platform, outcome)


@cache
def _ack(platform: str) -> Histogram:
    return _ACK.labels(platform)


def metered(receive: Receive) -> Receive:
    """`receive`, counted and timed."""

    async def counted(inbound: Inbound) -> Answer:
        began = time.perf_counter()
        try:
            answer = await receive(inbound)
        except Unavailable:
            _callbacks(inbound.platform, "unavailable").inc()
            raise
        _ack(inbound.platform).observe(time.perf_counter() - began)
        outcome = "duplicate" if answer.duplicate else "accepted"
        _callbacks(inbound.platform, outcome).inc()
        return answer

    return counted


def rejected(platform: str, reason: str) -> None:
    """A callback was turned away; `reason` is that of its `BadCallback`."""
    _REJECTED.labels(platform, reason).inc()


def flooded(platform: str) -> None:
    """An event was dropped, because its sender had sent too many."""
    _FLOODED.labels(platform).inc()


def handled(seconds: float) -> None:
    """An event was handled, whatever came of it."""
    _HANDLE.observe(seconds)


def refused(code: str) -> None:
    """A request was turned down by the rule of this code."""
    _REFUSALS.labels(code).inc()


def incident() -> None:
    """An event was given up; the person got a number."""
    _INCIDENTS.inc()


def attempted(platform: str, outcomes: Iterable[Outcome], seconds: float) -> None:
    """One call was tried, for one person's message or for several."""
    _SEND.labels(platform).observe(seconds)
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            _SENT.labels(platform).inc()
            continue
        _FAILED.labels(platform, outcome.reason).inc()
        if found := CODE.match(outcome.detail):
            _ERRORS.labels(platform, found[0]).inc()


def exposition(vitals: Vitals | None, sizes: dict[str, float]) -> bytes:
    """Everything counted, and the state at this moment, in Prometheus' text format.

    `vitals` None: the database does not answer. `sizes` are numbers by metric name.
    """
    state = CollectorRegistry()

    def show(name: str, help_text: str, values: dict[tuple[str, ...], float], *labels: str) -> None:
        gauge = Gauge(f"jianliu_{name}", help_text, labels, registry=state)
        for key, value in values.items():
            (gauge.labels(*key) if labels else gauge).set(value)

    show("database_up", "Whether the database answers.", {(): float(vitals is not None)})
    for name, value in sizes.items():
        show(name, "Of the SQLite database.", {(): value})
    if vitals is not None:
        lanes = vitals.lanes
        show("jobs", "Jobs by lane and state.", dict(_states(lanes)), "lane", "state")
        show("lane_late_seconds", "How long the oldest job that could be done now has been due.",
             {(lane.name,): lane.late.total_seconds() for lane in lanes}, "lane")  # fmt: skip
        show("lane_oldest_seconds", "How long ago the oldest open job was stored.",
             {(lane.name,): lane.oldest.total_seconds() for lane in lanes}, "lane")  # fmt: skip
        show("deadlines_overdue", "Deadlines whose reminder should have gone out.",
             {(): vitals.overdue})  # fmt: skip
        show("reminders_late_seconds", "How long the first of them waits.",
             {(): vitals.reminders_late.total_seconds()})  # fmt: skip
        show("cron_done_seconds", "How long ago the newest slot that was done was due.",
             {(job,): age.total_seconds() for job, age in vitals.ran.items()}, "job")  # fmt: skip
        show("processes", "Processes heard of in the last 30 s.",
             dict(vitals.processes.items()), "role", "version")  # fmt: skip
    return prometheus_client.generate_latest(COUNTED) + prometheus_client.generate_latest(state)


def _states(lanes: tuple[Lane, ...]) -> Iterator[tuple[tuple[str, str], float]]:
    for lane in lanes:
        for state in ("open", "leased", "dead", "uncertain"):
            yield (lane.name, state), getattr(lane, state)
