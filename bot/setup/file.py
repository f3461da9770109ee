"""Writing the configuration: for its owner only, never over another one."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path


def write(path: Path, text: str, *, replace: bool, now: datetime) -> Path | None:
    """Write a new file with mode 0600; an older one is put aside if it may be replaced.

    Returns:
        Where the older one is now.

    Raises:
        FileExistsError: there is one, and it may not be replaced.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = None
    if replace and path.exists():
        aside = path.with_name(f"{path.name}.before-init-{now:%Y%m%d-%H%M%S}")
        path.chmod(0o600)
        path.rename(aside)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    return aside
