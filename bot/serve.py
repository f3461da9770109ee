"""Running the web server and the service together, stopping both in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from bot.app import Service

POLL = 0.01
STOP_SECONDS = 3
"""How long open connections may last after the process was told to stop."""


async def serve(
    app: ASGIApp, service: Service, *, host: str, port: int,
    ready: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Listen, then run everything that runs by itself, until the process is told to stop.

    The service's own loops start after the port is open, because in the demo they talk to
    platforms that live behind the same port.
    """
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off",
        proxy_headers=False, server_header=False, date_header=False, ws="websockets-sansio",
        timeout_graceful_shutdown=STOP_SECONDS,
    )  # fmt: skip
    server = uvicorn.Server(config)
    listening = asyncio.create_task(server.serve())
    while not server.started and not listening.done():  # noqa: ASYNC110  uvicorn has no event
        await asyncio.sleep(POLL)
    async with service.running():
        ready()
        await listening
