"""The list of the erased, kept outside the database: a restored backup does not bring them back.

It holds ids and moments, nothing personal, one JSON object a line. A durable job appends what
is missing after every erasure, so a crash or a full disk only delays it.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import URL, Connection

from bot import vault_key
from bot.migrate import upgrade_on
from bot.settings import Settings
from cards import erasing
from engine import audit, vault
from engine.jobs import Leased
from engine.unit import Occasion, Unit
from sales import contacts, privacy
from sales.contacts import Erased, UnknownContact

log = structlog.get_logger(__name__)

LANE = privacy.LANE
BASIS = "恢复备份后按删除名单再次删除"


def list_of(settings: Settings, url: URL) -> Path | None:
    """Where the list is; None on PostgreSQL when no place was given."""
    if settings.vault.erase_list:
        return Path(settings.vault.erase_list)
    return Path(f"{url.database}.erased") if url.get_backend_name() == "sqlite" else None


def write(path: Path | None, db: Unit, job: Leased, now: datetime) -> None:
    """Bring the list up to date, as the work of a job.

    Raises:
        OSError: it cannot be written now.
    """
    del now
    if path is None:
        log.warning("erasures.no_list", job=job.id)
    else:
        catch_up(db, path)


def catch_up(db: Unit, path: Path) -> None:
    """Append everybody erased whom the list does not name yet.

    Raises:
        OSError: it cannot be written.
    """
    known = set(read(path))
    missing = [one for one in vault.destroyed(db, contacts.KIND) if one[0] not in known]
    if not missing:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="ascii") as file:
        file.write("\n" if _torn(path) else "")
        for contact_id, at in missing:
            row = {"contact": contact_id, "erased_at": at.isoformat(timespec="seconds")}
            file.write(f"{json.dumps(row)}\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[str]:
    """The ids on the list; a line cut off by a crash is none."""
    found = []
    for line in path.read_text("ascii", errors="replace").splitlines() if path.exists() else ():
        try:
            found.append(str(json.loads(line)["contact"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def again(settings: Settings, url: URL, now: datetime, connection: Connection) -> int:
    """Erase in a restored database whom the list names; how many were readable there.

    Raises:
        VaultKeyError: the master key is not there, so nobody can tell whose messages to wipe.
    """
    path = list_of(settings, url)
    listed = read(path) if path is not None else []
    if not listed:
        return 0
    opened = vault_key.vault_on(settings, url, connection)
    upgrade_on(connection)
    db, count = Unit(connection), 0
    db.occasion = Occasion(channel="cli")
    for contact_id in listed:
        try:
            erasing.erase(db, opened, contact_id, BASIS, now=now)
        except (Erased, UnknownContact):
            continue
        count += 1
    audit.seal(db, db.trail)
    return count


def _torn(path: Path) -> bool:
    """Whether the last line lacks its end."""
    content = path.read_bytes()
    return bool(content) and not content.endswith(b"\n")
