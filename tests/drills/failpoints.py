"""Places where a process may die, fail or hang, named; the product knows nothing of them.

A point stands before or after one call of a function of the product. `launched.py` puts it
into a process that is about to start; at the n-th passage the process kills itself with -9,
raises, or hangs, and notes first, in a file, that it was there.
"""

import functools
import inspect
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at which passage of which point.

    act: "kill" at once, "late" (hang until whoever waits has been told something, then kill),
    "raise", or "hang".
    """

    point: str
    act: str = "kill"
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Point:
    """Before (or after) a call of `target`, written "module:Class.function".

    Only calls for which `of(*args, result=…)` is true count. `silent` is True where nothing can
    be raised, because no code of ours stands there. `lane` says whose work is interrupted.
    """

    lane: str
    target: str
    after: bool = False
    of: Callable[..., bool] = lambda *_, **__: True
    silent: bool = False


LATE = 2.5
"""Seconds; longer than an acknowledgement may wait."""


class Hit(RuntimeError):
    """Raised by a fault of act "raise"."""


def _lane(name):
    """A call about a job (or with a result) of lanes that begin so."""

    def of(*args, result=None, **_):
        told = [arg for arg in args if isinstance(arg, str)]
        found = result if isinstance(result, list) else [result] if result else []
        lanes = told or [job.lane for job in (*args, *found) if hasattr(job, "lane")]
        asked_for = told and isinstance(result, list) and not result
        return bool(lanes) and not asked_for and lanes[0].startswith(name)

    return of


def _unit(name):
    """A unit of work of the writer whose function is called so."""
    return lambda unit, *_, **__: name in getattr(unit.work, "func", unit.work).__qualname__


def _some(*_, result, **__):
    return bool(result)


def _runs(name):
    """A lane called so works off a job."""
    return lambda lane, *_, **__: lane.lane.startswith(name)


SETTLE = "engine.writer:_Work.settle"
"""Called when the commit has happened and nobody knows yet."""
ATTEMPT = "engine.writer:_Work.attempt"
MIGRATE = "alembic.operations.base:AbstractOperations.invoke"
ACCEPT = "receive.<locals>.accept"

INBOX = {
    "accept-uncommitted": Point("inbox", "engine.jobs:add", after=True, of=_lane("inbox")),
    "accept-done": Point("inbox", ATTEMPT, after=True, of=_unit(ACCEPT), silent=True),
    "accept-committed": Point("inbox", SETTLE, of=_unit(ACCEPT), silent=True),
    "handler-unfenced": Point("inbox", "bot.handling:Units.change"),
    "handler-fenced": Point("inbox", "engine.jobs:finish", after=True, of=_lane("inbox")),
    "handler-done": Point("inbox", "bot.dispatch:Dispatcher.run", after=True),
    "handler-posted": Point("inbox", "cards.outbox:post", after=True),
    "handler-committed": Point("inbox", SETTLE, of=_unit("follow.<locals>"), silent=True),
    "handler-unanswered": Point("inbox", "bot.web.front:Front._answer", after=True),
    "suspect-claimed": Point("suspect", "bot.inbox:Inbox._handle"),
    "suspect-done": Point("suspect", "bot.dispatch:Dispatcher.run", after=True),
    "reaped-uncommitted": Point("suspect", "engine.jobs:reap", after=True, of=_some),
}
OUTBOX = {
    "outbox-claiming": Point("outbox", "engine.jobs:claim", after=True, of=_lane("outbox")),
    "outbox-claimed": Point("outbox", "bot.delivery:Courier._carry"),
    "outbox-sending": Point("outbox", "bot.delivery:Courier._transmit"),
    "outbox-sent": Point("outbox", "bot.delivery:Courier._transmit", after=True),
    "outbox-settling": Point("outbox", "bot.delivery:Courier._settle", after=True),
    "outbox-settled": Point("outbox", SETTLE, of=_unit("Courier._settle"), silent=True),
}
CLOCK = {
    "timer-swept": Point("timer", "engine.deadlines_due:enqueue_due", after=True),
    "timer-claimed": Point("timer", "bot.lanes:Lane._run", of=_runs("timer")),
    "timer-fired": Point("timer", "engine.deadlines_due:fire", after=True, of=_some),
    "timer-said": Point("timer", "bot.timers:remind", after=True),
    "cron-ticked": Point("cron", "engine.slots:arm", after=True, of=_some),
    "cron-claimed": Point("cron", "bot.lanes:Lane._run", of=_runs("cron")),
    "cron-done": Point("cron", "bot.cron:Cron._work", after=True),
    "cron-committed": Point("cron", SETTLE, of=_unit("Lane._run.<locals>"), silent=True),
    "migrating": Point("start", MIGRATE, after=True, silent=True),
}
POINTS = {**INBOX, **OUTBOX, **CLOCK}


def install(fault, notes: Path):
    """Put a fault into this process; that it was reached is written into `notes`."""
    point = POINTS[fault.point]
    module, _, path = point.target.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, import_module(module))
    call, passed = getattr(owner, name), 0

    def passes(*args, result=None):
        nonlocal passed
        if not point.of(*args, result=result):
            return
        passed += 1
        if passed == fault.nth:
            _strike(fault, notes)

    def around(*args, **kwargs):
        if not point.after:
            passes(*args)
            return call(*args, **kwargs)
        result = call(*args, **kwargs)
        passes(*args, result=result)
        return result

    async def around_async(*args, **kwargs):
        if not point.after:
            passes(*args)
            return await call(*args, **kwargs)
        result = await call(*args, **kwargs)
        passes(*args, result=result)
        return result

    wrapper = around_async if inspect.iscoroutinefunction(call) else around
    setattr(owner, name, functools.wraps(call)(wrapper))


def _strike(fault, notes):
    with notes.open("a") as file:
        file.write(f"{fault.point}\n")
        file.flush()
    if fault.act == "late":
        time.sleep(LATE)
    if fault.act in {"kill", "late"}:
        os.kill(os.getpid(), signal.SIGKILL)
    if fault.act == "raise":
        raise Hit(fault.point)
    time.sleep(3600)
