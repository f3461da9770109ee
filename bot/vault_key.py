"""Where the vault's master key comes from, and that it is the one the data needs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import URL, Connection, inspect

from bot.migrate import upgrade
from bot.settings import Settings, master_key
from engine import vault
from engine.database import Database
from engine.sealing import KEY_BYTES, WrongKey
from engine.secrets import Secret
from engine.unit import Unit
from engine.vault import Vault

MISSING = (
    "没有主密钥 vault.key。用 jianliu vault key 生成一个，收好，再填进配置或 JIANLIU_VAULT__KEY。"
)
LOST = "找不到主密钥文件 {path}，联系人资料打不开。请把备份的密钥文件放回去；不要新建。"
DAMAGED = "主密钥文件 {path} 里不是 32 个字节的 base64 或十六进制。请用备份的密钥文件换掉它。"
WRONG = "主密钥不是这个数据库的那一把，什么都没有改动。请换回原来的密钥。"


class VaultKeyError(Exception):
    """There is no master key, or not the one the data was sealed under; in words."""


def written(key: bytes) -> str:
    """A master key as people keep it."""
    return key.hex()


def fresh() -> bytes:
    """A new master key."""
    return secrets.token_bytes(KEY_BYTES)


def key_file(url: URL) -> Path:
    """The file beside a SQLite database that holds its master key."""
    return Path(f"{url.database}.key")


def opened(settings: Settings, database: Database) -> Vault:
    """The vault of a database, which is migrated once the key is known to be right.

    A SQLite database that never had a key gets one, in a file beside it.

    Raises:
        VaultKeyError: there is no key, or it is another database's.
    """
    with database.engine.begin() as connection:
        found = vault_on(settings, database.url, connection)
    upgrade(database)
    try:
        database.writer.run(found.sign_in)
    except WrongKey:  # another process came first, with another key
        raise VaultKeyError(WRONG) from None
    return found


def vault_on(settings: Settings, url: URL, connection: Connection) -> Vault:
    """The vault of the database behind a connection, migrated or not; nothing is written there.

    Raises:
        VaultKeyError: as `opened`.
    """
    there = inspect(connection).has_table(str(Secret.__tablename__))
    known = vault.fingerprint(Unit(connection)) if there else None
    found = Vault(_master(settings, url, known=known))
    if known not in {None, found.fingerprint}:
        raise VaultKeyError(WRONG)
    return found


def _master(settings: Settings, url: URL, *, known: str | None) -> bytes:
    given = settings.vault.key.get_secret_value()
    if given:
        return master_key(given) or b""  # the settings have seen to it
    if url.get_backend_name() != "sqlite":
        raise VaultKeyError(MISSING)
    path = key_file(url)
    if not path.exists():
        if known is not None:
            raise VaultKeyError(LOST.format(path=path))
        _make(path)
    key = master_key(path.read_text("ascii", errors="replace").strip())
    if key is None:
        raise VaultKeyError(DAMAGED.format(path=path))
    return key


def _make(path: Path) -> None:
    """A new key on disk under its name, whole or not at all, for its owner only."""
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{written(fresh())}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
