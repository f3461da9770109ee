"""Where the rows go: files on a real disk, or a PostgreSQL database made for the run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import create_engine, make_url, text

SYNCS = 100


@contextmanager
def fresh(folder: Path, postgres: str) -> Iterator[tuple[str, str]]:
    """Empty databases for the product and for the plain app, gone afterwards.

    `postgres` is the address of a server on which we may create a database ("": SQLite in
    `folder`); commits wait for the disk there as well.
    """
    if not postgres:
        yield f"sqlite:///{folder / 'jianliu.db'}", f"sqlite:///{folder / 'plain.db'}"
        return
    name = f"jianliu_bench_{os.getpid()}"
    server = make_url(postgres).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
            connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = on"))
        made = server.set(database=name).render_as_string(hide_password=False)
        yield made, made
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        engine.dispose()


def storage(folder: Path, postgres: str) -> str:
    """One line on how durable and how fast the place is: without it no figure means anything."""
    if postgres:
        engine = create_engine(make_url(postgres).set(drivername="postgresql+psycopg"))
        try:
            with engine.connect() as connection:
                number = connection.scalar(text("SHOW server_version"))
                fsync = connection.scalar(text("SHOW fsync"))
        finally:
            engine.dispose()
        return f"PostgreSQL {number}，synchronous_commit=on，fsync={fsync}"
    return f"SQLite，WAL，synchronous=FULL；这块盘一次 fsync {_sync(folder):.2f} 毫秒（中位数）"


def _sync(folder: Path) -> float:
    """Milliseconds of one appended page and its fsync; the median."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            began = perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return median(took) * 1000
