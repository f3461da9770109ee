"""A pulled cable, in a network of its own: how long does it take until we hear of it?

Started by `unshare --net`, so that the loopback it takes down is nobody else's.
"""

import subprocess
import sys
import time

from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from engine import database as product
from engine.database import Database
from tests.drills.postgres import own_server

WRITE = text("CREATE TABLE note (words text)")
PATIENCE = 40


def pulled(silent_ms, connect_seconds):
    """Print the seconds from a statement on a dead line to its failure, with these limits."""
    product.SILENT_MS, product.CONNECT_SECONDS = silent_ms, connect_seconds
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with own_server("127.0.0.1") as server:
        url = make_url(server.url).set(host="127.0.0.1", query={})
        database = Database(url.render_as_string(hide_password=False))
        database.writer.run(lambda db: db.execute(WRITE).rowcount)
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
        began = time.monotonic()
        failure = database.writer.submit(lambda db: db.execute(WRITE).rowcount).exception(PATIENCE)
        assert isinstance(failure, OperationalError)
        print(time.monotonic() - began)  # noqa: T201  what the drill reads
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        database.close()


if __name__ == "__main__":
    pulled(*map(int, sys.argv[1:]))
