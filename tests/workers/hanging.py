"""The quick command line, in which one line of chat never comes back from its handler."""

import threading

from bot import watchdog
from bot.handling import Units
from tests.workers import quick  # noqa: F401  its short leases

change = Units.change


def hangs(self, db, event):
    if event.inbound.text == "挂住":
        threading.Event().wait()
    return change(self, db, event)


Units.change = hangs
watchdog.TICK, watchdog.DEAD_SECONDS = 0.05, 20

if __name__ == "__main__":
    from bot.cli import main

    main()
