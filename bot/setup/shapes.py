"""What an id of a platform looks like, so that a value pasted into the wrong place is seen.

An answer that does not fit is a `ValueError` with words for a person, never with the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic import SecretStr, ValidationError

from bot.settings import DatabaseSettings, Server

_CORP = re.compile(r"w[wx][0-9A-Za-z]{8,30}")
_CLIENT = re.compile(r"ding[0-9A-Za-z]{8,40}")
_SECRET = re.compile(r"[0-9A-Za-z_-]{20,100}")
_ROBOT = re.compile(r"[0-9A-Za-z_-]{4,64}")
_BOT = re.compile(r"[0-9A-Za-z_-]{6,64}")
_AGENT = re.compile(r"[1-9][0-9]{3,9}")


def corp_id(answer: str) -> str:
    """A WeCom corp: "ww" (older ones "wx") and some letters and digits."""
    return _matching(_CORP, answer, "企业 ID 以 ww 开头，在管理后台「我的企业」最下面")


def agent_id(answer: str) -> str:
    """A WeCom app: a number of four digits or more."""
    return _matching(_AGENT, answer, "AgentId 是一个整数，如 1000002，在应用详情页")


def bot_id(answer: str) -> str:
    """A WeCom smart bot."""
    return _matching(_BOT, answer, "Bot ID 在智能机器人的「API 模式」那一页，选「长连接」以后")


def client_id(answer: str) -> str:
    """A DingTalk app: "ding" and some letters and digits."""
    return _matching(_CLIENT, answer, "Client ID 以 ding 开头，在开发者后台「凭证与基础信息」")


def secret(answer: str) -> str:
    """What a platform gives out as a secret: letters, digits, "_" and "-", not short."""
    return _matching(_SECRET, answer, "Secret 是一长串字母、数字、_ 和 -，请整个复制")


def robot_code(answer: str) -> str:
    """A DingTalk robot; mostly the same as the app's Client ID."""
    return _matching(_ROBOT, answer, "机器人编码只有字母、数字、_ 和 -，在「机器人」页")


def public_url(answer: str) -> str:
    """An address phones and WeCom can open, or nothing."""
    _validated(lambda: Server(public_url=answer))
    return answer


def database_url(answer: str) -> str:
    """SQLite or PostgreSQL."""
    _validated(lambda: DatabaseSettings(url=SecretStr(answer)))
    return answer


def _matching(shape: re.Pattern[str], answer: str, words: str) -> str:
    if not shape.fullmatch(answer):
        raise ValueError(words)
    return answer


def _validated(make: Callable[[], object]) -> None:
    """Let the settings themselves judge, and keep only their words."""
    try:
        make()
    except ValidationError as wrong:
        raise ValueError(str(wrong.errors()[0]["ctx"]["error"])) from None
