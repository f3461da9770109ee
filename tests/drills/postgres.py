"""A PostgreSQL of a drill's own, which may be stopped at once and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests import postgres_kit
from tests.postgres_kit import UNPRIVILEGED

SWITCHES = ["-c", "fsync=off", "-c", "synchronous_commit=on", "-c", "max_connections=60"]
"""The machine stays up, so nothing has to reach the disk; but it has to leave the process."""


class Server:
    """One server; `url` is a database of its own in it."""

    def __init__(self, base, folder, as_user, host):
        self._base, self._data, self._folder, self._as_user = base, base / "data", folder, as_user
        self._host = host
        self.server = URL.create(
            "postgresql+psycopg", "postgres", database="postgres", query={"host": str(base)}
        )

    def start(self):
        """Start it (again) and wait until it answers; after a crash it recovers first."""
        log = self._base / "log"
        with log.open("ab") as written:
            self._running = subprocess.Popen(
                [self._folder / "postgres", "-D", self._data, "-h", self._host, "-k", self._base,
                 *SWITCHES],
                stdout=subprocess.DEVNULL, stderr=written, cwd=self._base,
                start_new_session=True, **self._as_user,
            )  # fmt: skip
        postgres_kit._answering(self.server, self._running, log)

    def crash(self):
        """What `pg_ctl stop -m immediate` does: everybody out, no checkpoint."""
        self._stop(signal.SIGQUIT)

    def _stop(self, how):
        if self._running.poll() is None:
            self._running.send_signal(how)
            self._running.wait(postgres_kit.START_SECONDS)


@contextmanager
def own_server(host=""):
    """A running server with an empty database; gone afterwards, also if it was stopped.

    It listens on a Unix socket, and on PostgreSQL's port of `host` if one is given.
    """
    folder = postgres_kit.binaries()
    if folder is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no PostgreSQL of our own to start")
    base = Path(tempfile.mkdtemp(prefix="jianliu-pg-"))
    as_user = {}
    if os.geteuid() == 0:
        as_user = {"user": UNPRIVILEGED, "extra_groups": []}
        shutil.chown(base, UNPRIVILEGED)
        folder = postgres_kit._within_reach(folder, base)
    made = Server(base, folder, as_user, host)
    try:
        postgres_kit._initdb(folder, base / "data", as_user)
        made.start()
        with postgres_kit.fresh(made.server) as made.url:
            try:
                yield made
            finally:
                if made._running.poll() is not None:
                    made.start()
        made._stop(signal.SIGINT)
    finally:
        shutil.rmtree(base)
