"""What a person answers, what is made up for them, and the configuration of both."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from bot import vault_key
from bot.settings_read import Found, SettingsError, parse

ALPHABET = string.ascii_letters + string.digits
TOKEN, AES_KEY = 32, 43
"""Characters of a Token (the most there may be) and of an EncodingAESKey."""
LAST = "AEIMQUYcgkosw048"
"""What an AES key may end with: the last of 43 characters holds four bits and two zeros."""


@dataclass(frozen=True, slots=True)
class WeComApp:
    """A self-built app, as its page in the console shows it."""

    agent_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SmartBot:
    """A smart bot of WeCom with a long connection."""

    bot_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DingTalkApp:
    """An internal app with a robot."""

    client_id: str
    client_secret: str = field(repr=False)
    robot_code: str


@dataclass(frozen=True, slots=True)
class Made:
    """Secrets nobody has to think up; `vault_key` "" is a file beside the database."""

    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    vault_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything `init` has asked; `corp_id` is the corp of the app and of the bot."""

    corp_id: str
    wecom: WeComApp | None
    bot: SmartBot | None
    dingtalk: DingTalkApp | None
    public_url: str
    database: str


def before(config: Path) -> Found:
    """What an older configuration says; nothing if there is none, or it cannot be read."""
    try:
        return Found(parse(config)) if config.exists() else Found({})
    except SettingsError:
        return Found({})


def made(old: Found, database: str) -> Made:
    """The secrets of the older configuration, because a console and data go by them, else new."""
    return Made(
        token=str(old.get("wecom.token") or _random(TOKEN)),
        aes_key=str(old.get("wecom.aes_key") or _random(AES_KEY - 1) + secrets.choice(LAST)),
        vault_key=str(old.get("vault.key") or _vault_key(database)),
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _vault_key(database: str) -> str:
    """A new key, unless the database has one in a file of its own already."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite" and vault_key.key_file(url).exists():
        return ""
    return vault_key.written(vault_key.fresh())


def toml(answers: Answers, keys: Made) -> str:
    """The text of `config.toml`."""
    sections: dict[str, Mapping[str, Any]] = {
        "server": {"public_url": answers.public_url} if answers.public_url else {},
        "database": {"url": answers.database},
        "vault": {"key": keys.vault_key} if keys.vault_key else {},
    }
    if answers.corp_id:
        sections["wecom"] = {"corp_id": answers.corp_id}
    if (wecom := answers.wecom) is not None:
        sections["wecom"] = {
            "corp_id": answers.corp_id,
            "agent_id": int(wecom.agent_id),
            "secret": wecom.secret,
            "token": keys.token,
            "aes_key": keys.aes_key,
        }
    if (bot := answers.bot) is not None:
        sections["wecom.bot"] = {"bot_id": bot.bot_id, "secret": bot.secret}
    if (dingtalk := answers.dingtalk) is not None:
        sections["dingtalk"] = {
            "client_id": dingtalk.client_id,
            "client_secret": dingtalk.client_secret,
            "robot_code": dingtalk.robot_code,
        }
    parts = [_section(name, values) for name, values in sections.items() if values]
    return "\n".join(["# jianliu init 写的；全部配置项见 config.example.toml。", *parts])


def _section(name: str, values: Mapping[str, Any]) -> str:
    # A JSON string is a TOML string.
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
    return "\n".join([f"\n[{name}]", *lines])
