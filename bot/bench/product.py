"""The product under test: the real command with a real configuration, delivering nothing."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.bench.company import App
from bot.bench.server import Server, free_port

NOBODY = "http://127.0.0.1:9"
"""The platform's address; nothing listens there."""
KEY = "5a" * 32
"""Of databases nobody keeps; the same for every start on one."""
COMMAND = (sys.executable, "-m", "jianliu")
CROWD = (sys.executable, "-P", str(Path(__file__).with_name("crowd.py")))
"""The same, for a few senders that write like thousands."""


def product(
    folder: Path, database: str, app: App, *,
    role: str = "web", command: Sequence[str] = COMMAND, bytecode: Path | None = None,
) -> Server:  # fmt: skip
    """`jianliu run` with its configuration and its log in `folder`.

    `bytecode` is where it keeps and finds compiled modules, as an installed program does.
    """
    port = free_port()
    path = folder / "config.toml"
    path.touch(0o600)
    path.write_text(
        f"""
allow_unofficial_api = true
[server]
port = {port}
[database]
url = "{database}"
[vault]
key = "{KEY}"
[wecom]
corp_id = "{app.corp_id}"
agent_id = {app.agent_id}
secret = "{secrets.token_hex(16)}"
token = "{app.token}"
aes_key = "{app.aes_key}"
api_base = "{NOBODY}"
oauth_base = "{NOBODY}"
""",
        "utf-8",
    )
    words = [*command, "run", "--role", role, "-c", str(path)]
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(bytecode)}
    return Server(words, port, folder / "service.log", kept if bytecode else None)
