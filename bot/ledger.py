"""The ledger of what a platform sells by the month: every call and every push, once (§1.5).

Counted when the platform has carried it out, also if it refused what was asked. What could not
be written down is owed and written with the next.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

import structlog

from bot.clock import Clock
from bot.platforms.api import Answer, Inbound, Receive
from engine import quota
from engine.database import Database
from engine.quota import CALLS, PUSHES
from engine.writer import Stopped

log = structlog.get_logger(__name__)

FREE_EVENTS = ("user_add_org", "user_modify_org", "user_leave_org", "org_dept_")
"""What events of the directory begin with; they are not counted."""


class Ledger:
    """Counts for one organisation."""

    def __init__(self, database: Database, clock: Clock, account: str) -> None:
        self._database = database
        self._clock = clock
        self._account = account
        self._owed = {CALLS: 0, PUSHES: 0}
        self._lock = threading.Lock()

    def call(self) -> None:
        """Count a call that was carried out."""
        self._count(CALLS)

    def counted(self, receive: Receive) -> Receive:
        """`receive`, with every event the platform pushed counted once."""

        async def counting(inbound: Inbound) -> Answer:
            answer = await receive(inbound)
            free = inbound.kind == "other" and inbound.text.startswith(FREE_EVENTS)
            if not (answer.duplicate or free):
                self._count(PUSHES)
            return answer

        return counting

    def _count(self, kind: str) -> None:
        with self._lock:
            count, self._owed[kind] = self._owed[kind] + 1, 0
        now = self._clock.now()
        try:
            done = self._database.writer.submit(
                lambda db: quota.add(db, self._account, kind, count, now=now)
            )
        except Stopped:
            log.warning("ledger.stopped", account=self._account, kind=kind, lost=count)
            return

        def noted(written: Future[None]) -> None:
            if (failure := written.exception()) is not None:
                log.warning("ledger.not_written", kind=kind, reason=type(failure).__name__)
                with self._lock:
                    self._owed[kind] += count

        done.add_done_callback(noted)
