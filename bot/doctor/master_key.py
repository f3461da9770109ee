"""The vault's master key: there, readable by us alone, and the one the data was sealed under."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.commands.console import beside
from bot.doctor.finding import Case, Finding, bad, good, skipped
from bot.settings import master_key
from bot.vault_key import key_file
from engine import vault
from engine.vault import Vault

OTHERS = 0o077
PUT_BACK = "把备份的主密钥放回 {place}，不要新建；没有它联系人资料读不出来"


async def master(case: Case) -> Finding:
    """Look at the key; unlike the service, make none."""
    return await asyncio.to_thread(_master, case)


def _master(case: Case) -> Finding:
    given = case.settings.vault.key.get_secret_value()
    path = None if given or case.file is None else key_file(case.database)
    if not given and path is None:
        return bad(
            "没有填 vault.key",
            "PostgreSQL 旁边没有放密钥的地方，没有它服务不启动",
            "jianliu vault key 生成一把，填进 vault.key，另外收好一份",
        )
    try:
        with beside(case.settings) as db:
            known = vault.fingerprint(db)
    except FileNotFoundError:
        known = None
    except SQLAlchemyError:
        return skipped("数据库读不了，先看「数据库」这一项")
    return _file(path, known) if path is not None else _judge(given, "vault.key", known)


def _file(path: Path, known: str | None) -> Finding:
    if not path.exists():
        if known is None:
            return skipped("第一次启动时建")
        return bad(f"没有 {path}", "这个数据库的资料是用它加密的", PUT_BACK.format(place=path))
    if path.stat().st_mode & OTHERS:
        return bad(f"{path} 别人也能读", "主密钥能打开全部联系人资料", f"chmod 600 {path}")
    return _judge(path.read_text("ascii", errors="replace").strip(), str(path), known)


def _judge(written: str, place: str, known: str | None) -> Finding:
    key = master_key(written)
    if key is None:
        return bad(f"{place} 里不是一把密钥", "文件坏了", PUT_BACK.format(place=place))
    if known not in {None, Vault(key).fingerprint}:
        return bad(
            "主密钥不是这个数据库的那一把",
            "换过密钥，或者数据库是从别处来的",
            PUT_BACK.format(place=place),
        )
    return good(f"在 {place}；请和数据库分开备份")
