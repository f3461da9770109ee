"""What the simulated organisation has set up, and what every part of the fake stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.settings import DingTalkSettings
from bot.simulator.chaos import Chaos
from bot.simulator.dingtalk.faults import NAME
from bot.simulator.dingtalk.wires import masked, raw
from bot.simulator.phones import Phones
from bot.simulator.wire import Direction, WireLog

API_QUOTA = 5000
"""Paid calls a month in the standard edition, since 2025-11-19."""

PUSH_QUOTA = 3000
"""Pushed messages and events a month in the standard edition."""


@dataclass(slots=True)
class Org:
    """The organisation and its app; tests turn these knobs.

    `robot_enabled` False: nobody may be written to. `published` False: the robot hears people
    but is not told who they are. `missing_scopes`: permissions not granted. `flow_controlled`:
    accounts whose messages are held back although the answer is 200. `unpublished`: templates
    that were saved but never published. `group_robots`: secrets of custom robots by their
    token. `zombie`: connections stay open but nothing comes over them. `redeliver_after`:
    seconds until an unacknowledged push comes again. `stall`: seconds a call hangs in the
    fault "timeout", after it has been carried out. `farewell`: seconds between `disconnect`
    and the end of the connection.
    """

    robot_enabled: bool = True
    published: bool = True
    missing_scopes: set[str] = field(default_factory=set)
    flow_controlled: set[str] = field(default_factory=set)
    unpublished: set[str] = field(default_factory=set)
    group_robots: dict[str, str] = field(default_factory=dict)
    zombie: bool = False
    api_quota: int = API_QUOTA
    push_quota: int = PUSH_QUOTA
    redeliver_after: float = 60
    stall: float = 6
    farewell: float = 10


@dataclass(frozen=True, slots=True)
class Ground:
    """The demo around the fake: one app, the phones, the simulated clock, the wire log."""

    settings: DingTalkSettings
    org: Org
    phones: Phones
    now: Callable[[], datetime]
    wire: WireLog
    chaos: Chaos

    def note(self, direction: Direction, summary: str, body: Any, answer: Any) -> None:
        """Write one exchange into the wire log, secrets masked."""
        self.wire.add(
            NAME, direction, summary, raw=raw(body), decoded=masked(body), answer=masked(answer)
        )
