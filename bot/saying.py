"""`jianliu say`: one message through the whole path of a demo, running or started for it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 30.0


class SayError(Exception):
    """The demo does not know the person or the platform, or could not be started."""


def say_to_demo(
    person: str, text: str, platform: str, *, port: int, folder: Path
) -> list[dict[str, Any]]:
    """The messages that reached `person` because of `text`, as the simulator shows them.

    Raises:
        SayError: unknown person or platform.
    """
    body = {"person": person, "text": text} | ({"platform": platform} if platform else {})
    with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
        try:
            answer = client.post(f"http://127.0.0.1:{port}/sim/api/say", json=body)
        except httpx.ConnectError:
            return asyncio.run(_in_own_demo(body, folder))
        except httpx.HTTPError as failure:
            raise SayError(f"演示没有应答：{type(failure).__name__}") from failure
    return _messages(answer)


async def _in_own_demo(body: dict[str, str], folder: Path) -> list[dict[str, Any]]:
    from bot.demo import build

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    running, page = build(folder, port)
    up = asyncio.Event()
    serving = asyncio.create_task(running.run(page, port, up.set))
    await up.wait()
    try:
        await running.settle()
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            return _messages(await client.post(f"http://127.0.0.1:{port}/sim/api/say", json=body))
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def _messages(answer: httpx.Response) -> list[dict[str, Any]]:
    try:
        told = answer.json()
    except ValueError:
        raise SayError(f"{answer.url.netloc.decode()} 上的不是建流的演示") from None
    if answer.status_code != httpx.codes.OK:
        raise SayError(str(told.get("error", answer.status_code)))
    messages: list[dict[str, Any]] = told["messages"]
    return messages
