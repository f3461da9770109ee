"""The loop that inbox, couriers, lanes and timers share."""

from __future__ import annotations

import asyncio

from bot.rounds import Rounds


class Idle(Rounds):
    """Has nothing to do for a long time."""

    async def round(self) -> float:
        return 60.0


def test_a_loop_that_is_woken_in_the_moment_it_is_stopped_is_stopped() -> None:
    async def main() -> None:
        loop = Idle()
        running = asyncio.create_task(loop.run())
        await asyncio.sleep(0.01)
        loop.wake.set()
        await asyncio.sleep(0)  # the wait is over, and nobody has been told yet
        running.cancel()
        await asyncio.wait({running}, timeout=1)
        assert running.cancelled()

    asyncio.run(main())
