"""What the product is compared with: an echo, and the app one would write in an afternoon."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from sqlalchemy import create_engine, text

from bot.bench.company import INTRODUCER, SENDERS, App, RowsLost
from bot.bench.server import Server, free_port

ECHO = Path(__file__).with_name("echo.py")
PLAIN = Path(__file__).parents[2] / "tests/bench/plain_app.py"
SCRIPT = (sys.executable, "-P")
"""How a script is started; -P keeps its folder out of the import path."""


def echo(folder: Path) -> Server:
    """Bare uvicorn that sends every body back."""
    port = free_port()
    return Server([*SCRIPT, str(ECHO), str(port)], port, folder / "echo.log")


def has_plain_app() -> bool:
    """Whether the plain app can run: it lives with the tests and needs their dependencies."""
    return PLAIN.exists() and importlib.util.find_spec("wechatpy") is not None


def plain_app(folder: Path, database: str, app: App) -> Server:
    """FastAPI, wechatpy and SQLModel on `database`, where its tables begin with "plain_"."""
    port = free_port()
    environment = {
        "PLAIN_DATABASE": database, "PLAIN_TOKEN": app.token, "PLAIN_AES_KEY": app.aes_key,
        "PLAIN_CORP": app.corp_id, "PLAIN_INTRODUCER": INTRODUCER,
        "PLAIN_SENDERS": ",".join(SENDERS),
    }  # fmt: skip
    return Server([*SCRIPT, str(PLAIN), str(port)], port, folder / "plain.log", environment)


def verify(database: str, messages: int) -> None:
    """The plain app must have stored every different message too, or it is no yardstick.

    Raises:
        RowsLost: it has not.
    """
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT count(*) FROM plain_opportunity"))
    finally:
        engine.dispose()
    if found != messages:
        raise RowsLost(f"普通写法存了 {found} 个商机，应为 {messages}")
