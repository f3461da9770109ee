"""Keeping the background loops alive: one that fails is started again, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from engine.writer import Stopped

log = structlog.get_logger(__name__)

RESTART_SECONDS = 1.0


async def forever(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run `loop` until it ends by itself, the database closes, or we are cancelled."""
    while True:
        try:
            await loop()
        except Stopped:
            return
        except Exception:
            log.exception("loop.failed", loop=name)
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return
