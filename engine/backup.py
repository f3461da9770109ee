"""A SQLite database kept aside in one file, and brought back from it.

`VACUUM INTO` on a read-only connection copies one consistent state beside a running service:
it holds up nobody, and neither writes nor checkpoints the live file (durability reference
§1c). The copy carries its own inventory, so that what is brought back is what was kept.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, NullPool, create_engine

from engine.contents import Content, content

T = TypeVar("T")

INVENTORY = "backup_inventory"
"""The table only a backup has."""
COMPANIONS = ("-wal", "-shm")
"""What SQLite keeps beside a database and finds again by name."""


class BackupError(Exception):
    """The file is not a whole backup, or not one of this product or version."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """When and by which version a backup was made, its schema's revision, what it holds."""

    made_at: datetime
    version: str
    revision: str
    tables: Mapping[str, Content]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables.values())


def backup(live: Path, target: Path, *, now: datetime, version: str) -> Inventory:
    """Keep the present state of the database `live` as `target`, whole or not at all.

    The database may be in use. A file that has the name already is replaced at the end, in
    one step; a crash leaves it as it was, and beside it at most an unfinished `.part`.

    Raises:
        BackupError: the copy does not pass its own check.
        sqlite3.Error: the database cannot be read.
        OSError: the target cannot be written.
    """
    with _draft(target) as draft:
        with closing(_open(live, "ro")) as source:
            source.execute("VACUUM INTO ?", (str(draft),))
        with closing(_open(draft, "rw")) as copy:
            _check(copy)
            inventory = Inventory(now, version, _revision(copy), _contents(copy))
            copy.execute(f"CREATE TABLE {INVENTORY} (written TEXT NOT NULL)")
            copy.execute(f"INSERT INTO {INVENTORY} VALUES (?)", (_written(inventory),))  # noqa: S608  our own name
        _settle(draft, target)
    return inventory


def inspect(kept: Path) -> Inventory:
    """What a backup says it holds.

    Raises:
        BackupError: it is no backup.
    """
    try:
        with closing(_open(kept, "ro")) as copy:
            return _inventory(copy)
    except (sqlite3.Error, TypeError, ValueError):
        raise BackupError(f"{kept.name} 不是建流的备份文件。") from None


def restore(kept: Path, live: Path, *, aside: Path, mend: Callable[[Connection], T]) -> T:
    """Put the backup `kept` in the place of `live`, which moves to `aside` with all it has.

    Nobody may be using `live`. `mend` changes the restored rows before they are put in place.

    Raises:
        BackupError: the backup is damaged; nothing was changed.
        OSError: a file cannot be written or moved.
    """
    with _draft(live) as draft:
        shutil.copyfile(kept, draft)
        _unpack(draft, kept.name)
        mended = _mended(draft, mend)
        for companion in (*COMPANIONS, ""):
            place = Path(f"{live}{companion}")
            if place.exists():
                place.rename(f"{aside}{companion}")
        _settle(draft, live)
    return mended


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """An empty file beside `target` that only its owner can read; gone if it was not used."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(".part", f".{target.name}.", target.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _settle(draft: Path, target: Path) -> None:
    """On disk first, then under its name."""
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None
    )


def _unpack(draft: Path, name: str) -> None:
    """Make a copied backup a database again, if it holds what its inventory says."""
    try:
        with closing(_open(draft, "rw")) as copy:
            _check(copy)
            inventory = _inventory(copy)
            copy.execute(f"DROP TABLE {INVENTORY}")
            whole = _contents(copy) == inventory.tables
    except (sqlite3.Error, TypeError, ValueError):
        raise BackupError(f"{name} 读不完，已经损坏。") from None
    if not whole:
        raise BackupError(f"{name} 的内容和它的清单对不上，已经损坏。")


def _mended(draft: Path, mend: Callable[[Connection], T]) -> T:
    engine = create_engine(URL.create("sqlite", database=str(draft)), poolclass=NullPool)
    with engine.begin() as connection:
        return mend(connection)


def _check(copy: sqlite3.Connection) -> None:
    [(verdict,), *_] = copy.execute("PRAGMA integrity_check")
    if verdict != "ok":
        raise BackupError("备份没有通过完整性检查，数据库文件可能已经损坏。")


def _revision(copy: sqlite3.Connection) -> str:
    (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(revision)


def _contents(copy: sqlite3.Connection) -> dict[str, Content]:
    """Every table of the file, whatever version made it."""
    named = copy.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ? ORDER BY name",
        (INVENTORY,),
    )
    return {name: content(_rows(copy, name)) for (name,) in named.fetchall()}


def _rows(copy: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    yield from copy.execute(f'SELECT * FROM "{table}"')  # noqa: S608  a name SQLite gave us


def _written(inventory: Inventory) -> str:
    return json.dumps({**asdict(inventory), "made_at": inventory.made_at.isoformat()})


def _inventory(copy: sqlite3.Connection) -> Inventory:
    (written,) = copy.execute(f"SELECT written FROM {INVENTORY}").fetchone()  # noqa: S608  our own name
    facts = json.loads(written)
    tables = {name: Content(**table) for name, table in facts.pop("tables").items()}
    return Inventory(datetime.fromisoformat(facts.pop("made_at")), tables=tables, **facts)
