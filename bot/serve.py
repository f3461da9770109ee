"""Running the web server and the service together, stopping both in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from bot.app import Service
from bot.web.guard import roomy

POLL = 0.01
STOP_SECONDS = 3
"""How long open connections may last after the process was told to stop."""


def run_loop(serving: Coroutine[Any, Any, None]) -> None:
    """Run to the end on the fastest event loop this platform has.

    uvicorn stops on SIGTERM and then sends it to itself once more: by default that ends the
    process before anything in flight is finished.
    """
    signal.signal(signal.SIGTERM, lambda *_: None)
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        runner.run(serving)


async def supervised(service: Service, *, host: str, port: int) -> None:
    """Serve; a process that hangs ends itself, so that its supervisor starts it again."""
    async with service.watchdog.watching():
        await serve(service.asgi, service, host=host, port=port)


async def serve(
    app: ASGIApp, service: Service, *, host: str, port: int,
    ready: Callable[[], None] = lambda: None, larger: Mapping[str, int] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Listen, then run everything that runs by itself, until the process is told to stop.

    `larger` are paths that take more than a mebibyte, and how many bytes. The service's
    own loops start after the port is open, because in the demo they talk to platforms that live
    behind the same port.
    """
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off",
        proxy_headers=False, server_header=False, date_header=False, ws="websockets-sansio",
        http=roomy(larger), timeout_graceful_shutdown=STOP_SECONDS,
    )  # fmt: skip
    server = uvicorn.Server(config)
    listening = asyncio.create_task(server.serve())
    while not server.started and not listening.done():  # noqa: ASYNC110  uvicorn has no event
        await asyncio.sleep(POLL)
    async with service.running():
        ready()
        await listening
