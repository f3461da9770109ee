"""The command line with leases of two seconds, so that tests need not wait for thirty."""

from datetime import timedelta

from bot import delivery, inbox, lanes

inbox.LEASE = delivery.LEASE = lanes.LEASE = timedelta(seconds=2)
delivery.START_SECONDS, delivery.SEND_SECONDS = 0.6, 1.0

if __name__ == "__main__":
    from bot.cli import main

    main()
