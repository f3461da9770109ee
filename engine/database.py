"""The database: SQLite by default, PostgreSQL by URL, the same code on both.

SQLite rules (durability reference §1c): WAL with synchronous=FULL, BEGIN IMMEDIATE, exactly
one connection writes and checkpoints, readers are query_only, and a lock file refuses a
second process on the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL

from engine.unit import NOBODY, Occasion, Unit
from engine.writer import Writer

READERS = 4
CACHED = 512
"""SQL texts whose plans SQLite keeps; more than there are."""
CACHE_KIB = 16384
"""Pages the writer keeps; with SQLite's 2 MiB it reads the same index pages again and again. More
is no gain: nearly every large commit walks through all of them."""
CHECKPOINT_PAGES = 4000
"""While the writer never rests, the log is folded into the file every 16 MB: what comes then waits
15 ms for it, and for 32 MB 20 to 50; at SQLite's 4 MB a busy minute does little else. Otherwise
it is folded often and little (`fold`)."""
READ_SECONDS = 5
CONNECT_SECONDS = 5
SILENT_MS = 8000
"""What is sent and not even acknowledged for so long is lost; TCP would hope for a quarter hour."""
PG_READS = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
PG_OPTIONS = "-c idle_in_transaction_session_timeout=10s -c statement_timeout=30s"


class DatabaseInUse(Exception):
    """Another process already runs on this SQLite file."""


class Database:
    """One database: `writer` changes it in group commits, `reading()` looks at it.

    `occasion` is what its units begin with, for a process that does everything on one.

    Raises:
        DatabaseInUse: the SQLite file belongs to a running process.
    """

    def __init__(
        self, url: str, *, wake: Callable[[Iterable[str]], None] = lambda _: None,
        occasion: Occasion = NOBODY,
    ) -> None:  # fmt: skip
        self.url = make_url(url)
        self.embedded = self.url.get_backend_name() == "sqlite"
        self._lock = lock(Path(str(self.url.database))) if self.embedded else None
        self.engine = sqlite_writer(self.url) if self.embedded else postgres(self.url)
        self._readers = (sqlite_reader if self.embedded else postgres_reader)(self.url)
        tidy = partial(fold, self.engine) if self.embedded else lambda: None
        self.writer = Writer(self.engine, wake, occasion, tidy)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """A session that sees one consistent state and cannot change it."""
        with self._readers.begin() as connection:
            yield Unit(connection)

    def close(self) -> None:
        """Finish queued work and let go of the file."""
        self.writer.close()
        self._readers.dispose()
        self.engine.dispose()
        if self._lock is not None:
            self._lock.release()


def lock(path: Path) -> FileLock:
    """The lock of a SQLite file, held by us from here on.

    Raises:
        DatabaseInUse: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(f"{path}.lock", thread_local=False)
    try:
        held.acquire(timeout=0)
    except Timeout as taken:
        raise DatabaseInUse(
            f"数据库 {path.name} 正被另一个建流进程使用，请先停掉它再启动。"
        ) from taken
    return held


def sqlite_writer(url: URL) -> Engine:
    """The engine of the one writing connection."""
    engine = create_engine(
        url, pool_size=1, max_overflow=0, hide_parameters=True,
        connect_args={"cached_statements": CACHED},
    )  # fmt: skip
    _on_connect(engine, "journal_mode=WAL", "synchronous=FULL",
                "secure_delete=ON", "foreign_keys=ON", "busy_timeout=5000",
                "journal_size_limit=67108864",
                f"cache_size=-{CACHE_KIB}", f"wal_autocheckpoint={CHECKPOINT_PAGES}",
                "temp_store=MEMORY")  # fmt: skip
    _begin_with(engine, "BEGIN IMMEDIATE")
    return engine


def sqlite_reader(url: URL) -> Engine:
    """An engine whose connections can neither write nor checkpoint."""
    engine = create_engine(
        url, pool_size=READERS, max_overflow=0, pool_timeout=READ_SECONDS, hide_parameters=True,
        connect_args={"cached_statements": CACHED},
    )  # fmt: skip
    _on_connect(engine, "query_only=ON", "wal_autocheckpoint=0", "busy_timeout=5000")
    _begin_with(engine, "BEGIN")
    return engine


def patient(db: Unit) -> None:
    """Let a unit think for long between two statements: an operator's own command may."""
    if db.dialect_name == "postgresql":
        db.drive("SET LOCAL idle_in_transaction_session_timeout = 0")


def fold(engine: Engine) -> None:
    """Bring what SQLite's log holds into the file, as far as no reader still needs it there.

    The next commit then begins the log anew. A log of 32 MB holds a commit up for some 40 ms,
    that of a few messages for two. Readers are not waited for.
    """
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        connection.close()


def postgres(url: URL) -> Engine:
    """The engine of the writer; a transaction never stays open for long."""
    return _postgres(url, PG_OPTIONS)


def postgres_reader(url: URL) -> Engine:
    """An engine whose sessions see one moment and cannot change anything."""
    return _postgres(url, f"{PG_OPTIONS} {PG_READS}")


def _postgres(url: URL, options: str) -> Engine:
    return create_engine(
        url, pool_size=READERS, pool_pre_ping=True, pool_timeout=READ_SECONDS,
        hide_parameters=True,  # they are people's names and words
        paramstyle="format",  # parameters by position, as SQLite has them
        connect_args={"options": options, "connect_timeout": CONNECT_SECONDS,
                      "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
                      "tcp_user_timeout": SILENT_MS},
    )  # fmt: skip


def _on_connect(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(dbapi: Any, _: Any) -> None:
        dbapi.isolation_level = None  # transactions are begun by us, see _begin_with
        cursor = dbapi.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _begin_with(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        Unit(connection).drive(statement)  # SQLAlchemy's way takes longer than the statement
