"""A browser and a server for tests that look at pages.

Playwright's synchronous API owns the thread's event loop while `chromium()` is open, so the
server runs in a thread of its own and tests talk to it over loopback HTTP only.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium that knows exactly one font, the Chinese one of the test dependencies."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        fonts = Path(folder, "fonts.conf")
        fonts.write_text(_FONTS.format(fonts=_font_folder(), cache=Path(folder, "cache")))
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=list(_ARGS),
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def server(app: FastAPI) -> Iterator[str]:
    """`app` on a free loopback port, in a thread; gives its base URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app,
            log_level="warning",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,  # seconds; an open event stream never ends by itself
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not running.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join()


def _font_folder() -> Path:
    files = distribution("noto-cjk-sans-otc").files or []
    return Path(str(next(f for f in files if f.suffix == ".ttc").locate())).parent
