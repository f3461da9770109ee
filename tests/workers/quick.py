"""What is changed in a process before it starts, so that tests need not wait for half a minute."""

import threading
from datetime import timedelta

from bot import delivery, inbox, lanes, watchdog
from bot.handling import Units


def short_leases():
    """Leases of two seconds, and messages nobody waits for long."""
    inbox.LEASE = delivery.LEASE = lanes.LEASE = timedelta(seconds=2)
    delivery.START_SECONDS, delivery.SEND_SECONDS = 0.6, 1.0


def hanging():
    """One line of chat never comes back from its handler."""
    short_leases()
    change = Units.change

    def hangs(self, db, event):
        if event.inbound.text == "挂住":
            threading.Event().wait()
        return change(self, db, event)

    Units.change = hangs
    watchdog.TICK, watchdog.DEAD_SECONDS = 0.05, 20
