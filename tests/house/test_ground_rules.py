"""What `tests/conftest.py` promises to every other test."""

from __future__ import annotations

import asyncio
import socket

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.postgres_kit import fresh


def test_a_test_cannot_reach_the_outside() -> None:
    with socket.socket() as line, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        line.connect(("192.0.2.1", 443))
    with socket.socket() as line, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        line.connect_ex(("192.0.2.1", 443))


def test_a_test_cannot_even_look_a_name_up() -> None:
    with pytest.raises(RuntimeError, match=r"example\.com"):
        socket.getaddrinfo("example.com", 443)


def test_asyncio_is_held_to_the_same_rule() -> None:
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        asyncio.run(asyncio.open_connection("192.0.2.1", 443))


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()


def test_a_database_is_empty_and_writable(database_url: str) -> None:
    engine = create_engine(database_url, poolclass=NullPool)
    for _ in range(2):
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE probe (name TEXT)"))
            connection.execute(text("DROP TABLE probe"))


@pytest.mark.pg
def test_every_call_makes_another_postgres_database(fresh_postgres) -> None:
    first, second = fresh_postgres(), fresh_postgres()
    assert first != second


@pytest.mark.pg
def test_a_database_is_dropped_even_when_a_test_left_a_connection_open(postgres_server) -> None:

    with fresh(postgres_server) as url:
        engine = create_engine(url)
        connection = engine.connect()
        connection.execute(text("SELECT 1"))
    connection.invalidate()
    connection.close()
    engine.dispose()
