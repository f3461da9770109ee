"""Whether this machine has Chinese glyphs: without them every character of a picture is a box."""

from __future__ import annotations

import asyncio
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from bot.doctor.finding import Case, Finding, good, warn

PACKAGE = "noto-cjk-sans-otc"
FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
CHINESE = re.compile(
    r"(noto(sans|serif)(cjk|.*sc)|sourcehan|wqy|wenquanyi|pingfang|hiragino.*gb|msyh|simsun|simhei)",
    re.IGNORECASE,
)
"""File names of the usual Chinese fonts."""


async def chinese(case: Case) -> Finding:
    """Look for the package, then in the folders of the system."""
    del case
    return await asyncio.to_thread(_chinese)


def _chinese() -> Finding:
    try:
        return good(f"{PACKAGE} {distribution(PACKAGE).version}")
    except PackageNotFoundError:
        pass
    for folder in (Path(name).expanduser() for name in FOLDERS):
        for file in folder.rglob("*.[ot]t[fc]"):
            if CHINESE.search(file.name):
                return good(file.name)
    return warn(
        "没有找到中文字体",
        "画成图片的中文会变成方块",
        f"apt install fonts-noto-cjk，或者 pip install {PACKAGE}",
    )
